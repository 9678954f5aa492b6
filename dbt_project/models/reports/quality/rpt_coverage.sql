with coverage_months as (
    select * from {{ ref('agg_coverage_month') }}
),

ledger as (
    select * from {{ ref('agg_row_ledger') }}
),

delivery_files as (
    select * from {{ source('landing', 'delivery_files') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

tables as (
    select
        ledger.source_dataset,
        ledger.table_name,
        ledger.is_delivered,
        coalesce(delivery_files.is_required, false) as is_required,
        coalesce(delivery_files.coverage_from, coverage.coverage_from) as coverage_from,
        coalesce(delivery_files.coverage_to, coverage.coverage_to) as coverage_to,
        ledger.staged
    from ledger
    left join delivery_files
        on
            ledger.source_dataset = delivery_files.source
            and ledger.table_name = delivery_files.table_name
    left join coverage on ledger.source_dataset = coverage.source_dataset
),

whole_tables as (
    select
        source_dataset,
        table_name,
        'table' as period_kind,
        cast(null as date) as month_start,
        staged as row_count,
        cast(null as boolean) as is_in_window,
        cast(null as boolean) as is_thin_tail
    from tables
),

months as (
    select
        source_dataset,
        table_name,
        case when month_start is null then 'undated' else 'month' end as period_kind,
        month_start,
        row_count,
        case when month_start is not null then is_in_window end as is_in_window,
        case when month_start is not null then is_thin_tail end as is_thin_tail
    from coverage_months
),

periods as (
    select * from whole_tables
    union all
    select * from months
),

final as (
    select
        periods.source_dataset || '/' || periods.table_name || '/' || periods.period_kind
        || coalesce('/' || cast(periods.month_start as varchar), '') as coverage_id,
        periods.source_dataset,
        periods.table_name,
        periods.period_kind,
        periods.month_start,
        tables.is_delivered,
        tables.is_required,
        case
            when not tables.is_delivered then 'optional table not in the delivery'
            when tables.staged = 0 then 'delivered without a usable row'
        end as absence_reason,
        tables.coverage_from,
        tables.coverage_to,
        periods.is_in_window,
        periods.is_thin_tail,
        {{ safe_tally('periods.row_count') }} as numerator,
        {{ safe_tally('tables.staged') }} as denominator,
        case
            when not ({{ is_small_tally('periods.row_count') }} or {{ is_small_tally('tables.staged') }})
                then {{ rate(rounded_count('periods.row_count'), rounded_count('tables.staged')) }}
        end as rate,
        cast(null as double) as rate_lower,
        cast(null as double) as rate_upper,
        {{ is_small_tally('periods.row_count') }} as is_suppressed,
        case when {{ is_small_tally('periods.row_count') }} then 'below_threshold' end as suppression_reason
    from periods
    inner join tables
        on
            periods.source_dataset = tables.source_dataset
            and periods.table_name = tables.table_name
)

select * from final
order by coverage_id
