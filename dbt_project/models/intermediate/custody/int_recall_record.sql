with probation_recalls as (
    select * from {{ ref('stg_probation__recalls') }}
),

admissions as (
    select * from {{ ref('int_recall_admission') }}
),

releases as (
    select * from {{ ref('int_release') }}
),

sentences as (
    select * from {{ ref('int_custody_sentence') }}
),

statuses as (
    select * from {{ ref('imprisonment_statuses') }}
),

counted_releases as (
    select * from releases where is_counted
),

-- What probation recorded, with the release and the sentence that the recall hangs off.
from_probation as (
    select
        probation_recalls.recall_id as source_recall_id,
        releases.source_record_id,
        releases.person_id,
        releases.custody_sentence_id,
        releases.counted_release_id as release_id,
        releases.release_type,
        probation_recalls.revocation_date,
        probation_recalls.return_to_custody_date,
        probation_recalls.recall_reason_code,
        probation_recalls.is_licence_recall,
        probation_recalls.ppcs_reason_codes,
        probation_recalls.is_recall_outcome,
        probation_recalls.recall_length_type,
        probation_recalls.recall_length_days,
        probation_recalls.is_emergency,
        (
            coalesce(probation_recalls.is_from_hdc, false)
            or probation_recalls.hdc_subtype_code is not null
            or coalesce(probation_recalls.recall_reason_code, '') = 'HDC'
        ) as is_hdc,
        probation_recalls.hdc_subtype_code,
        probation_recalls.is_rescinded
    from probation_recalls
    inner join releases
        on
            releases.source_dataset = 'probation'
            and probation_recalls.release_id = releases.source_release_id
),

next_releases as (
    select
        from_probation.source_recall_id,
        min(counted_releases.release_date) as next_release_date
    from from_probation
    inner join counted_releases
        on
            from_probation.person_id = counted_releases.person_id
            and from_probation.revocation_date < counted_releases.release_date
            and from_probation.release_id <> counted_releases.release_id
    group by from_probation.source_recall_id
),

-- An admission is the return of the recorded recall whose revocation it follows with no release between; where both give
-- a date of return, these must be near each other.
admission_pairs as (
    select
        admissions.source_recall_id as admission_id,
        from_probation.source_recall_id,
        admissions.admission_date,
        admissions.status,
        row_number() over (
            partition by from_probation.source_recall_id
            order by admissions.admission_date asc, admissions.source_recall_id asc
        ) as admission_choice
    from admissions
    inner join from_probation
        on
            admissions.person_id = from_probation.person_id
            and from_probation.revocation_date
            <= {{ add_days('admissions.admission_date', custody_rule('same_release_window')) }}
    left join next_releases on from_probation.source_recall_id = next_releases.source_recall_id
    where
        admissions.admission_date <= coalesce(next_releases.next_release_date, {{ far_future() }})
        and (
            from_probation.return_to_custody_date is null
            or abs({{ days_between('from_probation.return_to_custody_date', 'admissions.admission_date') }})
            <= {{ custody_rule('same_return_window') }}
        )
),

matched_admissions as (
    select distinct admission_id from admission_pairs
),

returns_seen as (
    select
        source_recall_id,
        admission_date,
        status
    from admission_pairs
    where admission_choice = 1
),

probation_rows as (
    select
        from_probation.source_recall_id,
        'probation' as source_dataset,
        case when returns_seen.admission_date is null then 'probation' else 'both' end as seen_by,
        from_probation.source_record_id,
        from_probation.person_id,
        from_probation.custody_sentence_id,
        from_probation.release_id,
        from_probation.release_type,
        from_probation.revocation_date,
        false as is_prison_only,
        coalesce(from_probation.return_to_custody_date, returns_seen.admission_date) as return_to_custody_date,
        (from_probation.return_to_custody_date is null and returns_seen.admission_date is not null) as is_return_from_prison,
        from_probation.recall_reason_code,
        from_probation.is_licence_recall,
        from_probation.ppcs_reason_codes,
        from_probation.is_recall_outcome,
        from_probation.recall_length_type,
        from_probation.recall_length_days,
        cast(statuses.fixed_term_days as bigint) as status_fixed_term_days,
        from_probation.is_emergency,
        from_probation.is_hdc,
        from_probation.hdc_subtype_code,
        from_probation.is_rescinded
    from from_probation
    left join returns_seen on from_probation.source_recall_id = returns_seen.source_recall_id
    left join statuses on returns_seen.status = statuses.code
),

-- A return that no recorded recall explains is a recall of its own; the day of return stands in for the revocation.
unmatched_admissions as (
    select
        admissions.*,
        counted_releases.release_id,
        counted_releases.release_type,
        counted_releases.custody_sentence_id as release_sentence_id,
        row_number() over (
            partition by admissions.source_recall_id
            order by counted_releases.release_date desc nulls last, counted_releases.release_id asc
        ) as release_choice
    from admissions
    left join matched_admissions on admissions.source_recall_id = matched_admissions.admission_id
    left join counted_releases
        on
            admissions.person_id = counted_releases.person_id
            and admissions.admission_date >= counted_releases.release_date
    where matched_admissions.admission_id is null
),

prison_rows as (
    select
        unmatched_admissions.source_recall_id,
        'prison' as source_dataset,
        'prison' as seen_by,
        unmatched_admissions.source_record_id,
        unmatched_admissions.person_id,
        coalesce(unmatched_admissions.release_sentence_id, sentences.custody_sentence_id) as custody_sentence_id,
        unmatched_admissions.release_id,
        unmatched_admissions.release_type,
        unmatched_admissions.admission_date as revocation_date,
        true as is_prison_only,
        unmatched_admissions.admission_date as return_to_custody_date,
        true as is_return_from_prison,
        cast(null as varchar) as recall_reason_code,
        cast(null as boolean) as is_licence_recall,
        cast(null as varchar) as ppcs_reason_codes,
        cast(null as boolean) as is_recall_outcome,
        case
            when statuses.fixed_term_days is not null then 'fixed'
            when statuses.code is not null then 'standard'
        end as recall_length_type,
        cast(statuses.fixed_term_days as bigint) as recall_length_days,
        cast(statuses.fixed_term_days as bigint) as status_fixed_term_days,
        cast(null as boolean) as is_emergency,
        coalesce(statuses.from_hdc, false) as is_hdc,
        cast(null as varchar) as hdc_subtype_code,
        false as is_rescinded
    from unmatched_admissions
    left join sentences
        on
            sentences.source_dataset = 'prison'
            and unmatched_admissions.custodial_journey_id = sentences.source_sentence_id
    left join statuses on unmatched_admissions.status = statuses.code
    where unmatched_admissions.release_choice = 1
),

final as (
    select * from probation_rows
    union all
    select * from prison_rows
)

select * from final
