with dated_rows as (
    select * from {{ ref('agg_table_month') }}
),

delivery_files as (
    select * from {{ source('landing', 'delivery_files') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

windows as (
    select
        delivery_files.source as source_dataset,
        delivery_files.table_name,
        coalesce(delivery_files.coverage_from, coverage.coverage_from) as coverage_from,
        coalesce(delivery_files.coverage_to, coverage.coverage_to) as coverage_to
    from delivery_files
    inner join coverage on delivery_files.source = coverage.source_dataset
    where delivery_files.is_present
),

span as (
    select
        min(coverage_from) as first_day,
        max(coverage_to) as last_day
    from windows
),

calendar as (
    select months.month_start
    from {{ calendar_months('(select first_day from span)', '(select last_day from span)') }} as months
),

dated_tables as (
    select distinct
        source_dataset,
        table_name
    from dated_rows
),

-- Every month of a table's window is there, with no rows if need be; months outside it only where rows are.
expected as (
    select
        dated_tables.source_dataset,
        dated_tables.table_name,
        calendar.month_start
    from dated_tables
    inner join windows
        on
            dated_tables.source_dataset = windows.source_dataset
            and dated_tables.table_name = windows.table_name
    inner join calendar
        on
            {{ month_start('windows.coverage_from') }} <= calendar.month_start
            and windows.coverage_to >= calendar.month_start
),

months as (
    select
        coalesce(expected.source_dataset, dated_rows.source_dataset) as source_dataset,
        coalesce(expected.table_name, dated_rows.table_name) as table_name,
        coalesce(expected.month_start, dated_rows.month_start) as month_start,
        coalesce(dated_rows.row_count, 0) as row_count,
        expected.month_start is not null as is_in_window
    from expected
    full outer join dated_rows
        on
            expected.source_dataset = dated_rows.source_dataset
            and expected.table_name = dated_rows.table_name
            and expected.month_start = dated_rows.month_start
),

medians as (
    select
        source_dataset,
        table_name,
        {{ percentile('row_count', 0.5) }} as median_rows
    from months
    where is_in_window
    group by source_dataset, table_name
),

compared as (
    select
        months.source_dataset,
        months.table_name,
        months.month_start,
        months.row_count,
        months.is_in_window,
        medians.median_rows,
        months.is_in_window and {{ is_thin_month('months.row_count', 'medians.median_rows') }} as is_thin
    from months
    left join medians
        on
            months.source_dataset = medians.source_dataset
            and months.table_name = medians.table_name
),

-- A thin tail is the unbroken run of thin months at the end of the window.
final as (
    select
        source_dataset,
        table_name,
        month_start,
        row_count,
        is_in_window,
        is_thin,
        is_in_window and min(case when is_thin or not is_in_window then 1 else 0 end) over (
            partition by source_dataset, table_name
            order by month_start desc
            rows unbounded preceding
        ) = 1 as is_thin_tail
    from compared
    where month_start is not null
    union all
    select
        source_dataset,
        table_name,
        month_start,
        row_count,
        is_in_window,
        false as is_thin,
        false as is_thin_tail
    from compared
    where month_start is null
)

select * from final
