with delivery_files as (
    select * from {{ source('landing', 'delivery_files') }}
),

delivery as (
    select * from {{ source('landing', 'delivery') }}
),

known_sources as (
    {% for source_name in sources() %}
    select cast('{{ source_name }}' as varchar) as source_dataset
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Only what every required table of a source covers is covered by the source.
stated as (
    select
        source as source_dataset,
        max(coverage_from) as coverage_from,
        min(coverage_to) as coverage_to
    from delivery_files
    where is_present and is_required
    group by source
),

extracts as (
    select max(extract_date) as extract_date from delivery
),

final as (
    select
        known_sources.source_dataset,
        stated.coverage_from,
        coalesce(least(stated.coverage_to, extracts.extract_date), extracts.extract_date) as coverage_to,
        stated.coverage_to is null as is_coverage_to_assumed
    from known_sources
    cross join extracts
    left join stated on known_sources.source_dataset = stated.source_dataset
)

select * from final
