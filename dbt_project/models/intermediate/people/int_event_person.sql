with events as (
    select * from {{ ref('stg_probation__events') }}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

final as (
    select
        events.event_id_hash,
        person_records.person_id,
        events.disposal_group,
        events.disposal_date,
        events.termination_date,
        events.region
    from events
    inner join person_records
        on
            person_records.source_dataset = 'probation'
            and events.source_record_id = person_records.source_record_id
)

select * from final
