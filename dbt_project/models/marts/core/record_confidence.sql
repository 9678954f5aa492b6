with confidences as (
    select * from {{ source('linkage', 'record_confidence') }}
),

final as (
    select
        source_dataset,
        source_record_id,
        confidence
    from confidences
)

select * from final
order by source_dataset, source_record_id
