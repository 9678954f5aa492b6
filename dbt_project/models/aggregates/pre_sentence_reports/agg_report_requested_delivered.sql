with reports as (
    select * from {{ ref('fct_pre_sentence_report') }}
),

report_types as (
    select * from {{ ref('court_report_types') }}
),

types as (
    select distinct report_type
    from report_types
    where is_psr
    union all
    select 'other or missing' as report_type
),

completed as (
    select
        {{ year_of('reports.completed_date') }} as completed_year,
        coalesce(requested.report_type, 'other or missing') as requested_type,
        coalesce(delivered.report_type, 'other or missing') as delivered_type
    from reports
    left join types as requested on reports.requested_type = requested.report_type
    left join types as delivered on reports.delivered_type = delivered.report_type
    where reports.completed_date is not null
),

counted as (
    select
        completed_year,
        requested_type,
        delivered_type,
        count(*) as report_count
    from completed
    group by completed_year, requested_type, delivered_type
),

rows_asked as (
    select
        completed_year,
        requested_type,
        cast(sum(report_count) as bigint) as requested_count
    from counted
    group by completed_year, requested_type
),

{#- A pair that never occurs is a cell too. -#}
final as (
    select
        rows_asked.completed_year,
        rows_asked.requested_type,
        types.report_type as delivered_type,
        coalesce(counted.report_count, 0) as report_count,
        rows_asked.requested_count
    from rows_asked
    cross join types
    left join counted
        on
            rows_asked.completed_year = counted.completed_year
            and rows_asked.requested_type = counted.requested_type
            and types.report_type = counted.delivered_type
)

select * from final
