with reports as (
    select * from {{ ref('fct_pre_sentence_report') }}
),

courts as (
    select * from {{ ref('courts') }}
),

{#- `severity` parts the counted reports into three; `tier` asks one wider question of the same reports. -#}
measures as (
    select
        'exact' as measure,
        'severity' as measure_set
    union all
    select
        'more_severe' as measure,
        'severity' as measure_set
    union all
    select
        'less_severe' as measure,
        'severity' as measure_set
    union all
    select
        'community_tier' as measure,
        'tier' as measure_set
),

known_courts as (
    select
        coalesce(reports.sentencing_court_code, 'unknown') as court_code,
        reports.concordance,
        reports.is_concordant_community_tier,
        reports.exclude_reason
    from reports
    where reports.completed_date is not null
),

{#- The national row first, then each court. -#}
placed as (
    select
        'national' as geography,
        'England and Wales' as court_code,
        concordance,
        is_concordant_community_tier,
        exclude_reason
    from known_courts
    union all
    select
        'court' as geography,
        court_code,
        concordance,
        is_concordant_community_tier,
        exclude_reason
    from known_courts
),

counted as (
    select
        placed.geography,
        placed.court_code,
        measures.measure,
        measures.measure_set,
        count(
            case
                when measures.measure = 'community_tier' and placed.is_concordant_community_tier then 1
                when measures.measure = placed.concordance then 1
            end
        ) as concordance_count,
        count(case when placed.exclude_reason is null then 1 end) as counted_reports,
        count(placed.exclude_reason) as excluded_reports
    from placed
    cross join measures
    group by placed.geography, placed.court_code, measures.measure, measures.measure_set
),

final as (
    select
        counted.geography,
        counted.court_code,
        coalesce(courts.court_name, counted.court_code) as court_name,
        coalesce(courts.court_level, 'all') as court_level,
        coalesce(courts.region, 'all') as region,
        counted.measure,
        counted.measure_set,
        counted.concordance_count,
        counted.counted_reports,
        counted.excluded_reports
    from counted
    left join courts on counted.court_code = courts.code
)

select * from final
