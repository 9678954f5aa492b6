with counted as (
    select * from {{ ref('int_linkage_quality') }}
),

withheld as (
    select * from {{ withhold(
        'counted',
        'measured',
        within=[['measure', 'source_pair', 'category_kind']],
        order_by=['measure', 'source_pair', 'category_kind', 'category'],
        primary_reason="case when asked is null then " ~ count_reason('measured') ~ " else " ~ share_reason('measured', 'asked') ~ " end"
    ) }} as withheld_cells
),

final as (
    select
        {{ surrogate_key(['measure', 'source_pair', 'category_kind', 'category']) }} as cell_id,
        measure,
        source_pair,
        category_kind,
        category,
        {{ safe_count('measured', 'is_suppressed') }} as numerator,
        {{ safe_count('asked') }} as denominator,
        {{ safe_rate('measured', 'asked', 'is_suppressed') }} as rate,
        {{ safe_rate_lower('measured', 'asked', 'is_suppressed') }} as rate_lower,
        {{ safe_rate_upper('measured', 'asked', 'is_suppressed') }} as rate_upper,
        is_suppressed,
        suppression_reason
    from withheld
)

select * from final
order by cell_id
