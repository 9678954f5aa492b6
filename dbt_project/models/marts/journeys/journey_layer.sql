with status_spells as (
    select * from {{ ref('drv_status_spell') }}
),

state_priority as (
    select * from {{ ref('ref_state_priority') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

persons as (
    select * from {{ ref('dim_person') }}
),

windows as (
    select
        state_priority.status,
        state_priority.state_priority,
        state_priority.state_group,
        coverage.coverage_from as window_start,
        {{ add_days('coverage.coverage_to', 1) }} as window_end
    from state_priority
    inner join coverage on state_priority.window_source = coverage.source_dataset
),

-- A spell ends at the latest with the person's death; one that began later is left as recorded.
capped as (
    select
        status_spells.person_id,
        status_spells.status,
        status_spells.spell_start,
        case
            when persons.death_date >= status_spells.spell_start
                then least(coalesce(status_spells.spell_end, persons.death_date), persons.death_date)
            else status_spells.spell_end
        end as spell_end
    from status_spells
    inner join persons on status_spells.person_id = persons.person_id
),

-- What a window cuts off is open; what begins after the window is not seen at all.
cut as (
    select
        capped.person_id,
        capped.status,
        capped.spell_start,
        case when capped.spell_end <= windows.window_end then capped.spell_end end as spell_end
    from capped
    inner join windows on capped.status = windows.status
    where capped.spell_start < windows.window_end
),

-- Spells of one status that touch or overlap are one spell.
merged as (
    select
        person_id,
        status,
        spell_start,
        spell_end,
        merged_spells
    from {{ merge_spells('cut', ['person_id', 'status'], 'spell_start', 'spell_end') }} as islands
),

censored as (
    select
        merged.person_id,
        merged.status,
        row_number() over (partition by merged.person_id order by merged.spell_start asc, windows.state_priority asc) as spell_sequence,
        windows.state_group,
        merged.spell_start,
        merged.spell_end,
        windows.window_end,
        coalesce(merged.spell_start < windows.window_start, false) as is_left_truncated,
        merged.merged_spells
    from merged
    inner join windows on merged.status = windows.status
),

final as (
    select
        {{ sequence_key('person_id', 'spell_sequence') }} as journey_layer_id,
        person_id,
        spell_sequence,
        status,
        state_group,
        spell_start,
        spell_end,
        coalesce(spell_end, window_end) as observed_until,
        {{ days_between('spell_start', 'coalesce(spell_end, window_end)') }} as observed_days,
        spell_end is null as is_right_censored,
        is_left_truncated,
        merged_spells
    from censored
)

select * from final
order by journey_layer_id
