with releases as (
    select * from {{ source('probation', 'releases') }}
),

release_types as (
    select * from {{ ref('release_types_delius') }}
),

prisons as (
    select * from {{ ref('prisons') }}
),

live as (
    select * from releases where not soft_deleted
),

final as (
    select
        live.release_id,
        live.custody_id,
        {{ real_date('live.actual_release_date') }} as release_date,
        live.release_type_desc as release_type,
        release_types.on_licence as is_on_licence_type,
        live.institution_code as prison_code,
        coalesce(prisons.region, 'unknown') as prison_region,
        live.length as release_length_days,
        live.contract_flags
    from live
    left join release_types on live.release_type_desc = release_types.code
    left join prisons on live.institution_code = prisons.code
)

select * from final
