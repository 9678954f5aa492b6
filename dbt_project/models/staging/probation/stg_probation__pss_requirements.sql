with pss_requirements as (
    select * from {{ source('probation', 'pss_requirements') }}
),

termination_reasons as (
    select * from {{ ref('requirement_termination_reasons') }}
),

live as (
    select * from pss_requirements where not soft_deleted
),

final as (
    select
        live.pss_rqmnt_id as pss_requirement_id,
        live.custody_id,
        live.pss_rqmnt_type_main_cat_desc as pss_requirement_category,
        {{ real_date('live.imposed_date') }} as imposed_date,
        {{ real_date('live.commencement_date') }} as commencement_date,
        {{ real_date('live.termination_date') }} as termination_date,
        live.pss_rqmnt_term_reason_desc as termination_reason,
        termination_reasons.ended as termination_ended,
        live.contract_flags
    from live
    left join termination_reasons on live.pss_rqmnt_term_reason_desc = termination_reasons.code
)

select * from final
