with counted as (
    select * from {{ ref('agg_recall_rate') }}
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
        {{ shown_cell('recalled', 'releases') }}
    from withheld
)

select * from final
order by cell_id
