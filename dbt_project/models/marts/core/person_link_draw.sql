with drawn as (
    select * from {{ source('linkage', 'person_link_draw') }}
),

final as (
    select
        draw,
        source_dataset,
        source_record_id,
        person_id
    from drawn
)

select * from final
order by draw, source_dataset, source_record_id
