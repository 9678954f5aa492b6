with person_events as (
    select * from {{ ref('int_person_event') }}
),

event_order as (
    select * from {{ ref('ref_event_order') }}
),

-- Narrow columns alone go through the sort: keys are numbers, and so is the kind of event. Names and texts are made afterwards.
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
-- Nothing below joins many rows or sorts: rows keep this order, which is that of the key.
numbered as (
    select
        {{ person_text('numbered.person_key') }} as person_id,
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
),

final as (
    select
        {{ sequence_key('person_id', 'event_sequence') }} as journey_event_id,
        person_id,
        event_sequence,
        event_date,
        event_type,
        event_domain,
        event_detail,
        place,
        case source_order
            {%- for source_name in sources() | sort %}
            when {{ loop.index }} then '{{ source_name }}'
            {%- endfor %}
        end as source_dataset,
        {{ key_text('source_record_key') }} as source_record_id
    from numbered
)

select * from final
