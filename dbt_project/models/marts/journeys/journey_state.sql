{#- Persons go through the sweep by their narrow key; it becomes text at the end. -#}
with journey_layers as (
    select
        {{ narrow_person('person_id') }} as person_key,
        status,
        spell_start,
        observed_until,
        is_left_truncated,
        is_right_censored
    from {{ ref('journey_layer') }}
),

event_spans as (
    select * from {{ ref('int_event_span') }}
),

state_priority as (
    select * from {{ ref('ref_state_priority') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

-- A spell within one day holds that day.
covering as (
    select
        journey_layers.person_key,
        state_priority.state_priority as priority,
        journey_layers.spell_start,
        case
            when journey_layers.observed_until = journey_layers.spell_start then {{ add_days('journey_layers.spell_start', 1) }}
            else journey_layers.observed_until
        end as spell_end
    from journey_layers
    inner join state_priority on journey_layers.status = state_priority.status
),

seen_span as (
    select
        person_key,
        first_date,
        {{ add_days('last_date', 1) }} as last_date
    from event_spans
    where first_date is not null
),

covering_span as (
    select
        person_key,
        min(spell_start) as first_date,
        max(spell_end) as last_date
    from covering
    group by person_key
),

known_span as (
    select * from seen_span
    union all
    select * from covering_span
),

whole_journeys as (
    select
        person_key,
        min(first_date) as first_date,
        max(last_date) as last_date
    from known_span
    group by person_key
),

-- Only while every source that knows a status can be seen is having none the same as being under none.
full_view as (
    select
        max(coverage.coverage_from) as first_date,
        {{ add_days('min(coverage.coverage_to)', 1) }} as last_date
    from coverage
    inner join state_priority on coverage.source_dataset = state_priority.window_source
),

-- The weakest status spans the whole journey, so that no day is without one.
not_observed as (
    select
        whole_journeys.person_key,
        state_priority.state_priority as priority,
        whole_journeys.first_date as spell_start,
        whole_journeys.last_date as spell_end
    from whole_journeys
    inner join state_priority on state_priority.status = 'not_observed'
),

under_none as (
    select
        whole_journeys.person_key,
        state_priority.state_priority as priority,
        greatest(whole_journeys.first_date, coalesce(full_view.first_date, whole_journeys.first_date)) as spell_start,
        least(whole_journeys.last_date, full_view.last_date) as spell_end
    from whole_journeys
    cross join full_view
    inner join state_priority on state_priority.status = 'none'
),

all_spells as (
    select * from covering
    union all
    select * from not_observed
    union all
    select * from under_none
    where spell_end > spell_start
),

dominant as (
    select
        person_key,
        priority,
        spell_start,
        spell_end
    from {{ dominant_spells('all_spells', 'person_key') }} as swept
),

censoring_layers as (
    select
        journey_layers.person_key,
        state_priority.state_priority as priority,
        journey_layers.observed_until
    from journey_layers
    inner join state_priority on journey_layers.status = state_priority.status
    where journey_layers.is_right_censored
),

-- A dominant spell is censored when what ends it is the window of a layer of its own status.
censored as (
    select
        dominant.person_key,
        dominant.spell_start,
        count(*) as censoring_layers
    from dominant
    inner join censoring_layers
        on
            dominant.person_key = censoring_layers.person_key
            and dominant.priority = censoring_layers.priority
            and dominant.spell_end = censoring_layers.observed_until
    group by dominant.person_key, dominant.spell_start
),

truncated as (
    select
        dominant.person_key,
        dominant.spell_start,
        count(*) as truncated_layers
    from dominant
    inner join state_priority on dominant.priority = state_priority.state_priority
    inner join journey_layers
        on
            dominant.person_key = journey_layers.person_key
            and state_priority.status = journey_layers.status
            and dominant.spell_start = journey_layers.spell_start
    where journey_layers.is_left_truncated
    group by dominant.person_key, dominant.spell_start
),

sequenced as (
    select
        {{ person_text('dominant.person_key') }} as person_id,
        row_number() over (partition by dominant.person_key order by dominant.spell_start) as spell_sequence,
        state_priority.status,
        state_priority.state_group,
        dominant.spell_start,
        dominant.spell_end,
        {{ days_between('dominant.spell_start', 'dominant.spell_end') }} as spell_days,
        lag(state_priority.status) over (partition by dominant.person_key order by dominant.spell_start) as previous_status,
        lead(state_priority.status) over (partition by dominant.person_key order by dominant.spell_start) as next_status,
        truncated.truncated_layers is not null as is_left_truncated,
        censored.censoring_layers is not null as is_right_censored
    from dominant
    inner join state_priority on dominant.priority = state_priority.state_priority
    left join censored
        on
            dominant.person_key = censored.person_key
            and dominant.spell_start = censored.spell_start
    left join truncated
        on
            dominant.person_key = truncated.person_key
            and dominant.spell_start = truncated.spell_start
),

final as (
    select
        {{ sequence_key('person_id', 'spell_sequence') }} as journey_state_id,
        person_id,
        spell_sequence,
        status,
        state_group,
        spell_start,
        spell_end,
        spell_days,
        previous_status,
        next_status,
        is_left_truncated,
        is_right_censored
    from sequenced
)

select * from final
order by journey_state_id
