with requirements as (
    select * from {{ source('probation', 'requirements') }}
),

categories as (
    select * from {{ ref('requirement_categories') }}
),

units as (
    select * from {{ ref('requirement_units') }}
),

reasons as (
    select * from {{ ref('requirement_termination_reasons') }}
),

areas as (
    select * from {{ ref('probation_areas') }}
),

current_rows as (
    select * from requirements
    where not soft_deleted
),

final as (
    select
        current_rows.rqmnt_id as requirement_id,
        current_rows.event_id_hash,
        current_rows.rqmnt_type_main_category_code as requirement_category,
        categories.description as requirement_category_name,
        coalesce(categories.requirement_type, 'unknown') as requirement_type,
        current_rows.rqmnt_type_sub_category_desc as requirement_sub_category,
        {{ real_date('current_rows.rqmnt_start_date') }} as imposed_date,
        {{ real_date('current_rows.rqmnt_commencement_date') }} as commencement_date,
        {{ real_date('current_rows.rqmnt_termination_date') }} as termination_date,
        current_rows.rqmnt_termination_reason_desc as termination_reason,
        reasons.ended as termination_ended,
        current_rows.length as length_as_entered,
        units.description as recorded_unit,
        coalesce(units.description, categories.unit) as length_unit,
        current_rows.probation_area_desc as probation_area,
        areas.region,
        current_rows.contract_flags
    from current_rows
    left join categories on current_rows.rqmnt_type_main_category_code = categories.code
    left join units on current_rows.rqmnt_type_main_units_code = units.code
    left join reasons on current_rows.rqmnt_termination_reason_desc = reasons.code
    left join areas on current_rows.probation_area_desc = areas.code
)

select * from final
