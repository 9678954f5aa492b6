with person_links as (
    select * from {{ source('linkage', 'person_links') }}
),

final as (
    select
        source_dataset,
        source_record_id,
        person_id,
        person_id_high,
        person_id_low,
        match_weight
    from person_links
)

select * from final
order by source_dataset, source_record_id
