with events as (
    select * from {{ ref('int_person_event') }}
),

spans as (
    select
        person_number,
        min(person_key) as person_key,
        count(*) as events,
        -- An offence may be known many years back; a journey starts when the system first took notice.
        min(case when event_type <> 'offence' then event_date end) as first_date,
        max(case when event_type <> 'offence' then event_date end) as last_date,
        min(case when event_type = 'death' then event_date end) as death_date,
        -- An order may be closed on paper after a death; nothing else may happen.
        max(case when event_type not in ('order_end', 'requirement_end', 'case_completed') then event_date end) as last_date_in_person
    from events
    group by person_number
),

final as (
    select
        person_number,
        person_key,
        {{ person_text('person_key') }} as person_id,
        events,
        first_date,
        last_date,
        death_date,
        last_date_in_person
    from spans
)

select * from final
