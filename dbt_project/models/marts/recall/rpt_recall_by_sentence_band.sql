with counted as (
    select * from {{ ref('int_recall_rate') }}
),

withheld as (
    select * from {{ withhold(
        'counted',
        'recalled',
        within=[['release_order', 'cell_level', 'release_year'], ['release_order', 'cell_level', 'length_class']],
        order_by=['release_order', 'cell_level', 'release_year', 'length_class'],
        primary_reason=share_reason('recalled', 'releases')
    ) }} as withheld_cells
),

final as (
    select
        {{ surrogate_key(['release_order', 'release_year', 'length_class']) }} as cell_id,
        release_order,
        release_year,
        length_class,
        {{ safe_count('recalled', 'is_suppressed') }} as numerator,
        {{ safe_count('releases') }} as denominator,
        {{ safe_rate('recalled', 'releases', 'is_suppressed') }} as rate,
        {{ safe_rate_lower('recalled', 'releases', 'is_suppressed') }} as rate_lower,
        {{ safe_rate_upper('recalled', 'releases', 'is_suppressed') }} as rate_upper,
        is_suppressed,
        suppression_reason
    from withheld
)

select * from final
order by cell_id
