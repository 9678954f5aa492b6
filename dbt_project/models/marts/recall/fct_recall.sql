with recalls as (
    select * from {{ ref('int_recall') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

windows as (
    select
        max(coverage_from) as window_start,
        min(coverage_to) as window_end
    from coverage
    where source_dataset in ('probation', 'prison')
),

reasons as (
    select * from {{ ref('int_recall_reason') }}
),

reason_counts as (
    select
        recall_id,
        count(*) as reason_categories
    from reasons
    group by recall_id
),

final as (
    select
        recalls.recall_id,
        recalls.person_id,
        recalls.source_dataset,
        recalls.source_record_id,
        recalls.seen_by,
        recalls.release_id,
        recalls.custody_sentence_id as custody_id,
        recalls.revocation_date,
        recalls.is_prison_only,
        recalls.return_to_custody_date,
        recalls.is_return_from_prison,
        {{ days_between('recalls.revocation_date', 'recalls.return_to_custody_date') }} as days_to_return,
        (recalls.is_counted and recalls.return_to_custody_date is null) as is_unlawfully_at_large,
        recalls.sentence_group,
        recalls.recall_length,
        recalls.fixed_term_days,
        recalls.is_recall_length_corrected,
        recalls.recall_process,
        recalls.is_hdc,
        recalls.hdc_subtype_code as hdc_subtype,
        recalls.recall_reason_code,
        coalesce(reason_counts.reason_categories, 0) as reason_categories,
        recalls.disposal_group,
        recalls.sentence_days,
        recalls.sentence_band,
        recalls.under_12_months,
        recalls.length_class,
        recalls.regime,
        recalls.release_date,
        {{ days_between('recalls.release_date', 'recalls.revocation_date') }} as days_from_release,
        {{ time_to_recall_band(days_between('recalls.release_date', 'recalls.revocation_date')) }} as time_to_recall_band,
        recalls.is_after_first_release,
        recalls.re_release_id,
        recalls.re_release_date,
        {{ days_between('recalls.return_to_custody_date', 'recalls.re_release_date') }} as stay_days,
        recalls.expected_re_release_date,
        {{ days_between('recalls.return_to_custody_date', 'recalls.expected_re_release_date') }} as expected_stay_days,
        (recalls.re_release_date = recalls.expected_re_release_date) as is_stay_as_law_says,
        coalesce(recalls.region, 'unknown') as region,
        coalesce(recalls.revocation_date between windows.window_start and windows.window_end, false) as is_within_window,
        recalls.exclude_reason,
        recalls.is_counted
    from recalls
    cross join windows
    left join reason_counts on recalls.recall_id = reason_counts.recall_id
)

select * from final
order by recall_id
