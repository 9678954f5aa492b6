with person_events as (
    select * from {{ ref('int_person_event') }}
),

event_order as (
    select * from {{ ref('ref_event_order') }}
),

event_spans as (
    select * from {{ ref('int_event_span') }}
),

-- Rows of this table that come before the first event of a person: its place in the table less this is its place in the journey.
persons as (
    select
        person_number,
        person_key,
        cast(
            coalesce(sum(events) over (order by person_number rows between unbounded preceding and 1 preceding), 0) as bigint
        ) as events_before
    from event_spans
),

-- Events of one day stand in the order of the system: court before custody before probation. Narrow columns alone are sorted: the kind
-- of an event goes through as its place in that order, and journey_event names it.
final as (
    select
        person_events.person_number,
        persons.person_key,
        persons.events_before,
        person_events.event_date,
        cast(event_order.event_order as tinyint) as event_order,
        person_events.event_detail,
        person_events.place,
        person_events.source_order,
        person_events.source_record_key
    from person_events
    inner join persons on person_events.person_number = persons.person_number
    left join event_order on person_events.event_type = event_order.event_type
)

-- The order is the order of the table, and journey_event counts on it. A place in it is not written here: one core alone would count.
-- It names every column that a release shows: what is alike in all of them may change places.
select
    person_number,
    person_key,
    events_before,
    event_date,
    event_order,
    event_detail,
    place,
    source_order,
    source_record_key
from final
order by person_number, event_date, event_order nulls last, source_order, source_record_key, event_detail nulls last, place nulls last
