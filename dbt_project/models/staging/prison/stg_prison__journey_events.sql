{#- relation, its key, its events: event type, date, detail, place, condition -#}
{%- set relations = [
    ('journeys', 'custodial_journey_id', [
        ('offence', 'offence_date', 'offence_code', 'null', 'true'),
        ('remand_reception', 'booking_begin_date', 'reception_legal_status', 'prison_code',
            "coalesce(reception_legal_status, 'unknown') in ('remand', 'convicted_unsentenced')"),
        ('prison_reception', 'booking_begin_date', 'reception_legal_status', 'prison_code',
            "not is_recall_reception and coalesce(reception_legal_status, 'unknown') not in ('remand', 'convicted_unsentenced')"),
        ('sentence', 'sentence_start_date', 'disposal_group', 'null', 'true'),
    ]),
    ('returns', 'source_key', [
        ('return_to_custody', 'event_date', 'event_detail', 'place', 'true'),
    ]),
    ('exits', 'source_key', [
        ('prison_release', 'event_date', 'event_detail', 'place', "effect <> 'death'"),
        ('death', 'event_date', 'event_detail', 'place', "effect = 'death'"),
    ]),
] -%}
with journeys as (
    select * from {{ ref('stg_prison__custodial_journeys') }}
),

movements as (
    select * from {{ ref('stg_prison__movements') }}
),

journey_movements as (
    select
        journeys.source_record_id,
        journeys.custodial_journey_id,
        movements.movement_id,
        movements.movement_date,
        movements.movement_type,
        movements.movement_reason_code,
        movements.movement_effect,
        movements.direction_code,
        movements.from_place,
        movements.to_place,
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

{#- A movement belongs to the last journey of its booking that had begun. -#}
placed_movements as (
    select * from journey_movements where journey_order = 1
),

recall_admissions as (
    select
        source_record_id,
        movement_id as source_key,
        movement_date as event_date,
        movement_reason_code as event_detail,
        to_place as place
    from placed_movements
    where direction_code = 'IN' and movement_effect = 'recall_admission'
),

{#- A journey that begins on a recall status, where no movement says so. -#}
recall_receptions as (
    select
        journeys.source_record_id,
        journeys.custodial_journey_id as source_key,
        journeys.booking_begin_date as event_date,
        journeys.reception_status as event_detail,
        journeys.prison_code as place
    from journeys
    left join recall_admissions
        on
            journeys.source_record_id = recall_admissions.source_record_id
            and journeys.booking_begin_date = recall_admissions.event_date
    where journeys.is_recall_reception and recall_admissions.source_record_id is null
),

returns as (
    select * from recall_admissions
    union all
    select * from recall_receptions
),

movement_exits as (
    select
        source_record_id,
        movement_id as source_key,
        movement_date as event_date,
        movement_reason_code as event_detail,
        movement_effect as effect,
        from_place as place
    from placed_movements
    where direction_code = 'OUT' and movement_type = 'REL' and coalesce(movement_effect, 'other') <> 'merge'
),

journey_exits as (
    select
        journeys.source_record_id,
        journeys.custodial_journey_id as source_key,
        journeys.release_date as event_date,
        journeys.release_reason_code as event_detail,
        journeys.release_effect as effect,
        coalesce(journeys.release_prison_code, journeys.prison_code) as place
    from journeys
    left join movement_exits
        on
            journeys.source_record_id = movement_exits.source_record_id
            and journeys.release_date = movement_exits.event_date
    where coalesce(journeys.release_effect, 'other') <> 'merge' and movement_exits.source_record_id is null
),

all_exits as (
    select * from movement_exits
    union all
    select * from journey_exits
),

exits as (
    select
        source_record_id,
        source_key,
        event_date,
        event_detail,
        coalesce(effect, 'other') as effect,
        place
    from all_exits
),

final as (
    select * from {{ journey_events('prison', relations) }} as journey_events
)

select * from final
