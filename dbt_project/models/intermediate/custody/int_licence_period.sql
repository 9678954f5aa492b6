with releases as (
    select * from {{ ref('int_release') }}
),

sentences as (
    select * from {{ ref('int_custody_sentence') }}
),

recalls as (
    select * from {{ ref('int_recall') }}
),

offenders as (
    select * from {{ ref('stg_probation__offenders') }}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

licence_conditions as (
    select * from {{ ref('stg_probation__licence_conditions') }}
),

pss_requirements as (
    select * from {{ ref('stg_probation__pss_requirements') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

licences as (
    select * from releases where is_counted and is_on_licence
),

-- Every record of a release says something of its licence: several sentences may run, and two sources may tell.
release_sentences as (
    select distinct
        releases.counted_release_id as release_id,
        sentences.custody_sentence_id,
        sentences.source_sentence_id,
        sentences.source_dataset,
        sentences.event_id_hash,
        sentences.licence_end_source,
        sentences.licence_end_date,
        sentences.pss_start_date,
        sentences.pss_end_date,
        sentences.is_supervision_eligible
    from releases
    inner join sentences on releases.custody_sentence_id = sentences.custody_sentence_id
    where releases.counted_release_id is not null
),

-- Recorded dates win over computed ones, those of probation over those of the prison; of several sentences the last.
ends as (
    select
        release_id,
        max(case when licence_end_source = 'indeterminate' then 1 else 0 end) as is_indeterminate,
        max(case when source_dataset = 'probation' and licence_end_source like 'recorded%' then licence_end_date end)
            as probation_end_date,
        max(case when source_dataset = 'prison' and licence_end_source like 'recorded%' then licence_end_date end)
            as prison_end_date,
        max(case when licence_end_source = 'computed' then licence_end_date end) as computed_end_date,
        max(pss_start_date) as pss_start_recorded_date,
        max(case when source_dataset = 'probation' then pss_end_date end) as pss_end_probation_date,
        max(pss_end_date) as pss_end_any_date
    from release_sentences
    group by release_id
),

conditions as (
    select
        release_sentences.release_id,
        count(distinct licence_conditions.licence_condition_id) as additional_conditions,
        count(distinct licence_conditions.licence_condition_category) as condition_categories
    from release_sentences
    left join licence_conditions on release_sentences.event_id_hash = licence_conditions.event_id_hash
    where release_sentences.source_dataset = 'probation'
    group by release_sentences.release_id
),

supervision_requirements as (
    select
        release_sentences.release_id,
        count(distinct pss_requirements.pss_requirement_id) as supervision_requirements
    from release_sentences
    left join pss_requirements on release_sentences.source_sentence_id = pss_requirements.custody_id
    where release_sentences.source_dataset = 'probation'
    group by release_sentences.release_id
),

first_releases as (
    select
        custody_sentence_id,
        min(release_date) as first_release_date
    from releases
    where is_counted
    group by custody_sentence_id
),

first_recalls as (
    select
        release_id,
        min(revocation_date) as recall_date
    from recalls
    where is_counted and revocation_date >= release_date
    group by release_id
),

deaths as (
    select
        person_records.person_id,
        min(offenders.deceased_date) as death_date
    from offenders
    inner join person_records
        on
            person_records.source_dataset = 'probation'
            and offenders.source_record_id = person_records.source_record_id
    where offenders.deceased_date is not null
    group by person_records.person_id
),

windows as (
    select
        max(case when source_dataset = 'probation' then coverage_from end) as probation_from,
        min(case when source_dataset in ('probation', 'prison') then coverage_to end) as window_end
    from coverage
),

planned as (
    select
        licences.release_id,
        licences.person_id,
        licences.custody_sentence_id,
        licences.seen_by,
        licences.release_date as licence_start_date,
        licences.is_first_release,
        licences.regime,
        licences.disposal_group,
        licences.sentence_days,
        licences.sentence_band,
        licences.under_12_months,
        licences.length_class,
        first_releases.first_release_date,
        sentences.is_supervision_eligible,
        case
            when ends.is_indeterminate = 1 then 'indeterminate'
            when ends.probation_end_date >= licences.release_date then 'probation'
            when ends.prison_end_date >= licences.release_date then 'prison'
            when ends.computed_end_date >= licences.release_date then 'computed'
            else 'unknown'
        end as end_source,
        case
            when ends.is_indeterminate = 1 then null
            when ends.probation_end_date >= licences.release_date then ends.probation_end_date
            when ends.prison_end_date >= licences.release_date then ends.prison_end_date
            when ends.computed_end_date >= licences.release_date then ends.computed_end_date
        end as licence_end_planned_date,
        sentences.sentence_expiry_computed_date,
        ends.pss_start_recorded_date,
        coalesce(ends.pss_end_probation_date, ends.pss_end_any_date) as pss_end_recorded_date,
        case
            when sentences.is_supervision_eligible
                then {{ add_months('first_releases.first_release_date', custody_rule('supervision_length')) }}
        end as pss_end_computed_date,
        conditions.additional_conditions,
        conditions.condition_categories,
        supervision_requirements.supervision_requirements,
        first_recalls.recall_date,
        deaths.death_date,
        windows.window_end
    from licences
    cross join windows
    inner join sentences on licences.custody_sentence_id = sentences.custody_sentence_id
    inner join first_releases on licences.custody_sentence_id = first_releases.custody_sentence_id
    left join ends on licences.release_id = ends.release_id
    left join conditions on licences.release_id = conditions.release_id
    left join supervision_requirements on licences.release_id = supervision_requirements.release_id
    left join first_recalls on licences.release_id = first_recalls.release_id
    left join deaths
        on
            licences.person_id = deaths.person_id
            and licences.release_date <= deaths.death_date
),

-- A recorded recall shows that the licence still ran, whatever its planned end.
ended as (
    select
        *,
        case
            when recall_date <= window_end and recall_date <= coalesce(death_date, recall_date) then 'recalled'
            when
                death_date <= window_end
                and death_date <= coalesce(licence_end_planned_date, death_date)
                then 'died'
            when licence_end_planned_date <= window_end then 'expired'
            else 'still running'
        end as end_reason
    from planned
),

final as (
    select
        {{ surrogate_key(["'licence'", 'release_id']) }} as licence_period_id,
        person_id,
        release_id,
        custody_sentence_id,
        seen_by,
        regime,
        disposal_group,
        sentence_days,
        sentence_band,
        under_12_months,
        length_class,
        is_first_release,
        licence_start_date,
        licence_end_planned_date,
        end_source,
        end_source = 'computed' as is_computed,
        case
            when end_reason = 'recalled' then recall_date
            when end_reason = 'died' then death_date
            when end_reason = 'expired' then licence_end_planned_date
        end as licence_end_actual_date,
        end_reason,
        end_reason = 'still running' as is_censored,
        case when end_reason = 'still running' then window_end end as censor_date,
        {{ days_between('licence_start_date', 'licence_end_planned_date') }} as licence_days_planned,
        {{ days_between(
            'licence_start_date',
            "case
                when end_reason = 'recalled' then recall_date
                when end_reason = 'died' then death_date
                when end_reason = 'expired' then licence_end_planned_date
                else greatest(window_end, licence_start_date)
            end"
        ) }} as licence_days_at_risk,
        coalesce(recall_date > licence_end_planned_date, false) as is_recalled_after_planned_end,
        is_supervision_eligible,
        case
            when is_supervision_eligible or pss_end_recorded_date is not null
                then coalesce(pss_start_recorded_date, {{ add_days('licence_end_planned_date', 1) }})
        end as pss_start_date,
        coalesce(pss_end_recorded_date, pss_end_computed_date) as pss_end_date,
        pss_end_computed_date,
        case
            when pss_end_recorded_date is not null then 'recorded'
            when pss_end_computed_date is not null then 'computed'
        end as pss_end_source,
        first_release_date,
        additional_conditions,
        condition_categories,
        supervision_requirements
    from ended
)

select * from final
