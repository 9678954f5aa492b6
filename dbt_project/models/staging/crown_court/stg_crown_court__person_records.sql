with defendants as (
    select * from {{ ref('stg_crown_court__defendants') }}
),

final as (
    select
        'crown_court' as source_dataset,
        source_record_id,
        sex,
        ethnicity_18,
        ethnic_group,
        ethnicity_basis,
        cast(birth_year as integer) as birth_year,
        receipt_date as recorded_date,
        coalesce(region, 'unknown') as region,
        not is_company as is_person
    from defendants
)

select * from final
