with interventions as (
    select * from {{ ref('stg_prison__interventions') }}
),

journeys as (
    select * from {{ ref('stg_prison__custodial_journeys') }}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

-- A booking may hold several journeys: the one that runs when the support starts, else the latest begun before, else the first.
candidates as (
    select
        interventions.intervention_id,
        journeys.custodial_journey_id,
        journeys.source_record_id,
        journeys.booking_begin_date,
        coalesce(journeys.release_date, journeys.booking_end_date) as release_date,
        row_number() over (
            partition by interventions.intervention_id
            order by
                case when interventions.start_date >= journeys.booking_begin_date then 0 else 1 end asc,
                case when interventions.start_date >= journeys.booking_begin_date then journeys.booking_begin_date end desc nulls last,
                journeys.booking_begin_date asc,
                journeys.custodial_journey_id asc
        ) as preference
    from interventions
    inner join journeys on interventions.offender_book_id = journeys.offender_book_id
),

chosen as (
    select * from candidates
    where preference = 1
),

final as (
    select
        interventions.intervention_id,
        person_records.person_id,
        chosen.custodial_journey_id,
        interventions.intervention_type,
        interventions.support_domain,
        interventions.start_date,
        interventions.end_date,
        case
            when interventions.end_date >= interventions.start_date
                then {{ days_between('interventions.start_date', 'interventions.end_date') }}
        end as support_days,
        interventions.intervention_outcome,
        interventions.outcome_ended,
        interventions.outcome_ended = 'completed' as is_completed,
        interventions.prison_code,
        chosen.release_date,
        case
            when interventions.start_date <= chosen.release_date
                then {{ days_between('interventions.start_date', 'chosen.release_date') }}
        end as days_before_release,
        chosen.release_date is null and chosen.custodial_journey_id is not null as is_not_released,
        (
            coalesce(interventions.start_date < chosen.booking_begin_date, false)
            or coalesce(interventions.start_date > chosen.release_date, false)
        ) as is_outside_journey,
        coalesce(interventions.end_date < interventions.start_date, false) as has_negative_length,
        case
            when chosen.custodial_journey_id is null then 'journey not delivered'
            when person_records.person_id is null then 'no person'
        end as exclude_reason
    from interventions
    left join chosen on interventions.intervention_id = chosen.intervention_id
    left join person_records
        on
            person_records.source_dataset = 'prison'
            and chosen.source_record_id = person_records.source_record_id
)

select * from final
order by intervention_id
