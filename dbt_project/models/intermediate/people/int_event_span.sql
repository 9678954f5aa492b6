with events as (
    select * from {{ ref('int_person_event') }}
),

persons as (
    select * from {{ ref('int_person') }}
),

spans as (
    select
        person_number,
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
        spans.person_number,
        {{ narrow_person('persons.person_id') }} as person_key,
        persons.person_id,
        spans.events,
        spans.first_date,
        spans.last_date,
        spans.death_date,
        spans.last_date_in_person
    from spans
    inner join persons on spans.person_number = persons.person_number
)

select * from final
