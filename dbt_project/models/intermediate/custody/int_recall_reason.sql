with recalls as (
    select * from {{ ref('int_recall') }}
),

reason_codes as (
    select * from {{ ref('recall_reasons') }}
),

listed as (
    select * from {{ split_list('recalls', ['recall_id'], 'ppcs_reason_codes', ';') }} as elements
),

mapped as (
    select
        listed.recall_id,
        coalesce(reason_codes.published_category, 'Other') as published_category,
        listed.element
    from listed
    left join reason_codes on listed.element = reason_codes.code
),

categories as (
    select
        recall_id,
        published_category,
        count(*) as source_reasons
    from mapped
    group by recall_id, published_category
),

final as (
    select
        categories.recall_id,
        recalls.person_id,
        recalls.revocation_date,
        categories.published_category,
        categories.source_reasons,
        recalls.is_counted
    from categories
    inner join recalls on categories.recall_id = recalls.recall_id
)

select * from final
