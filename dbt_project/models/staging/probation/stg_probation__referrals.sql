with referrals as (
    select * from {{ source('probation', 'referrals') }}
),

referral_types as (
    select * from {{ ref('referral_types') }}
),

referral_outcomes as (
    select * from {{ ref('referral_outcomes') }}
),

live as (
    select * from referrals where not soft_deleted
),

final as (
    select
        live.referral_id,
        live.event_id_hash,
        {{ real_date('live.referral_date') }} as referral_date,
        live.referral_type_desc as referral_type,
        coalesce(referral_types.support_domain, 'unknown') as support_domain,
        {{ real_date('live.start_date') }} as start_date,
        {{ real_date('live.end_date') }} as end_date,
        live.referral_outcome_desc as referral_outcome,
        referral_outcomes.taken_up as is_taken_up,
        live.contract_flags
    from live
    left join referral_types on live.referral_type_desc = referral_types.code
    left join referral_outcomes on live.referral_outcome_desc = referral_outcomes.code
)

select * from final
