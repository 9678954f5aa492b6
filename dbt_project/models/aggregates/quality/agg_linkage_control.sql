{#- Days between a sentence to custody and its custody that are one event: it may be passed on paper first, or served from remand. -#}
{%- set near = 7 -%}
with sentences as (
    select * from {{ ref('fct_sentence') }}
),

court_cases as (
    select * from {{ ref('fct_court_case') }}
),

persons as (
    select * from {{ ref('dim_person') }}
),

custody_spells as (
    select * from {{ ref('fct_custody_spell') }}
),

journeys as (
    select * from {{ ref('int_prison_journey') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

custodial_sentences as (
    select * from {{ ref('drv_custodial_sentence') }}
),

-- Both courts must be seen, or the sentence may lie where nobody looks.
court_window as (
    select
        max(coverage_from) as coverage_from,
        min(coverage_to) as coverage_to
    from coverage
    where source_dataset in ('magistrates', 'crown_court')
),

sentences_served as (
    select distinct custodial_sentences.sentence_id
    from custodial_sentences
    inner join custody_spells on custodial_sentences.person_id = custody_spells.person_id
    where
        custody_spells.start_date <= {{ add_days('custodial_sentences.sentence_date', near) }}
        and coalesce(custody_spells.end_date, {{ far_future() }}) >= {{ add_days('custodial_sentences.sentence_date', -near) }}
),

-- A prison journey under a sentence, of a person whom a court sentenced at the time.
sentenced_journeys as (
    select
        journeys.custodial_journey_id,
        journeys.person_id,
        journeys.sentence_start_date
    from journeys
    inner join court_window
        on
            journeys.sentence_start_date >= {{ add_days("coalesce(court_window.coverage_from, journeys.sentence_start_date)", near) }}
            and journeys.sentence_start_date <= {{ add_days('court_window.coverage_to', -near) }}
),

journeys_sentenced as (
    select distinct sentenced_journeys.custodial_journey_id
    from sentenced_journeys
    inner join sentences on sentenced_journeys.person_id = sentences.person_id
    where
        sentences.sentence_date
        between {{ add_days('sentenced_journeys.sentence_start_date', -near) }}
        and {{ add_days('sentenced_journeys.sentence_start_date', near) }}
),

-- Every case begins at a magistrates' court; one received too early for the extract was heard before it.
crown_cases as (
    select
        person_id,
        crown_receipt_date,
        case when magistrates_row_missing_why = 'not_found' then 1 else 0 end as is_unmet
    from court_cases
    where
        has_crown_row
        and is_new_prosecution
        and crown_receipt_date is not null
        and (magistrates_row_missing_why is null or magistrates_row_missing_why = 'not_found')
),

-- Nobody begins a second custody while in one.
ordered_journeys as (
    select
        person_id,
        booking_begin_date,
        max(coalesce(booking_end_date, {{ far_future() }})) over (
            partition by person_id
            order by booking_begin_date, custodial_journey_id
            rows between unbounded preceding and 1 preceding
        ) as earlier_end_date
    from journeys
    where booking_begin_date is not null
),

controls as (
    select
        'custodial_sentences_without_custody_near_day' as measure,
        custodial_sentences.person_id,
        custodial_sentences.sentence_date as control_date,
        case when sentences_served.sentence_id is null then 1 else 0 end as is_unmet
    from custodial_sentences
    left join sentences_served on custodial_sentences.sentence_id = sentences_served.sentence_id
    union all
    select
        'custody_without_court_sentence' as measure,
        sentenced_journeys.person_id,
        sentenced_journeys.sentence_start_date as control_date,
        case when journeys_sentenced.custodial_journey_id is null then 1 else 0 end as is_unmet
    from sentenced_journeys
    left join journeys_sentenced on sentenced_journeys.custodial_journey_id = journeys_sentenced.custodial_journey_id
    union all
    select
        'crown_cases_without_magistrates_row' as measure,
        person_id,
        crown_receipt_date as control_date,
        is_unmet
    from crown_cases
    union all
    select
        'custody_twice_at_once' as measure,
        person_id,
        booking_begin_date as control_date,
        case when {{ days_between('booking_begin_date', 'earlier_end_date') }} > 1 then 1 else 0 end as is_unmet
    from ordered_journeys
),

control_groups as (
    select
        controls.measure,
        coalesce(persons.sex, 'unknown') as sex,
        coalesce(persons.ethnic_group, 'Unknown') as ethnic_group,
        {{ age_band(year_of('controls.control_date'), 'persons.birth_year') }} as age_band,
        cast({{ year_of('controls.control_date') }} as varchar) as control_year,
        count(*) as row_count,
        sum(controls.is_unmet) as is_unmet
    from controls
    left join persons on controls.person_id = persons.person_id
    group by 1, 2, 3, 4, 5
),

final as (
    {{ share_by_category('control_groups', 'measure', 'null', 'is_unmet', [
        ('all', "'all'"), ('sex', 'sex'), ('ethnic_group', 'ethnic_group'), ('age_band', 'age_band'), ('year', 'control_year'),
    ]) }}
)

select * from final
