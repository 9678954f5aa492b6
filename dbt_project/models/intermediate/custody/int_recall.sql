with recorded as (
    select * from {{ ref('int_recall_record') }}
),

releases as (
    select * from {{ ref('int_release') }}
),

sentences as (
    select * from {{ ref('int_custody_sentence') }}
),

regimes as (
    select * from {{ ref('ref_recall_regime') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

counted_releases as (
    select * from releases where is_counted
),

-- How the law names a recall: by its fixed term, by the kind of sentence where it has none.
fixed_term_names as (
    select
        fixed_term_days,
        min(recall_length) as recall_length
    from regimes
    where fixed_term_days is not null
    group by fixed_term_days
),

-- The release and the sentence that the recall ended, as far as they are known.
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
        disposals.unbanded_class
    from recorded
    left join sentences on recorded.custody_sentence_id = sentences.custody_sentence_id
    left join disposals on sentences.disposal_group = disposals.disposal_group
    left join counted_releases on recorded.release_id = counted_releases.release_id
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
            when unbanded_class = 'extended determinate' then greatest(coalesce(sentence_days, 0), {{ twelve_months_in_days() }})
            else sentence_days
        end as lawful_sentence_days,
        case
            when unbanded_class = 'indeterminate' or coalesce(is_emergency, false) then null
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
        lengthened.*,
        case
            when lengthened.own_exclude_reason is not null then lengthened.own_exclude_reason
            when lengthened.record_rank > 1 then 'same recall in another record'
        end as exclude_reason,
        case
            when lengthened.unbanded_class = 'indeterminate' then lengthened.disposal_group
            when lengthened.disposal_group is null then 'unknown'
            when lengthened.revocation_date < {{ custody_rule_date('under_12_months_split') }} then 'determinate_12_months_or_more'
            when lengthened.under_12_months then 'determinate_under_12_months'
            when not lengthened.under_12_months then 'determinate_12_months_or_more'
            else 'determinate_length_unknown'
        end as sentence_group,
        case
            when lengthened.unbanded_class = 'indeterminate' then 'standard_indeterminate'
            else coalesce(fixed_term_names.recall_length, 'standard_determinate')
        end as recall_length,
        case
            when lengthened.unbanded_class = 'indeterminate' then 'indeterminate_emergency'
            when coalesce(lengthened.is_emergency, false) then 'determinate_emergency'
            else 'determinate_standard'
        end as recall_process
    from lengthened
    left join fixed_term_names on lengthened.fixed_term_days = fixed_term_names.fixed_term_days
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
        classified.seen_by,
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
