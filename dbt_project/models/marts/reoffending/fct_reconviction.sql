with index_events as (
    select * from {{ ref('drv_reconviction_index') }}
),

cases as (
    select * from {{ ref('int_court_case') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

courts_window as (
    select min(coverage_to) as window_end
    from coverage
    where source_dataset in ('crown_court', 'magistrates')
),

windows as (
    select
        {{ surrogate_key(['index_events.index_kind', 'index_events.index_id']) }} as reconviction_id,
        index_events.*,
        cast(extract(year from index_events.index_date) as varchar)
        || '-Q' || cast(extract(quarter from index_events.index_date) as varchar) as cohort_quarter,
        {{ add_months('index_events.index_date', court_rule('offence_window')) }} as offence_window_end,
        {{ add_months('index_events.index_date', court_rule('conviction_window')) }} as conviction_window_end,
        courts_window.window_end as courts_window_end
    from index_events
    cross join courts_window
),

{#- Offences proved at court: a breach is no new offence, an appeal no new case, a company no person. -#}
proved_offences as (
    select
        court_case_id,
        person_id,
        coalesce(offence_date, charge_date) as reoffence_date,
        offence_date is null as is_offence_date_from_charge,
        coalesce(conviction_date, sentence_date) as reconviction_date,
        coalesce(offence_count, 1) as offence_count
    from cases
    where
        is_new_prosecution and is_convicted and not is_breach and not is_company
        and coalesce(is_crime, true)
),

reconvictions as (
    select
        windows.reconviction_id,
        proved_offences.reoffence_date,
        proved_offences.reconviction_date,
        proved_offences.is_offence_date_from_charge,
        proved_offences.offence_count,
        row_number() over (
            partition by windows.reconviction_id
            order by proved_offences.reoffence_date, proved_offences.reconviction_date, proved_offences.court_case_id
        ) as first_first
    from windows
    inner join proved_offences
        on
            windows.person_id = proved_offences.person_id
            and windows.index_date < proved_offences.reoffence_date
            and windows.offence_window_end >= proved_offences.reoffence_date
            and proved_offences.reconviction_date >= proved_offences.reoffence_date
            and windows.conviction_window_end >= proved_offences.reconviction_date
),

summed as (
    select
        reconviction_id,
        count(*) as reconviction_cases,
        cast(sum(offence_count) as bigint) as reconviction_offences,
        min(reoffence_date) as first_reoffence_date,
        min(reconviction_date) as first_reconviction_date,
        max(case when first_first = 1 and is_offence_date_from_charge then 1 else 0 end) = 1 as is_offence_date_from_charge
    from reconvictions
    group by reconviction_id
),

judged as (
    select
        windows.*,
        windows.conviction_window_end <= windows.courts_window_end as follow_up_complete,
        case
            when windows.is_breach then 'breach offence'
            when windows.order_in_day > 1 then 'another index event that day'
        end as exclude_reason,
        coalesce(summed.reconviction_cases, 0) as reconviction_cases,
        coalesce(summed.reconviction_offences, 0) as reconviction_offences,
        summed.first_reoffence_date,
        summed.first_reconviction_date,
        summed.is_offence_date_from_charge
    from windows
    left join summed on windows.reconviction_id = summed.reconviction_id
),

final as (
    select
        reconviction_id,
        person_id,
        index_kind,
        index_id,
        index_date,
        cohort_quarter,
        (
            exclude_reason is null
            and row_number() over (
                partition by person_id, cohort_quarter, (exclude_reason is null)
                order by index_date, reconviction_id
            ) = 1
        ) as is_first_in_quarter,
        sentence_id,
        disposal_group,
        disposal_class,
        sentence_band,
        under_12_months,
        offence_group,
        offence_window_end,
        conviction_window_end,
        follow_up_complete,
        case when follow_up_complete then reconviction_cases > 0 end as court_reconviction_12m_18m,
        reconviction_cases > 0 as is_reconviction_seen,
        reconviction_cases,
        reconviction_offences,
        first_reoffence_date,
        first_reconviction_date,
        {{ stage_days('index_date', 'first_reoffence_date') }} as days_to_first_reoffence,
        is_offence_date_from_charge,
        case when not follow_up_complete then courts_window_end end as censor_date,
        exclude_reason
    from judged
)

select * from final
order by reconviction_id
