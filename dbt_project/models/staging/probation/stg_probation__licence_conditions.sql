with licence_conditions as (
    select * from {{ source('probation', 'licence_conditions') }}
),

termination_reasons as (
    select * from {{ ref('requirement_termination_reasons') }}
),

live as (
    select * from licence_conditions where not soft_deleted
),

final as (
    select
        live.lic_condition_id as licence_condition_id,
        live.event_id_hash,
        live.lic_cond_type_main_cat_desc as licence_condition_category,
        {{ real_date('live.start_date') }} as imposed_date,
        {{ real_date('live.commencement_date') }} as commencement_date,
        {{ real_date('live.termination_date') }} as termination_date,
        live.lic_termination_reason_desc as termination_reason,
        termination_reasons.ended as termination_ended,
        live.contract_flags
    from live
    left join termination_reasons on live.lic_termination_reason_desc = termination_reasons.code
)

select * from final
