with offenders as (
    select * from {{ ref('stg_probation__offenders') }}
),

events as (
    select * from {{ ref('stg_probation__events') }}
),

ordered_events as (
    select
        offender_id,
        referral_date,
        region,
        row_number() over (partition by offender_id order by referral_date asc nulls last, event_id_hash asc) as event_order
    from events
),

first_events as (
    select * from ordered_events where event_order = 1
),

final as (
    select
        'probation' as source_dataset,
        offenders.source_record_id,
        offenders.sex,
        offenders.ethnicity_18,
        offenders.ethnic_group,
        'unknown' as ethnicity_basis,
        offenders.birth_year,
        first_events.referral_date as recorded_date,
        coalesce(first_events.region, 'unknown') as region,
        true as is_person
    from offenders
    left join first_events on offenders.offender_id = first_events.offender_id
)

select * from final
