with court_reports as (
    select * from {{ ref('stg_probation__court_reports') }}
),

events as (
    select * from {{ ref('stg_probation__events') }}
),

persons as (
    select * from {{ ref('int_person_record') }}
),

persons_at_probation as (
    select * from persons
    where source_dataset = 'probation'
),

{#- What was delivered decides whether it is a pre-sentence report; before delivery, what was asked for. -#}
pre_sentence_reports as (
    select * from court_reports
    where coalesce(is_delivered_pre_sentence, is_requested_pre_sentence, true)
),

final as (
    select
        pre_sentence_reports.court_report_id,
        persons_at_probation.person_id,
        pre_sentence_reports.event_id_hash,
        events.event_id_hash is not null as has_event,
        pre_sentence_reports.requested_type,
        pre_sentence_reports.requested_fullness,
        pre_sentence_reports.delivered_type,
        pre_sentence_reports.delivered_fullness,
        pre_sentence_reports.delivered_reason,
        pre_sentence_reports.requested_date,
        pre_sentence_reports.required_date,
        pre_sentence_reports.allocation_date,
        pre_sentence_reports.completed_date,
        pre_sentence_reports.sent_to_court_date,
        pre_sentence_reports.received_by_court_date,
        pre_sentence_reports.court_code,
        pre_sentence_reports.court_level,
        coalesce(pre_sentence_reports.region, 'unknown') as region,
        pre_sentence_reports.seriousness,
        pre_sentence_reports.proposed_disposal,
        pre_sentence_reports.proposed_group,
        pre_sentence_reports.proposed_requirement_type
    from pre_sentence_reports
    left join events on pre_sentence_reports.event_id_hash = events.event_id_hash
    left join persons_at_probation on events.source_record_id = persons_at_probation.source_record_id
)

select * from final
