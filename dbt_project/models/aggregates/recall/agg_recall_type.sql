{#- Every cell of the recall tables on exact counts: each way of sorting recalls, by year and in all. -#}
{%- set axes = [
    ('sentence group', 'sentence_group'),
    ('recall length', 'recall_length'),
    ('recall process', 'recall_process'),
    ('home detention curfew', "case when is_hdc then 'from curfew' else 'not from curfew' end"),
    ('sentence group and recall length', "sentence_group || ', ' || recall_length"),
    ('return to custody', "case when return_to_custody_date is null then 'not returned' else 'returned' end"),
] -%}
with recalls as (
    select * from {{ ref('fct_recall') }}
),

in_window as (
    select * from recalls
    where is_counted and is_within_window
),

sorted_recalls as (
    {%- for name, category in axes %}
    select
        recall_id,
        cast({{ year_of('revocation_date') }} as varchar) as revocation_year,
        '{{ name }}' as axis,
        {{ category }} as category
    from in_window
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

with_totals as (
    select
        recall_id,
        revocation_year,
        axis,
        category
    from sorted_recalls
    union all
    select
        recall_id,
        'all' as revocation_year,
        axis,
        category
    from sorted_recalls
),

cells as (
    select
        revocation_year,
        axis,
        category,
        count(*) as recalls
    from with_totals
    group by revocation_year, axis, category
),

final as (
    select
        revocation_year,
        axis,
        category,
        recalls,
        cast(sum(recalls) over (partition by revocation_year, axis) as bigint) as all_recalls
    from cells
)

select * from final
