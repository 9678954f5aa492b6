with journeys as (
    select * from {{ ref('stg_prison__custodial_journeys') }}
),

final as (
    select
        'prison' as source_dataset,
        source_record_id,
        sex,
        ethnicity_18,
        ethnic_group,
        'self_defined' as ethnicity_basis,
        birth_year,
        booking_begin_date as recorded_date,
        prison_region as region,
        true as is_person
    from journeys
)

select * from final
