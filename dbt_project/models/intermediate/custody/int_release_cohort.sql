with licences as (
    select * from {{ ref('int_licence_period') }}
),

releases as (
    select * from {{ ref('int_release') }}
),

recalls as (
    select * from {{ ref('int_recall') }}
),

sentences as (
    select * from {{ ref('int_custody_sentence') }}
),

offenders as (
    select * from {{ ref('stg_probation__offenders') }}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

-- Recalls are known while both probation and prison are, so observation ends with the first of the two to end.
window_ends as (
    select
        source_dataset,
        coverage_to,
        row_number() over (order by coverage_to asc nulls last, source_dataset asc) as end_order
    from coverage
    where source_dataset in ('probation', 'prison')
),

window_starts as (
    select max(coverage_from) as coverage_from
    from coverage
    where source_dataset in ('probation', 'prison')
),

windows as (
    select
        window_ends.source_dataset as ending_source,
        window_ends.coverage_to as window_end,
        window_starts.coverage_from as window_start
    from window_ends
    cross join window_starts
    where window_ends.end_order = 1
),

entries as (
    select
        licences.release_id,
        licences.person_id,
        licences.licence_period_id,
        licences.licence_start_date as release_date,
        licences.licence_end_planned_date,
        licences.end_source,
        windows.window_start,
        windows.window_end,
        windows.ending_source
    from licences
    cross join windows
),

first_recalls as (
    select
        release_id,
        recall_id,
        revocation_date,
        is_prison_only,
        row_number() over (partition by release_id order by revocation_date asc, recall_id asc) as recall_order
    from recalls
    where is_counted and revocation_date >= release_date
),

recall_ends as (
    select
        entries.release_id,
        'recall' as event,
        1 as event_order,
        first_recalls.revocation_date as event_date
    from entries
    inner join first_recalls on entries.release_id = first_recalls.release_id
    where first_recalls.recall_order = 1
),

death_ends as (
    select
        entries.release_id,
        'death' as event,
        2 as event_order,
        min(offenders.deceased_date) as event_date
    from entries
    inner join person_records
        on
            entries.person_id = person_records.person_id
            and person_records.source_dataset = 'probation'
    inner join offenders on person_records.source_record_id = offenders.source_record_id
    where offenders.deceased_date >= entries.release_date
    group by entries.release_id
),

own_sentences as (
    select distinct
        counted_release_id as release_id,
        custody_sentence_id
    from releases
    where counted_release_id is not null
),

new_custody_ends as (
    select
        entries.release_id,
        'new_custody' as event,
        3 as event_order,
        min(sentences.sentence_date) as event_date
    from entries
    inner join sentences
        on
            entries.person_id = sentences.person_id
            and entries.release_date < sentences.sentence_date
    left join own_sentences
        on
            entries.release_id = own_sentences.release_id
            and sentences.custody_sentence_id = own_sentences.custody_sentence_id
    where own_sentences.release_id is null
    group by entries.release_id
),

-- A recall that probation ties to this very release shows that the licence still ran, whatever its planned end.
licence_ends as (
    select
        entries.release_id,
        'licence_end' as event,
        4 as event_order,
        entries.licence_end_planned_date as event_date
    from entries
    left join first_recalls
        on
            entries.release_id = first_recalls.release_id
            and first_recalls.recall_order = 1
            and not first_recalls.is_prison_only
            and entries.licence_end_planned_date < first_recalls.revocation_date
    where entries.licence_end_planned_date is not null and first_recalls.release_id is null
),

-- Released again without a recall or a sentence on record: back in custody at an unknown time.
next_release_ends as (
    select
        entries.release_id,
        'next_release' as event,
        5 as event_order,
        min(releases.release_date) as event_date
    from entries
    inner join releases
        on
            entries.person_id = releases.person_id
            and entries.release_date < releases.release_date
    where releases.is_counted
    group by entries.release_id
),

all_ends as (
    select * from recall_ends
    union all
    select * from death_ends
    union all
    select * from new_custody_ends
    union all
    select * from licence_ends
    union all
    select * from next_release_ends
),

first_ends as (
    select
        release_id,
        event,
        event_date,
        row_number() over (partition by release_id order by event_date asc, event_order asc) as end_order
    from all_ends
),

followed as (
    select
        entries.*,
        case when first_ends.event_date <= entries.window_end then first_ends.event end as ended_by,
        case when first_ends.event_date <= entries.window_end then first_ends.event_date else entries.window_end end as exit_date,
        entries.release_date > entries.window_end as is_after_window,
        entries.release_date < entries.window_start as is_delayed_entry
    from entries
    left join first_ends
        on
            entries.release_id = first_ends.release_id
            and first_ends.end_order = 1
),

final as (
    select
        release_id,
        person_id,
        licence_period_id,
        release_date,
        case when is_after_window then release_date else exit_date end as exit_date,
        case when is_after_window then cast(0 as bigint) else {{ days_between('release_date', 'exit_date') }} end as time_at_risk_days,
        case
            when is_after_window then 'none'
            when ended_by in ('recall', 'death', 'new_custody', 'licence_end') then ended_by
            else 'none'
        end as event,
        (not is_after_window and coalesce(ended_by = 'recall', false)) as is_recalled,
        (not is_after_window and coalesce(ended_by in ('death', 'new_custody', 'licence_end'), false)) as has_competing_event,
        (is_after_window or coalesce(ended_by = 'next_release', true)) as is_censored,
        case
            when is_after_window then release_date
            when coalesce(ended_by = 'next_release', true) then exit_date
        end as censor_date,
        case
            when is_after_window then 'released after the window'
            when ended_by = 'next_release' then 'released again without a recorded return'
            when ended_by is null then 'end of the ' || ending_source || ' window'
        end as censor_reason,
        window_end as last_observed_date,
        is_delayed_entry,
        case
            when is_delayed_entry then {{ days_between('release_date', 'window_start') }}
            else cast(0 as bigint)
        end as entry_days,
        {%- for months in [3, 6, 12] %}
        {{ add_months('release_date', months) }} <= window_end as has_{{ months }}_months_follow_up,
        (
            not is_after_window
            and coalesce(ended_by = 'recall', false)
            and exit_date < {{ add_months('release_date', months) }}
        ) as is_recalled_within_{{ months }}_months,
        {%- endfor %}
        (not is_delayed_entry and not is_after_window) as is_in_cohort,
        case
            when is_after_window then 'released after the window'
            when is_delayed_entry then 'released before the window'
        end as exclude_reason
    from followed
)

select * from final
