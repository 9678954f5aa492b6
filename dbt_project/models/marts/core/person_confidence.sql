with confidences as (
    select * from {{ source('linkage', 'person_confidence') }}
),

final as (
    select
        person_id,
        record_count,
        purity,
        wholeness,
        confidence
    from confidences
)

select * from final
order by person_id
