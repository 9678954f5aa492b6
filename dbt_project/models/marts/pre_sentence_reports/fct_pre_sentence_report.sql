with reports as (
    select * from {{ ref('int_pre_sentence_report') }}
),

report_sentences as (
    select * from {{ ref('drv_report_sentence') }}
),

orders as (
    select * from {{ ref('fct_order') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

working_days as (
    select * from {{ ref('int_working_day') }}
),

suspended_with_requirements as (
    select distinct
        person_id,
        start_date
    from orders
    where order_kind = 'suspended_sentence' and requirement_count > 0
),

joined as (
    select
        reports.*,
        completed_days.working_day_number - requested_days.working_day_number as working_days_to_completion,
        proposed.disposal_rank as proposed_rank,
        case
            when proposed.disposal_class in ('fine', 'discharge', 'other') then 'fine_discharge_other'
            else proposed.disposal_class
        end as proposed_category,
        report_sentences.link_basis,
        report_sentences.sentence_id,
        report_sentences.sentence_date,
        report_sentences.disposal_group,
        report_sentences.disposal_class,
        report_sentences.disposal_rank,
        report_sentences.is_latest_report,
        coalesce(report_sentences.court_code, reports.court_code) as sentencing_court_code,
        case
            when report_sentences.disposal_class in ('fine', 'discharge', 'other') then 'fine_discharge_other'
            else report_sentences.disposal_class
        end as sentence_category,
        suspended_with_requirements.start_date is not null as has_suspended_requirements
    from reports
    left join report_sentences on reports.court_report_id = report_sentences.court_report_id
    left join disposals as proposed on reports.proposed_group = proposed.disposal_group
    left join suspended_with_requirements
        on
            reports.person_id = suspended_with_requirements.person_id
            and report_sentences.sentence_date = suspended_with_requirements.start_date
    left join working_days as requested_days on reports.requested_date = requested_days.calendar_date
    left join working_days as completed_days on reports.completed_date = completed_days.calendar_date
),

judged as (
    select
        *,
        (
            proposed_category in ('community_order', 'suspended_sentence')
            and (
                sentence_category = 'community_order'
                or (sentence_category = 'suspended_sentence' and has_suspended_requirements)
            )
        ) as is_in_community_tier,
        case
            when completed_date is null then 'not completed'
            when proposed_disposal is null then 'proposal not recorded'
            when proposed_category is null then 'no proposal'
            when sentence_category is null then 'no linked sentence'
            when not is_latest_report then 'later report on the same sentence'
        end as exclude_reason
    from joined
),

final as (
    select
        court_report_id,
        person_id,
        event_id_hash,
        court_code,
        court_level,
        region,
        requested_type,
        delivered_type,
        case
            when delivered_type is null and completed_date is null then 'not_delivered'
            when delivered_type is null then 'delivered_type_missing'
            when requested_type is null then 'requested_type_missing'
            when requested_type = delivered_type then 'as_requested'
            when delivered_fullness > requested_fullness then 'upgrade'
            when delivered_fullness < requested_fullness then 'downgrade'
            else 'not_comparable'
        end as delivery_match,
        requested_type <> delivered_type as is_mismatch,
        delivered_reason,
        seriousness,
        requested_date,
        required_date,
        allocation_date,
        completed_date,
        sent_to_court_date,
        {{ stage_days('requested_date', 'completed_date') }} as days_to_completion,
        case when completed_date >= requested_date then working_days_to_completion end as working_days_to_completion,
        coalesce(completed_date < requested_date, false) as has_negative_gap,
        coalesce(sent_to_court_date, completed_date) <= required_date as is_delivered_on_time,
        proposed_disposal is not null as is_proposal_recorded,
        proposed_group,
        proposed_category,
        proposed_requirement_type,
        link_basis as sentence_link_basis,
        sentence_id,
        sentence_date,
        sentencing_court_code,
        disposal_group,
        disposal_class,
        sentence_category,
        case when sentence_category = 'suspended_sentence' then has_suspended_requirements end as has_suspended_requirements,
        case when exclude_reason is null then proposed_category = sentence_category end as is_concordant,
        case
            when exclude_reason is null then proposed_category = sentence_category or is_in_community_tier
        end as is_concordant_community_tier,
        case
            when exclude_reason is not null then null
            when proposed_category = sentence_category then 'exact'
            when disposal_rank < proposed_rank then 'more_severe'
            else 'less_severe'
        end as concordance,
        exclude_reason
    from judged
)

select * from final
order by court_report_id
