with requirements as (
    select * from {{ ref('stg_probation__requirements') }}
),

orders as (
    select * from {{ ref('fct_order') }}
),

units as (
    select * from {{ ref('ref_length_unit') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

probation_coverage as (
    select * from coverage
    where source_dataset = 'probation'
),

measured as (
    select
        requirements.requirement_id,
        orders.order_id,
        orders.person_id,
        orders.order_kind,
        orders.start_date as order_start_date,
        orders.actual_end_date as order_end_date,
        orders.planned_end_date as order_planned_end_date,
        requirements.requirement_category,
        requirements.requirement_type,
        requirements.requirement_sub_category,
        coalesce(requirements.region, 'unknown') as region,
        requirements.imposed_date,
        requirements.commencement_date,
        requirements.termination_date,
        requirements.termination_reason,
        requirements.termination_ended,
        requirements.length_as_entered,
        requirements.length_unit,
        case when units.is_duration then cast(round(requirements.length_as_entered * units.days_per_unit) as bigint) end as length_days,
        case when requirements.length_unit = 'hours' then requirements.length_as_entered end as length_hours
    from requirements
    left join orders on requirements.event_id_hash = orders.event_id_hash
    left join units on requirements.length_unit = units.unit
),

planned as (
    select
        measured.*,
        probation_coverage.coverage_to as window_end,
        coalesce(
            measured.order_end_date,
            case
                when measured.length_days > 0
                    then {{ add_days('coalesce(measured.commencement_date, measured.imposed_date)', 'measured.length_days') }}
            end,
            measured.order_planned_end_date
        ) as latest_end_date
    from measured
    left join probation_coverage on true
),

ended as (
    select
        planned.*,
        case
            when termination_ended is not null then termination_ended
            when termination_date is not null then 'reason_not_recorded'
            when latest_end_date < window_end then 'end_not_recorded'
            else 'running'
        end as how_ended
    from planned
),

final as (
    select
        requirement_id,
        order_id,
        person_id,
        order_kind,
        requirement_category,
        requirement_type,
        requirement_sub_category,
        region,
        imposed_date,
        commencement_date,
        termination_date,
        commencement_date is not null as has_commencement_date,
        {{ stage_days('imposed_date', 'commencement_date') }} as days_to_commencement,
        coalesce(commencement_date < imposed_date, false) or coalesce(termination_date < commencement_date, false) as has_negative_gap,
        {{ stage_days('commencement_date', 'termination_date') }} as days_served,
        length_as_entered,
        length_unit,
        length_days,
        length_hours,
        how_ended,
        termination_reason,
        how_ended in ('completed', 'expired') as is_completed,
        how_ended = 'running' as is_censored,
        case when how_ended = 'running' then window_end end as censor_date,
        case when order_id is null then 'no order' end as exclude_reason
    from ended
)

select * from final
order by requirement_id
