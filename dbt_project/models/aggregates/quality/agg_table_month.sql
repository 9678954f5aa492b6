with placed_rows as (
    {% for landed in landed_tables() if landed.day %}
    select
        cast('{{ landed.source }}' as varchar) as source_dataset,
        cast('{{ landed.table }}' as varchar) as table_name,
        {{ month_start(real_date(landed.day)) }} as month_start
    from {{ source(landed.source, landed.table) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        source_dataset,
        table_name,
        month_start,
        count(*) as row_count
    from placed_rows
    group by source_dataset, table_name, month_start
)

select * from final
