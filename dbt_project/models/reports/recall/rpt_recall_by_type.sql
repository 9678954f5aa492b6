with counted as (
    select * from {{ ref('agg_recall_type') }}
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
        {{ shown_cell('recalls', 'all_recalls') }}
    from withheld
)

select * from final
order by cell_id
