with person_events as (
    select * from {{ ref('int_person_event') }}
),

event_order as (
    select * from {{ ref('ref_event_order') }}
),

-- Events of one day stand in the order of the system: court before custody before probation.
ordered as (
    select
        person_events.person_id,
        row_number() over (
            partition by person_events.person_id
            order by
                person_events.event_date asc,
                event_order.event_order asc nulls last,
                person_events.source_dataset asc,
                person_events.event_id asc
        ) as event_sequence,
        person_events.event_date,
        person_events.event_type,
        event_order.event_domain,
        person_events.event_detail,
        person_events.place,
        person_events.source_dataset,
        person_events.source_record_id
    from person_events
    left join event_order on person_events.event_type = event_order.event_type
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
        source_dataset,
        source_record_id
    from ordered
)

select * from final
order by journey_event_id
