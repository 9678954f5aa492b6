with probation_recalls as (
    select * from {{ ref('stg_probation__recalls') }}
),

releases as (
    select * from {{ ref('int_release') }}
),

sentences as (
    select * from {{ ref('int_custody_sentence') }}
),

journeys as (
    select * from {{ ref('int_prison_journey') }}
),

movements as (
    select * from {{ ref('int_prison_movement') }}
),

statuses as (
    select * from {{ ref('imprisonment_statuses') }}
),

regimes as (
    select * from {{ ref('ref_recall_regime') }}
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
        releases.release_date,
        releases.is_licence_against_law,
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

-- Returns on recall as the prison saw them: admissions with a recall reason or a recall status, and receptions on one.
recall_admissions as (
    select
        movement_id as source_recall_id,
        custodial_journey_id,
        movement_date as admission_date,
        case when is_recall_status then status end as status
    from movements
    where direction_code = 'IN' and (movement_effect = 'recall_admission' or (movement_type = 'ADM' and is_recall_status))
),

recall_receptions as (
    select
        journeys.custodial_journey_id as source_recall_id,
        journeys.custodial_journey_id,
        journeys.booking_begin_date as admission_date,
        journeys.reception_status as status
    from journeys
    left join recall_admissions
        on
            journeys.custodial_journey_id = recall_admissions.custodial_journey_id
            and journeys.booking_begin_date = recall_admissions.admission_date
    where journeys.is_recall_reception and recall_admissions.source_recall_id is null
),

all_admissions as (
    select * from recall_admissions
    union all
    select * from recall_receptions
),

-- Where the admission itself states no recall status, the status last held in the journey may.
admissions as (
    select
        all_admissions.source_recall_id,
        journeys.source_record_id,
        journeys.person_id,
        all_admissions.admission_date,
        coalesce(all_admissions.status, last_statuses.code) as status,
        journeys.custodial_journey_id
    from all_admissions
    inner join journeys on all_admissions.custodial_journey_id = journeys.custodial_journey_id
    left join statuses as last_statuses on journeys.last_status = last_statuses.code and last_statuses.is_recall
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
            partition by admissions.source_recall_id
            order by from_probation.revocation_date desc, from_probation.source_recall_id asc
        ) as recall_choice,
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
        from_probation.source_record_id,
        from_probation.person_id,
        from_probation.custody_sentence_id,
        from_probation.release_id,
        from_probation.release_type,
        from_probation.is_licence_against_law,
        from_probation.revocation_date,
        false as is_prison_only,
        coalesce(from_probation.return_to_custody_date, returns_seen.admission_date) as return_to_custody_date,
        (from_probation.return_to_custody_date is null and returns_seen.admission_date is not null) as is_return_from_prison,
        returns_seen.admission_date is not null as is_seen_by_prison,
        returns_seen.status as prison_status,
        from_probation.recall_reason_code,
        from_probation.is_licence_recall,
        from_probation.ppcs_reason_codes,
        from_probation.is_recall_outcome,
        from_probation.recall_length_type,
        from_probation.recall_length_days,
        from_probation.is_emergency,
        from_probation.is_hdc,
        from_probation.hdc_subtype_code,
        from_probation.is_rescinded
    from from_probation
    left join returns_seen on from_probation.source_recall_id = returns_seen.source_recall_id
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
        unmatched_admissions.source_record_id,
        unmatched_admissions.person_id,
        coalesce(unmatched_admissions.release_sentence_id, sentences.custody_sentence_id) as custody_sentence_id,
        unmatched_admissions.release_id,
        unmatched_admissions.release_type,
        false as is_licence_against_law,
        unmatched_admissions.admission_date as revocation_date,
        true as is_prison_only,
        unmatched_admissions.admission_date as return_to_custody_date,
        true as is_return_from_prison,
        true as is_seen_by_prison,
        unmatched_admissions.status as prison_status,
        cast(null as varchar) as recall_reason_code,
        cast(null as boolean) as is_licence_recall,
        cast(null as varchar) as ppcs_reason_codes,
        cast(null as boolean) as is_recall_outcome,
        case
            when statuses.fixed_term_days is not null then 'fixed'
            when statuses.code is not null then 'standard'
        end as recall_length_type,
        cast(statuses.fixed_term_days as bigint) as recall_length_days,
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

recorded as (
    select * from probation_rows
    union all
    select * from prison_rows
),

described as (
    select
        recorded.*,
        counted_releases.release_date,
        counted_releases.is_first_release as is_after_first_release,
        sentences.regime,
        sentences.disposal_group,
        sentences.sentence_days,
        sentences.sentence_band,
        sentences.under_12_months,
        sentences.length_class,
        sentences.has_licence,
        sentences.sentence_expiry_date,
        -- The expiry of an extended sentence is that of its extension, which the licence expiry tells.
        coalesce(
            greatest(sentences.sentence_expiry_date, sentences.licence_expiry_date), sentences.sentence_expiry_computed_date
        ) as fixed_term_cap_date,
        sentences.region,
        case when sentences.disposal_group in ('life', 'ipp') then 'indeterminate' else 'determinate' end as sentence_class,
        coalesce(statuses.fixed_term_days, 0) as status_fixed_term_days
    from recorded
    left join sentences on recorded.custody_sentence_id = sentences.custody_sentence_id
    left join counted_releases on recorded.release_id = counted_releases.release_id
    left join statuses on recorded.prison_status = statuses.code
),

judged as (
    select
        *,
        case
            when is_rescinded then 'rescinded'
            when not is_recall_outcome then 'rejected or withdrawn'
            when not is_licence_recall then 'not a licence recall'
            when revocation_date is null then 'revocation date blank'
            when release_type = 'temporary' then 'return from temporary release'
            when not has_licence then 'no licence in law'
            when revocation_date < release_date then 'revoked before release'
        end as own_exclude_reason
    from described
),

-- Fixed-term days as recorded; as the prison status says where the length of the recall is not recorded.
measured as (
    select
        *,
        -- An extended sentence counts as 12 months or more, whatever its custodial part.
        case
            when disposal_group = 'extended_determinate' then greatest(coalesce(sentence_days, 0), {{ twelve_months_in_days() }})
            else sentence_days
        end as lawful_sentence_days,
        case
            when sentence_class = 'indeterminate' or coalesce(is_emergency, false) then null
            when recall_length_type = 'standard' then null
            when recall_length_days is not null then recall_length_days
            when status_fixed_term_days > 0 then status_fixed_term_days
            when recall_length_type = 'fixed' then 0
        end as recorded_fixed_days
    from judged
),

-- What the law of the day allowed for that sentence. A length it did not know is replaced by the one it did.
lawful_lengths as (
    select
        measured.source_dataset,
        measured.source_recall_id,
        max(case when regimes.fixed_term_days = measured.recorded_fixed_days then 1 else 0 end) as is_recorded_lawful,
        max(regimes.fixed_term_days) as lawful_days
    from measured
    inner join regimes
        on
            regimes.fixed_term_days is not null
            and measured.revocation_date >= regimes.valid_from
            and measured.revocation_date <= coalesce(regimes.valid_to, {{ far_future() }})
            and (
                measured.lawful_sentence_days is null
                or measured.lawful_sentence_days between regimes.from_sentence_days and regimes.to_sentence_days
            )
    where measured.recorded_fixed_days is not null
    group by measured.source_dataset, measured.source_recall_id
),

lengthened as (
    select
        measured.*,
        case
            when measured.recorded_fixed_days is null then null
            when coalesce(lawful_lengths.is_recorded_lawful, 0) = 1 then measured.recorded_fixed_days
            else lawful_lengths.lawful_days
        end as fixed_term_days,
        case
            when measured.recorded_fixed_days > 0 then coalesce(lawful_lengths.is_recorded_lawful, 0) = 0
            else false
        end as is_recall_length_corrected,
        row_number() over (
            partition by measured.person_id, measured.revocation_date, measured.own_exclude_reason is null
            order by
                case when measured.is_prison_only then 1 else 0 end,
                case when measured.return_to_custody_date is null then 1 else 0 end,
                case when measured.ppcs_reason_codes is null then 1 else 0 end,
                measured.source_recall_id
        ) as record_rank
    from measured
    left join lawful_lengths
        on
            measured.source_dataset = lawful_lengths.source_dataset
            and measured.source_recall_id = lawful_lengths.source_recall_id
),

classified as (
    select
        *,
        case
            when own_exclude_reason is not null then own_exclude_reason
            when record_rank > 1 then 'same recall in another record'
        end as exclude_reason,
        case
            when disposal_group = 'life' then 'life'
            when disposal_group = 'ipp' then 'ipp'
            when disposal_group is null then 'unknown'
            when revocation_date < {{ custody_rule_date('under_12_months_split') }} then 'determinate_12_months_or_more'
            when under_12_months then 'determinate_under_12_months'
            when not under_12_months then 'determinate_12_months_or_more'
            else 'determinate_length_unknown'
        end as sentence_group,
        case
            when sentence_class = 'indeterminate' then 'standard_indeterminate'
            when fixed_term_days = 14 then 'fixed_14'
            when fixed_term_days = 28 then 'fixed_28'
            when fixed_term_days = 56 then 'fixed_56'
            else 'standard_determinate'
        end as recall_length,
        case
            when sentence_class = 'indeterminate' then 'indeterminate_emergency'
            when coalesce(is_emergency, false) then 'determinate_emergency'
            else 'determinate_standard'
        end as recall_process
    from lengthened
),

re_releases as (
    select
        classified.source_dataset,
        classified.source_recall_id,
        counted_releases.release_id as re_release_id,
        counted_releases.release_date as re_release_date,
        row_number() over (
            partition by classified.source_dataset, classified.source_recall_id
            order by counted_releases.release_date asc, counted_releases.release_id asc
        ) as release_choice
    from classified
    inner join counted_releases
        on
            classified.person_id = counted_releases.person_id
            and classified.return_to_custody_date <= counted_releases.release_date
            and coalesce(classified.release_id, '') <> counted_releases.release_id
    where classified.exclude_reason is null
),

final as (
    select
        {{ surrogate_key(['classified.source_dataset', 'classified.source_recall_id']) }} as recall_id,
        classified.person_id,
        classified.source_dataset,
        classified.source_record_id,
        classified.source_recall_id,
        case
            when classified.is_prison_only then 'prison'
            when classified.is_seen_by_prison then 'both'
            else 'probation'
        end as seen_by,
        classified.release_id,
        classified.custody_sentence_id,
        classified.revocation_date,
        classified.is_prison_only,
        classified.return_to_custody_date,
        classified.is_return_from_prison,
        classified.ppcs_reason_codes,
        classified.recall_reason_code,
        classified.release_date,
        classified.is_after_first_release,
        classified.regime,
        classified.disposal_group,
        classified.sentence_days,
        classified.sentence_band,
        classified.under_12_months,
        classified.length_class,
        classified.sentence_group,
        classified.recall_length,
        classified.fixed_term_days,
        classified.is_recall_length_corrected,
        classified.recall_process,
        classified.is_hdc,
        classified.hdc_subtype_code,
        re_releases.re_release_id,
        re_releases.re_release_date,
        case
            when classified.fixed_term_days is not null and classified.return_to_custody_date is not null
                then {{ fixed_term_release(
                    'classified.return_to_custody_date', 'classified.fixed_term_days', 'classified.fixed_term_cap_date'
                ) }}
        end as expected_re_release_date,
        classified.region,
        classified.exclude_reason,
        classified.exclude_reason is null as is_counted
    from classified
    left join re_releases
        on
            classified.source_dataset = re_releases.source_dataset
            and classified.source_recall_id = re_releases.source_recall_id
            and re_releases.release_choice = 1
)

select * from final
