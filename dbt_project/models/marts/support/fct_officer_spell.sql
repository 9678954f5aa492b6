with allocations as (
    select * from {{ ref('stg_probation__officer_allocations') }}
),

supervised as (
    select * from {{ ref('int_event_person') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

window_end as (
    select {{ add_days('coverage_to', 1) }} as window_end from coverage
    where source_dataset = 'probation'
),

-- An end before the start says that the spell is over, not when: it holds its officer for no day.
cleaned as (
    select
        allocation_id,
        event_id_hash,
        officer_id,
        allocation_date as spell_start,
        case when end_date < allocation_date then allocation_date else end_date end as spell_end,
        coalesce(end_date < allocation_date, false) as has_negative_length,
        allocation_reason,
        probation_area,
        provider_kind,
        region
    from allocations
    where allocation_date is not null
),

caseload_edges as (
    select
        officer_id,
        spell_start as edge_date,
        1 as change
    from cleaned
    union all
    select
        officer_id,
        spell_end as edge_date,
        -1 as change
    from cleaned
    where spell_end is not null
),

caseload_days as (
    select
        officer_id,
        edge_date,
        sum(change) as change
    from caseload_edges
    group by officer_id, edge_date
),

-- Open allocations of the officer at the end of the day.
caseloads as (
    select
        officer_id,
        edge_date,
        sum(change) over (partition by officer_id order by edge_date rows unbounded preceding) as caseload
    from caseload_days
),

sequenced as (
    select
        cleaned.*,
        row_number() over (
            partition by event_id_hash
            order by spell_start, coalesce(spell_end, {{ far_future() }}), allocation_id
        ) as officer_sequence,
        lag(officer_id) over (
            partition by event_id_hash
            order by spell_start, coalesce(spell_end, {{ far_future() }}), allocation_id
        ) as previous_officer_id,
        max(coalesce(spell_end, {{ far_future() }})) over (
            partition by event_id_hash
            order by spell_start, coalesce(spell_end, {{ far_future() }}), allocation_id
            rows between unbounded preceding and 1 preceding
        ) as latest_end_before
    from cleaned
),

final as (
    select
        sequenced.allocation_id as officer_spell_id,
        supervised.person_id,
        sequenced.event_id_hash,
        supervised.disposal_group,
        sequenced.officer_id,
        sequenced.officer_sequence,
        sequenced.spell_start,
        sequenced.spell_end,
        {{ days_between('sequenced.spell_start', 'coalesce(sequenced.spell_end, greatest(window_end.window_end, sequenced.spell_start))') }}
            as observed_days,
        sequenced.spell_end is null as is_right_censored,
        sequenced.allocation_reason as change_reason,
        coalesce(sequenced.previous_officer_id <> sequenced.officer_id, false) as is_change_of_officer,
        coalesce(sequenced.latest_end_before > sequenced.spell_start, false) as overlaps_former_spell,
        case
            when sequenced.latest_end_before < sequenced.spell_start
                then {{ days_between('sequenced.latest_end_before', 'sequenced.spell_start') }}
        end as days_without_officer_before,
        cast(caseloads.caseload as bigint) as caseload_at_start,
        sequenced.probation_area,
        sequenced.provider_kind,
        sequenced.region,
        sequenced.has_negative_length,
        case when supervised.person_id is null then 'event not delivered' end as exclude_reason
    from sequenced
    cross join window_end
    left join caseloads
        on
            sequenced.officer_id = caseloads.officer_id
            and sequenced.spell_start = caseloads.edge_date
    left join supervised on sequenced.event_id_hash = supervised.event_id_hash
)

select * from final
order by officer_spell_id
