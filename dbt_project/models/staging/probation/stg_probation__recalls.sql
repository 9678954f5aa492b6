with recalls as (
    select * from {{ source('probation', 'recalls') }}
),

reasons as (
    select * from {{ ref('recall_reasons_delius') }}
),

outcomes as (
    select * from {{ ref('recall_outcomes') }}
),

live as (
    select * from recalls where not soft_deleted
),

final as (
    select
        live.recall_id,
        live.release_id,
        {{ real_date('live.recall_date') }} as revocation_date,
        live.recall_reason_code,
        reasons.is_licence_recall,
        live.ppcs_reason_codes,
        live.recall_outcome_code,
        outcomes.is_recall as is_recall_outcome,
        outcomes.recall_length_type,
        live.recall_length_days,
        live.emergency as is_emergency,
        live.from_hdc as is_from_hdc,
        live.hdc_subtype_code,
        coalesce(live.rescinded, false) as is_rescinded,
        {{ real_date('live.return_to_custody_date') }} as return_to_custody_date,
        live.contract_flags
    from live
    left join reasons on live.recall_reason_code = reasons.code
    left join outcomes on live.recall_outcome_code = outcomes.code
)

select * from final
