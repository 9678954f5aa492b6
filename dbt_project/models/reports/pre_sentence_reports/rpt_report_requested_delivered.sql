with counted as (
    select * from {{ ref('agg_report_requested_delivered') }}
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
        {{ shown_cell('report_count', 'requested_count') }}
    from withheld
)

select * from final
order by cell_id
