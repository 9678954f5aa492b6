with journeys as (
    select * from {{ ref('stg_prison__custodial_journeys') }}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

final as (
    select
        journeys.custodial_journey_id,
        journeys.source_record_id,
        person_records.person_id,
        journeys.offender_book_id,
        journeys.birth_year,
        journeys.booking_begin_date,
        journeys.booking_end_date,
        journeys.prison_code,
        journeys.prison_region,
        coalesce(journeys.release_prison_code, journeys.prison_code) as release_prison_code,
        coalesce(journeys.release_prison_region, journeys.prison_region) as release_prison_region,
        journeys.reception_legal_status,
        journeys.reception_status,
        journeys.is_recall_reception,
        journeys.last_status,
        journeys.last_legal_status,
        journeys.offence_code,
        journeys.offence_date,
        journeys.sentence_start_date,
        journeys.sentence_days,
        journeys.sentence_calc_type,
        journeys.disposal_group,
        coalesce(journeys.conditional_release_overridden_date, journeys.conditional_release_calculated_date)
            as conditional_release_date,
        coalesce(journeys.licence_expiry_overridden_date, journeys.licence_expiry_calculated_date) as licence_expiry_date,
        coalesce(journeys.sentence_expiry_overridden_date, journeys.sentence_expiry_calculated_date) as sentence_expiry_date,
        journeys.supervision_expiry_date,
        coalesce(
            journeys.conditional_release_overridden_date,
            journeys.licence_expiry_overridden_date,
            journeys.sentence_expiry_overridden_date
        ) is not null as is_date_overridden,
        journeys.release_date,
        journeys.release_reason_code,
        journeys.release_effect
    from journeys
    inner join person_records
        on
            person_records.source_dataset = 'prison'
            and journeys.source_record_id = person_records.source_record_id
)

select * from final
