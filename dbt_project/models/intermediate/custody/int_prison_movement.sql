with movements as (
    select * from {{ ref('stg_prison__movements') }}
),

journeys as (
    select * from {{ ref('int_prison_journey') }}
),

candidates as (
    select
        movements.movement_id,
        journeys.custodial_journey_id,
        journeys.source_record_id,
        journeys.person_id,
        movements.movement_seq,
        movements.movement_date,
        movements.movement_type,
        movements.movement_reason_code,
        coalesce(movements.movement_effect, 'other') as movement_effect,
        movements.direction_code,
        movements.from_place,
        movements.to_place,
        movements.status,
        movements.legal_status,
        movements.is_recall_status,
        movements.fixed_term_days,
        movements.is_status_from_hdc,
        row_number() over (
            partition by movements.movement_id
            order by journeys.booking_begin_date desc nulls last, journeys.custodial_journey_id asc
        ) as journey_order
    from movements
    inner join journeys
        on
            movements.offender_book_id = journeys.offender_book_id
            and movements.movement_date >= journeys.booking_begin_date
),

final as (
    select
        movement_id,
        custodial_journey_id,
        source_record_id,
        person_id,
        movement_seq,
        movement_date,
        movement_type,
        movement_reason_code,
        movement_effect,
        direction_code,
        from_place,
        to_place,
        status,
        legal_status,
        is_recall_status,
        fixed_term_days,
        is_status_from_hdc
    from candidates
    where journey_order = 1
)

select * from final
