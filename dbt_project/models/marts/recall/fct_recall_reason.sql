with reasons as (
    select * from {{ ref('int_recall_reason') }}
),

final as (
    select
        {{ surrogate_key(['recall_id', 'published_category']) }} as recall_reason_id,
        recall_id,
        person_id,
        revocation_date,
        published_category,
        source_reasons,
        is_counted
    from reasons
)

select * from final
order by recall_reason_id
