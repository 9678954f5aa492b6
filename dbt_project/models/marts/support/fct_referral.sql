with referrals as (
    select * from {{ ref('stg_probation__referrals') }}
),

supervised as (
    select * from {{ ref('int_event_person') }}
),

journey_states as (
    select * from {{ ref('journey_state') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

window_end as (
    select coverage_to from coverage
    where source_dataset = 'probation'
),

placed as (
    select
        referrals.referral_id,
        supervised.person_id,
        referrals.event_id_hash,
        supervised.disposal_group,
        supervised.region,
        referrals.referral_date,
        referrals.referral_type,
        referrals.support_domain,
        referrals.start_date,
        referrals.end_date,
        referrals.referral_outcome,
        -- Who started has taken it up, whatever the outcome says or leaves out.
        case when referrals.start_date is not null then true else referrals.is_taken_up end as is_taken_up,
        case when referrals.end_date >= referrals.start_date then {{ days_between('referrals.start_date', 'referrals.end_date') }} end
            as support_days,
        case
            when referrals.start_date >= referrals.referral_date
                then {{ days_between('referrals.referral_date', 'referrals.start_date') }}
        end as days_to_start,
        (
            coalesce(referrals.start_date < referrals.referral_date, false)
            or coalesce(referrals.end_date < referrals.start_date, false)
        ) as has_negative_gap,
        case when supervised.person_id is null then 'event not delivered' end as exclude_reason
    from referrals
    left join supervised on referrals.event_id_hash = supervised.event_id_hash
),

final as (
    select
        placed.referral_id,
        placed.person_id,
        placed.event_id_hash,
        placed.disposal_group,
        placed.region,
        placed.referral_date,
        journey_states.status as status_at_referral,
        placed.referral_type,
        placed.support_domain,
        placed.start_date,
        placed.days_to_start,
        placed.end_date,
        placed.support_days,
        placed.referral_outcome,
        placed.is_taken_up,
        placed.referral_outcome is null and placed.end_date is null as is_open,
        case
            when placed.referral_outcome is null and placed.end_date is null
                then {{ days_between('placed.referral_date', 'window_end.coverage_to') }}
        end as days_open_at_window_end,
        placed.has_negative_gap,
        placed.exclude_reason
    from placed
    cross join window_end
    left join journey_states
        on
            placed.person_id = journey_states.person_id
            and placed.referral_date >= journey_states.spell_start
            and placed.referral_date < journey_states.spell_end
)

select * from final
order by referral_id
