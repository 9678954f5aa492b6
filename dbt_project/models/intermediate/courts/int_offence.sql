with offences as (
    select * from {{ ref('offences') }}
),

categories as (
    select * from {{ ref('offence_categories') }}
),

final as (
    select
        offences.code as offence_code,
        offences.offence_group,
        categories.offence_class,
        offences.is_breach or offences.offence_category = 'CB' as is_breach,
        categories.is_crime,
        offences.maximum_months
    from offences
    left join categories on offences.offence_category = categories.code
)

select * from final
