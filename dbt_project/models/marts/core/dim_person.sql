with person_records as{{ read_anew() }} (
    select * from {{ ref('int_person_record') }}
),

persons as (
    select * from {{ ref('int_person') }}
),

event_spans as (
    select * from {{ ref('int_event_span') }}
),

ethnicities as (
    select * from {{ ref('int_person_ethnicity') }}
),

summaries as (
    select
        person_number,
        count(*) as record_count,
        {%- for source_name in sources() %}
        max(case when source_dataset = '{{ source_name }}' then 1 else 0 end) as in_{{ source_name }},
        {%- endfor %}
        coalesce(
            min(case when sex <> 'unknown' then sex end) <> max(case when sex <> 'unknown' then sex end), false
        ) as is_sex_conflict,
        coalesce(max(birth_year) - min(birth_year) > 2, false) as is_birth_year_conflict,
        coalesce(min(person_id_high) = max(person_id_high), false) as is_one_at_high_threshold,
        min(match_weight) as weakest_match_weight,
        max(case when is_person then 1 else 0 end) = 1 as is_person,
        min(recorded_date) as first_recorded_date,
        max(recorded_date) as last_recorded_date
    from person_records
    group by person_number
),

-- Persons that the loosest threshold joins to others.
low_clusters as (
    select person_id_low
    from person_records
    group by person_id_low
    having min(person_number) <> max(person_number)
),

larger_at_low_threshold as (
    select distinct person_records.person_number
    from person_records
    inner join low_clusters on person_records.person_id_low = low_clusters.person_id_low
),

sex_tallies as (
    select
        person_number,
        sex,
        count(*) as record_count,
        max(recorded_date) as last_recorded
    from person_records
    group by person_number, sex
),

sexes as (
    select
        person_number,
        sex,
        row_number() over (
            partition by person_number
            order by case when sex = 'unknown' then 1 else 0 end, record_count desc, last_recorded desc nulls last, sex asc
        ) as preference
    from sex_tallies
),

birth_tallies as (
    select
        person_number,
        birth_year,
        count(*) as record_count,
        max(recorded_date) as last_recorded
    from person_records
    where birth_year is not null
    group by person_number, birth_year
),

birth_years as (
    select
        person_number,
        birth_year,
        row_number() over (
            partition by person_number
            order by record_count desc, last_recorded desc nulls last, birth_year asc
        ) as preference
    from birth_tallies
),

region_tallies as (
    select
        person_number,
        region,
        max(recorded_date) as last_recorded
    from person_records
    where region <> 'unknown'
    group by person_number, region
),

regions as (
    select
        person_number,
        region,
        row_number() over (
            partition by person_number
            order by last_recorded desc nulls last, region asc
        ) as preference
    from region_tallies
),

final as (
    select
        persons.person_id,
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
        event_spans.death_date,
        substr(
            {%- for source_name in sources() | sort %}
            case when summaries.in_{{ source_name }} = 1 then ';{{ source_name }}' else '' end
            {%- if not loop.last %} ||{% endif %}
            {%- endfor %},
            2
        ) as sources_seen,
        cast(
            {%- for source_name in sources() %}
            summaries.in_{{ source_name }}{% if not loop.last %} +{% endif %}
            {%- endfor %}
            as bigint
        ) as source_count,
        summaries.record_count,
        summaries.first_recorded_date,
        summaries.last_recorded_date,
        case
            when summaries.record_count = 1 then 'single'
            when summaries.is_one_at_high_threshold then 'high'
            else 'medium'
        end as link_confidence,
        summaries.weakest_match_weight,
        larger_at_low_threshold.person_number is not null as is_larger_at_low_threshold
    from summaries
    inner join persons on summaries.person_number = persons.person_number
    inner join ethnicities on summaries.person_number = ethnicities.person_number
    inner join sexes on summaries.person_number = sexes.person_number and sexes.preference = 1
    left join larger_at_low_threshold on summaries.person_number = larger_at_low_threshold.person_number
    left join birth_years on summaries.person_number = birth_years.person_number and birth_years.preference = 1
    left join regions on summaries.person_number = regions.person_number and regions.preference = 1
    left join event_spans on summaries.person_number = event_spans.person_number
)

select * from final
order by person_id
