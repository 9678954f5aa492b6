with events as (
    {% for source_name in sources() %}
    select
        source_dataset,
        source_record_id,
        event_id,
        event_date,
        event_type,
        event_detail,
        place
    from {{ ref('stg_' ~ source_name ~ '__journey_events') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

final as (
    select
        events.source_dataset,
        events.source_record_id,
        events.event_id,
        person_records.person_id,
        events.event_date,
        events.event_type,
        events.event_detail,
        events.place
    from events
    inner join person_records
        on
            events.source_dataset = person_records.source_dataset
            and events.source_record_id = person_records.source_record_id
    where events.event_date is not null and person_records.is_person
)

select * from final
