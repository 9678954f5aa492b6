with counted as (
    select * from {{ ref('int_concordance_by_court') }}
),

{#- Within a court the severities add up to the counted reports; over the courts a measure adds up to the national figure. -#}
withheld as (
    select * from {{ withhold(
        'counted',
        'concordance_count',
        within=[['geography', 'court_code', 'measure_set'], ['geography', 'measure']],
        order_by=['court_code', 'measure'],
        primary_reason=share_reason('concordance_count', 'counted_reports')
    ) }} as withheld_cells
),

final as (
    select
        {{ surrogate_key(['geography', 'court_code', 'measure']) }} as cell_id,
        geography,
        court_code,
        court_name,
        court_level,
        region,
        measure,
        {{ safe_count('concordance_count', 'is_suppressed') }} as numerator,
        {{ safe_count('counted_reports') }} as denominator,
        {{ safe_rate('concordance_count', 'counted_reports', 'is_suppressed') }} as rate,
        {{ safe_rate_lower('concordance_count', 'counted_reports', 'is_suppressed') }} as rate_lower,
        {{ safe_rate_upper('concordance_count', 'counted_reports', 'is_suppressed') }} as rate_upper,
        {{ safe_count('excluded_reports') }} as excluded,
        is_suppressed,
        suppression_reason
    from withheld
)

select * from final
order by cell_id
