with journeys as (
    select * from {{ source('prison', 'custodial_journeys') }}
),

sexes as (
    select * from {{ ref('sex_nomis') }}
),

ethnicities as (
    select * from {{ ref('ethnicity_nomis') }}
),

statuses as (
    select * from {{ ref('imprisonment_statuses') }}
),

calculation_types as (
    select * from {{ ref('sentence_calc_types') }}
),

movement_reasons as (
    select * from {{ ref('movement_reasons') }}
),

prisons as (
    select * from {{ ref('prisons') }}
),

final as (
    select
        journeys.custodial_journey_id,
        journeys.source_record_id,
        journeys.offender_book_id,
        coalesce(sexes.sex, 'unknown') as sex,
        coalesce(ethnicities.ethnicity_18, 'UN') as ethnicity_18,
        coalesce(ethnicities.ethnic_group, 'Unknown') as ethnic_group,
        cast(journeys.birth_year as integer) as birth_year,
        {{ real_date('journeys.booking_begin_date') }} as booking_begin_date,
        {{ real_date('journeys.booking_end_date') }} as booking_end_date,
        journeys.agy_loc_id as prison_code,
        coalesce(reception_prisons.region, 'unknown') as prison_region,
        journeys.release_agy_loc_id as release_prison_code,
        release_prisons.region as release_prison_region,
        journeys.youth_adult_code,
        journeys.reception_imprisonment_status as reception_status,
        reception_statuses.legal_status as reception_legal_status,
        coalesce(reception_statuses.is_recall, false) as is_recall_reception,
        reception_statuses.fixed_term_days as reception_fixed_term_days,
        coalesce(reception_statuses.from_hdc, false) as is_reception_from_hdc,
        journeys.imprisonment_status as last_status,
        last_statuses.legal_status as last_legal_status,
        coalesce(last_statuses.is_recall, false) as is_recall_last_status,
        last_statuses.fixed_term_days as last_fixed_term_days,
        coalesce(last_statuses.from_hdc, false) as is_last_status_from_hdc,
        journeys.offence_code,
        {{ real_date('journeys.offence_date') }} as offence_date,
        {{ real_date('journeys.sentence_start_date') }} as sentence_start_date,
        journeys.aggregate_term_days as sentence_days,
        journeys.sentence_calc_type,
        calculation_types.disposal_group,
        journeys.sentence_category,
        {{ real_date('journeys.crd_calculated_date') }} as conditional_release_calculated_date,
        {{ real_date('journeys.crd_overrided_date') }} as conditional_release_overridden_date,
        {{ real_date('journeys.hdcad_calculated_date') }} as curfew_approved_date,
        {{ real_date('journeys.led_calculated_date') }} as licence_expiry_calculated_date,
        {{ real_date('journeys.led_overrided_date') }} as licence_expiry_overridden_date,
        {{ real_date('journeys.sed_calculated_date') }} as sentence_expiry_calculated_date,
        {{ real_date('journeys.sed_overrided_date') }} as sentence_expiry_overridden_date,
        {{ real_date('journeys.tused_calculated_date') }} as supervision_expiry_date,
        {{ real_date('journeys.release_date') }} as release_date,
        journeys.movement_reason_code as release_reason_code,
        movement_reasons.effect as release_effect,
        journeys.contract_flags
    from journeys
    left join sexes on journeys.sex_code = sexes.code
    left join ethnicities on journeys.race_code = ethnicities.code
    left join statuses as reception_statuses on journeys.reception_imprisonment_status = reception_statuses.code
    left join statuses as last_statuses on journeys.imprisonment_status = last_statuses.code
    left join calculation_types on journeys.sentence_calc_type = calculation_types.code
    left join movement_reasons on journeys.movement_reason_code = movement_reasons.code
    left join prisons as reception_prisons on journeys.agy_loc_id = reception_prisons.code
    left join prisons as release_prisons on journeys.release_agy_loc_id = release_prisons.code
)

select * from final
