{#- Every cell of the cohort rate on exact counts: by year and class, and the totals of each, which are cells of their own. -#}
with cohort as (
    select * from {{ ref('int_release_cohort') }}
),

licences as (
    select * from {{ ref('int_licence_period') }}
),

members as (
    select
        case when licences.is_first_release then 'first release' else 're-release' end as release_order,
        cast({{ year_of('cohort.release_date') }} as varchar) as release_year,
        licences.length_class,
        cohort.is_recalled_within_12_months
    from cohort
    inner join licences on cohort.release_id = licences.release_id
    where cohort.is_in_cohort and cohort.has_12_months_follow_up
),

cells as (
    {%- for level, year, class in [
        ('cell', 'release_year', 'length_class'), ('year', 'release_year', "'all'"), ('class', "'all'", 'length_class'),
        ('all', "'all'", "'all'")
    ] %}
    select
        release_order,
        '{{ level }}' as cell_level,
        {{ year }} as release_year,
        {{ class }} as length_class,
        is_recalled_within_12_months
    from members
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        release_order,
        cell_level,
        release_year,
        length_class,
        count(*) as releases,
        cast(sum(case when is_recalled_within_12_months then 1 else 0 end) as bigint) as recalled
    from cells
    group by release_order, cell_level, release_year, length_class
)

select * from final
