with journeys as (
    select * from {{ ref('int_prison_journey') }}
),

movements as (
    select * from {{ ref('int_prison_movement') }}
),

statuses as (
    select * from {{ ref('imprisonment_statuses') }}
),

-- Returns on recall as the prison saw them: admissions with a recall reason or a recall status, and receptions on one.
recall_admissions as (
    select
        movement_id as source_recall_id,
        custodial_journey_id,
        movement_date as admission_date,
        case when is_recall_status then status end as status
    from movements
    where direction_code = 'IN' and (movement_effect = 'recall_admission' or (movement_type = 'ADM' and is_recall_status))
),

recall_receptions as (
    select
        journeys.custodial_journey_id as source_recall_id,
        journeys.custodial_journey_id,
        journeys.booking_begin_date as admission_date,
        journeys.reception_status as status
    from journeys
    left join recall_admissions
        on
            journeys.custodial_journey_id = recall_admissions.custodial_journey_id
            and journeys.booking_begin_date = recall_admissions.admission_date
    where journeys.is_recall_reception and recall_admissions.source_recall_id is null
),

all_admissions as (
    select * from recall_admissions
    union all
    select * from recall_receptions
),

-- Where the admission itself states no recall status, the status last held in the journey may.
final as (
    select
        all_admissions.source_recall_id,
        journeys.custodial_journey_id,
        journeys.source_record_id,
        journeys.person_id,
        all_admissions.admission_date,
        coalesce(all_admissions.status, last_statuses.code) as status
    from all_admissions
    inner join journeys on all_admissions.custodial_journey_id = journeys.custodial_journey_id
    left join statuses as last_statuses on journeys.last_status = last_statuses.code and last_statuses.is_recall
)

select * from final
