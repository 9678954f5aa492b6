with person_records as (
    select * from {{ ref('int_person_record') }}
),

person_events as (
    select * from {{ ref('int_person_event') }}
),

ethnicities as (
    select * from {{ ref('int_person_ethnicity') }}
),

summaries as (
    select
        person_id,
        count(*) as record_count,
        count(distinct source_dataset) as source_count,
        {{ joined_values('source_dataset') }} as sources_seen,
        count(distinct case when sex <> 'unknown' then sex end) > 1 as is_sex_conflict,
        coalesce(max(birth_year) - min(birth_year) > 2, false) as is_birth_year_conflict,
        count(distinct person_id_high) as persons_at_high_threshold,
        min(match_weight) as weakest_match_weight,
        max(case when is_person then 1 else 0 end) = 1 as is_person,
        min(recorded_date) as first_recorded_date,
        max(recorded_date) as last_recorded_date
    from person_records
    group by person_id
),

-- Persons that the loosest threshold joins to others.
low_clusters as (
    select
        person_id_low,
        count(distinct person_id) as persons_joined
    from person_records
    group by person_id_low
),

low_growth as (
    select
        person_records.person_id,
        max(low_clusters.persons_joined) > 1 as is_larger_at_low_threshold
    from person_records
    inner join low_clusters on person_records.person_id_low = low_clusters.person_id_low
    group by person_records.person_id
),

sex_tallies as (
    select
        person_id,
        sex,
        count(*) as record_count,
        max(recorded_date) as last_recorded
    from person_records
    group by person_id, sex
),

sexes as (
    select
        person_id,
        sex,
        row_number() over (
            partition by person_id
            order by case when sex = 'unknown' then 1 else 0 end, record_count desc, last_recorded desc nulls last, sex asc
        ) as preference
    from sex_tallies
),

birth_tallies as (
    select
        person_id,
        birth_year,
        count(*) as record_count,
        max(recorded_date) as last_recorded
    from person_records
    where birth_year is not null
    group by person_id, birth_year
),

birth_years as (
    select
        person_id,
        birth_year,
        row_number() over (
            partition by person_id
            order by record_count desc, last_recorded desc nulls last, birth_year asc
        ) as preference
    from birth_tallies
),

regions as (
    select
        person_id,
        region,
        row_number() over (
            partition by person_id
            order by recorded_date desc nulls last, region asc, source_dataset asc, source_record_id asc
        ) as preference
    from person_records
    where region <> 'unknown'
),

deaths as (
    select
        person_id,
        min(event_date) as death_date
    from person_events
    where event_type = 'death'
    group by person_id
),

final as (
    select
        summaries.person_id,
        summaries.is_person,
        sexes.sex,
        summaries.is_sex_conflict,
        birth_years.birth_year,
        summaries.is_birth_year_conflict,
        ethnicities.ethnic_group_self_defined_first as ethnic_group,
        ethnicities.ethnicity_18,
        ethnicities.ethnic_group_self_defined_first,
        ethnicities.ethnic_group_most_recent,
        ethnicities.ethnic_group_most_frequent,
        ethnicities.is_ethnicity_conflict,
        ethnicities.ethnicity_stated_records,
        coalesce(regions.region, 'unknown') as region,
        deaths.death_date,
        summaries.sources_seen,
        summaries.source_count,
        summaries.record_count,
        summaries.first_recorded_date,
        summaries.last_recorded_date,
        case
            when summaries.record_count = 1 then 'single'
            when summaries.persons_at_high_threshold = 1 then 'high'
            else 'medium'
        end as link_confidence,
        summaries.weakest_match_weight,
        low_growth.is_larger_at_low_threshold
    from summaries
    inner join ethnicities on summaries.person_id = ethnicities.person_id
    inner join low_growth on summaries.person_id = low_growth.person_id
    inner join sexes on summaries.person_id = sexes.person_id and sexes.preference = 1
    left join birth_years on summaries.person_id = birth_years.person_id and birth_years.preference = 1
    left join regions on summaries.person_id = regions.person_id and regions.preference = 1
    left join deaths on summaries.person_id = deaths.person_id
)

select * from final
order by person_id
