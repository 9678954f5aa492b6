with counted as (
    select * from {{ ref('int_report_requested_delivered') }}
),

withheld as (
    select * from {{ withhold(
        'counted',
        'report_count',
        within=[['completed_year', 'requested_type']],
        order_by=['completed_year', 'requested_type', 'delivered_type'],
        primary_reason=share_reason('report_count', 'requested_count')
    ) }} as withheld_cells
),

final as (
    select
        {{ surrogate_key(['completed_year', 'requested_type', 'delivered_type']) }} as cell_id,
        completed_year,
        requested_type,
        delivered_type,
        {{ safe_count('report_count', 'is_suppressed') }} as numerator,
        {{ safe_count('requested_count') }} as denominator,
        {{ safe_rate('report_count', 'requested_count', 'is_suppressed') }} as rate,
        {{ safe_rate_lower('report_count', 'requested_count', 'is_suppressed') }} as rate_lower,
        {{ safe_rate_upper('report_count', 'requested_count', 'is_suppressed') }} as rate_upper,
        is_suppressed,
        suppression_reason
    from withheld
)

select * from final
order by cell_id
