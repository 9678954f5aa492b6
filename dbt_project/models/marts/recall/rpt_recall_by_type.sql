with counted as (
    select * from {{ ref('int_recall_type') }}
),

withheld as (
    select * from {{ withhold(
        'counted',
        'recalls',
        within=[['axis', 'revocation_year'], ['axis', 'category']],
        order_by=['axis', 'revocation_year', 'category'],
        primary_reason=share_reason('recalls', 'all_recalls')
    ) }} as withheld_cells
),

final as (
    select
        {{ surrogate_key(['revocation_year', 'axis', 'category']) }} as cell_id,
        revocation_year,
        axis,
        category,
        {{ safe_count('recalls', 'is_suppressed') }} as numerator,
        {{ safe_count('all_recalls') }} as denominator,
        {{ safe_rate('recalls', 'all_recalls', 'is_suppressed') }} as rate,
        {{ safe_rate_lower('recalls', 'all_recalls', 'is_suppressed') }} as rate_lower,
        {{ safe_rate_upper('recalls', 'all_recalls', 'is_suppressed') }} as rate_upper,
        is_suppressed,
        suppression_reason
    from withheld
)

select * from final
order by cell_id
