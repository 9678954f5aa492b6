with counted as (
    select * from {{ ref('agg_linkage_quality') }}
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
        {{ shown_cell('measured', 'asked') }}
    from withheld
)

select * from final
order by cell_id
