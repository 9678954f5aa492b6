with person_events as (
    select * from {{ ref('int_person_event') }}
),

event_order as (
    select * from {{ ref('ref_event_order') }}
),

-- Narrow columns alone go through the sort; what they stand for is read afterwards.
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
ordered as (
    select
        {{ person_text('person_key') }} as person_id,
        event_sequence,
        event_date,
        event_order,
        source_order,
        event_detail,
        place,
        source_record_key
    from {{ numbered_rows(
        'placed',
        'person_number',
        ['event_date', 'event_order', 'source_order', 'event_key'],
        'event_sequence'
    ) }} as numbered
),

final as (
    select
        {{ sequence_key('ordered.person_id', 'ordered.event_sequence') }} as journey_event_id,
        ordered.person_id,
        ordered.event_sequence,
        ordered.event_date,
        event_order.event_type,
        event_order.event_domain,
        ordered.event_detail,
        ordered.place,
        case ordered.source_order
            {%- for source_name in sources() | sort %}
            when {{ loop.index }} then '{{ source_name }}'
            {%- endfor %}
        end as source_dataset,
        {{ key_text('ordered.source_record_key') }} as source_record_id
    from ordered
    left join event_order on ordered.event_order = event_order.event_order
)

select * from final
