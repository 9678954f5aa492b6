with ledger as (
    select * from {{ ref('agg_row_ledger') }}
),

-- Rows go to five places. Each is shown by itself, totals are added up from what is shown, so that they give nothing away.
shown as (
    select
        source_dataset,
        table_name,
        is_delivered,
        {{ safe_tally('quarantined') }} as quarantined,
        {{ safe_tally('duplicates_removed') }} as duplicates_removed,
        {{ safe_tally('replaced') }} as replaced,
        {{ safe_tally('soft_deleted') }} as soft_deleted,
        {{ safe_tally('in_staging') }} as in_staging,
        {{ safe_tally('with_person') }} as with_person,
        is_balanced,
        (
            {{ is_small_tally('quarantined') }}
            or {{ is_small_tally('duplicates_removed') }}
            or {{ is_small_tally('replaced') }}
            or {{ is_small_tally('soft_deleted') }}
            or {{ is_small_tally('in_staging') }}
        ) as is_suppressed
    from ledger
),

added as (
    select
        *,
        in_staging + coalesce(soft_deleted, 0) as staged,
        in_staging + coalesce(soft_deleted, 0) + coalesce(quarantined, 0) + coalesce(duplicates_removed, 0)
        + coalesce(replaced, 0) as delivered
    from shown
),

final as (
    select
        source_dataset || '/' || table_name as ledger_id,
        source_dataset,
        table_name,
        is_delivered,
        delivered,
        quarantined,
        duplicates_removed,
        replaced,
        staged,
        soft_deleted,
        in_staging,
        with_person,
        is_balanced,
        staged as numerator,
        delivered as denominator,
        {{ rate('staged', 'delivered') }} as rate,
        cast(null as double) as rate_lower,
        cast(null as double) as rate_upper,
        is_suppressed,
        case when is_suppressed then 'below_threshold' end as suppression_reason
    from added
)

select * from final
order by ledger_id
