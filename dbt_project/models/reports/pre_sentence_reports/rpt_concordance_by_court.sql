with counted as (
    select * from {{ ref('agg_concordance_by_court') }}
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
        {{ safe_count('excluded_reports') }} as excluded,
        {{ shown_cell('concordance_count', 'counted_reports') }}
    from withheld
)

select * from final
order by cell_id
