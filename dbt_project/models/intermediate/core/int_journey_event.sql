with person_events as (
    select * from {{ ref('int_person_event') }}
),

event_order as (
    select * from {{ ref('ref_event_order') }}
),

-- Stored before it is sorted: joins and sort at once would need more memory than a nation's run has.
-- Narrow columns alone go through the sort; the kind of event is a number there, and its name is read afterwards.
placed as (
    select
        person_events.person_number,
        person_events.person_key,
        person_events.event_date,
        cast(event_order.event_order as tinyint) as event_order,
        person_events.source_order,
        person_events.event_key,
        person_events.event_detail,
        person_events.place,
        person_events.source_record_key
    from person_events
    left join event_order on person_events.event_type = event_order.event_type
),

-- Events of one day stand in the order of the system: court before custody before probation.
final as (
    select
        numbered.person_number,
        numbered.person_key,
        numbered.event_sequence,
        numbered.event_date,
        event_order.event_type,
        event_order.event_domain,
        numbered.event_detail,
        numbered.place,
        numbered.source_order,
        numbered.source_record_key
    from {{ numbered_rows(
        'placed',
        'person_number',
        ['event_date', 'event_order', 'source_order', 'event_key'],
        'event_sequence'
    ) }} as numbered
    left join event_order on numbered.event_order = event_order.event_order
)

select * from final
