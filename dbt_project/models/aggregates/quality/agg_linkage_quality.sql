with person_records as{{ read_anew() }} (
    select * from {{ ref('int_person_record') }}
),

persons as{{ read_anew() }} (
    select * from {{ ref('dim_person') }}
),

event_spans as (
    select * from {{ ref('int_event_span') }}
),

court_cases as (
    select * from {{ ref('fct_court_case') }}
),

custodial_sentences as (
    select * from {{ ref('drv_custodial_sentence') }}
),

custody_spells as (
    select * from {{ ref('fct_custody_spell') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

link_quality as (
    select * from {{ source('linkage', 'link_quality') }}
),

bounds as (
    select * from {{ ref('agg_linkage_bound') }}
),

controls as (
    select * from {{ ref('agg_linkage_control') }}
),

seen_records as (
    select
        person_records.source_dataset,
        persons.sources_seen,
        person_records.sex,
        person_records.ethnic_group,
        coalesce(cast({{ year_of('person_records.recorded_date') }} as varchar), 'unknown') as recorded_year
    from person_records
    inner join persons on person_records.person_id = persons.person_id
    where person_records.is_person
),

-- How far records of one source meet records of another: a missed link shows as a low share in its group.
record_groups as (
    select
        source_dataset,
        sources_seen,
        sex,
        ethnic_group,
        recorded_year,
        count(*) as row_count
    from seen_records
    group by source_dataset, sources_seen, sex, ethnic_group, recorded_year
),

source_meetings as (
    select
        record_groups.source_dataset || ' > ' || coverage.source_dataset as source_pair,
        record_groups.sex,
        record_groups.ethnic_group,
        record_groups.recorded_year,
        record_groups.row_count,
        case
            when ';' || record_groups.sources_seen || ';' like '%;' || coverage.source_dataset || ';%' then record_groups.row_count
            else 0
        end as met
    from record_groups
    inner join coverage on record_groups.source_dataset <> coverage.source_dataset
),

meeting_shares as (
    {{ share_by_category('source_meetings', "'records_linked'", 'source_pair', 'met', [
        ('all', "'all'"), ('sex', 'sex'), ('ethnic_group', 'ethnic_group'), ('year', 'recorded_year'),
    ]) }}
),

-- What one person cannot be: a wrong link shows as a conflict.
persons_of_many as (
    select
        ethnic_group,
        link_confidence,
        case when is_sex_conflict then 1 else 0 end as of_two_sexes,
        case when is_birth_year_conflict then 1 else 0 end as of_two_births,
        case when is_ethnicity_conflict then 1 else 0 end as of_two_ethnicities,
        1 as row_count
    from persons
    where is_person and record_count > 1
),

conflict_shares as (
    {% for measure, numerator in [
        ('persons_with_two_sexes', 'of_two_sexes'),
        ('persons_with_birth_years_apart', 'of_two_births'),
        ('persons_with_two_ethnic_groups', 'of_two_ethnicities'),
    ] %}
    {{ share_by_category('persons_of_many', "'" ~ measure ~ "'", 'null', numerator, [
        ('all', "'all'"), ('ethnic_group', 'ethnic_group'), ('link_confidence', 'link_confidence'),
    ]) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

deaths as (
    select
        persons.ethnic_group,
        case when event_spans.last_date_in_person > event_spans.death_date then 1 else 0 end as lived_on,
        1 as row_count
    from persons
    inner join event_spans on persons.person_id = event_spans.person_id
    where event_spans.death_date is not null and event_spans.last_date_in_person is not null
),

death_shares as (
    {{ share_by_category('deaths', "'dead_persons_with_later_events'", 'null', 'lived_on', [('all', "'all'")]) }}
),

sizes as (
    select
        sources_seen,
        case when record_count = 1 then 1 else 0 end as is_alone,
        1 as row_count
    from persons
    where is_person
),

size_shares as (
    {{ share_by_category('sizes', "'persons_of_one_record'", 'null', 'is_alone', [('all', "'all'")]) }}
),

-- A case sent on within the Crown Court's window should have a row there.
sent_cases as (
    select
        coalesce(cast({{ year_of('court_cases.sent_to_crown_date') }} as varchar), 'unknown') as sent_year,
        coalesce(court_cases.first_court_code, 'unknown') as first_court,
        coalesce(persons.ethnic_group, 'Unknown') as ethnic_group,
        case when court_cases.crown_row_missing_why = 'not_found' then 1 else 0 end as is_unmatched,
        1 as row_count
    from court_cases
    left join persons on court_cases.person_id = persons.person_id
    where
        court_cases.has_magistrates_row
        and court_cases.sent_to_crown_date is not null
        and (court_cases.crown_row_missing_why is null or court_cases.crown_row_missing_why <> 'outside_coverage')
),

sent_shares as (
    {{ share_by_category('sent_cases', "'sent_cases_without_crown_row'", 'null', 'is_unmatched', [
        ('all', "'all'"), ('year', 'sent_year'), ('court', 'first_court'), ('ethnic_group', 'ethnic_group'),
    ]) }}
),

-- Who was sentenced to custody should have been in one: a missed link shows as a share without.
persons_in_custody as (
    select distinct person_id from custody_spells
),

sentences_met as (
    select
        coalesce(persons.sex, 'unknown') as sex,
        coalesce(persons.ethnic_group, 'Unknown') as ethnic_group,
        cast({{ year_of('custodial_sentences.sentence_date') }} as varchar) as sentence_year,
        case when persons_in_custody.person_id is null then 1 else 0 end as is_unmatched,
        1 as row_count
    from custodial_sentences
    left join persons on custodial_sentences.person_id = persons.person_id
    left join persons_in_custody on custodial_sentences.person_id = persons_in_custody.person_id
),

custody_shares as (
    {{ share_by_category('sentences_met', "'custodial_sentences_without_custody'", 'null', 'is_unmatched', [
        ('all', "'all'"), ('sex', 'sex'), ('ethnic_group', 'ethnic_group'), ('year', 'sentence_year'),
    ]) }}
),

thresholds as (
    select
        count(distinct person_id_high) as persons_high,
        count(distinct person_id) as persons_medium,
        count(distinct person_id_low) as persons_low,
        count(*) as records
    from person_records
),

threshold_counts as (
    {% for threshold in ['high', 'medium', 'low'] %}
    select
        'persons_at_threshold' as measure,
        null as source_pair,
        'threshold' as category_kind,
        '{{ threshold }}' as category,
        persons_{{ threshold }} as measured,
        records as asked
    from thresholds
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- Counts that linkage reports of its own work; they have no denominator.
stated_counts as (
    select
        'linkage_' || measure as measure,
        source_pair,
        'stated' as category_kind,
        coalesce(category, 'all') as category,
        cast(value as bigint) as measured,
        cast(null as bigint) as asked
    from link_quality
    where value = floor(value)
),

all_measures as (
    select * from meeting_shares
    union all
    select * from conflict_shares
    union all
    select * from death_shares
    union all
    select * from size_shares
    union all
    select * from sent_shares
    union all
    select * from custody_shares
    union all
    select * from threshold_counts
    union all
    select * from bounds
    union all
    select * from controls
    union all
    select * from stated_counts
),

final as (
    select
        measure,
        coalesce(source_pair, 'all') as source_pair,
        category_kind,
        category,
        measured,
        asked
    from all_measures
)

select * from final
