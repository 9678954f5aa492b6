with offenders as (
    select * from {{ source('probation', 'offenders') }}
),

sexes as (
    select * from {{ ref('sex_delius') }}
),

ethnicities as (
    select * from {{ ref('ethnicity_delius') }}
),

live as (
    select * from offenders where not soft_deleted
),

final as (
    select
        live.offender_id,
        live.source_record_id,
        coalesce(sexes.sex, 'unknown') as sex,
        coalesce(ethnicities.ethnicity_18, 'UN') as ethnicity_18,
        coalesce(ethnicities.ethnic_group, 'Unknown') as ethnic_group,
        cast(live.birth_year as integer) as birth_year,
        live.lsoa_residence,
        {{ real_date('live.deceased_date') }} as deceased_date,
        live.contract_flags
    from live
    left join sexes on live.gender = sexes.code
    left join ethnicities on live.ethnicity_desc = ethnicities.code
)

select * from final
