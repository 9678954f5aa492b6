with court_reports as (
    select * from {{ source('probation', 'court_reports') }}
),

report_types as (
    select * from {{ ref('court_report_types') }}
),

proposals as (
    select * from {{ ref('proposed_disposals') }}
),

requirement_categories as (
    select * from {{ ref('requirement_categories') }}
),

courts as (
    select * from {{ ref('courts') }}
),

current_rows as (
    select * from court_reports
    where not soft_deleted
),

final as (
    select
        current_rows.court_report_id,
        current_rows.event_id_hash,
        requested.report_type as requested_type,
        requested.is_psr as is_requested_pre_sentence,
        requested.fullness as requested_fullness,
        delivered.report_type as delivered_type,
        delivered.is_psr as is_delivered_pre_sentence,
        delivered.fullness as delivered_fullness,
        current_rows.delivered_report_reason_desc as delivered_reason,
        {{ real_date('current_rows.date_requested') }} as requested_date,
        {{ real_date('current_rows.date_required') }} as required_date,
        {{ real_date('current_rows.allocation_date') }} as allocation_date,
        {{ real_date('current_rows.completed_date') }} as completed_date,
        {{ real_date('current_rows.sent_to_court_date') }} as sent_to_court_date,
        {{ real_date('current_rows.received_by_court_date') }} as received_by_court_date,
        current_rows.required_by_court_code as court_code,
        courts.court_level,
        courts.region,
        current_rows.level_of_seriousness_desc as seriousness,
        current_rows.proposed_disposal_desc as proposed_disposal,
        proposals.disposal_group as proposed_group,
        requirement_categories.requirement_type as proposed_requirement_type,
        current_rows.punishment as is_purpose_punishment,
        current_rows.reduction_of_crime as is_purpose_reduction_of_crime,
        current_rows.reform_and_rehabilitation as is_purpose_rehabilitation,
        current_rows.public_protection as is_purpose_public_protection,
        current_rows.reparation as is_purpose_reparation,
        current_rows.contract_flags
    from current_rows
    left join report_types as requested on current_rows.court_report_type_code = requested.code
    left join report_types as delivered on current_rows.delivered_court_report_type_code = delivered.code
    left join proposals on current_rows.proposed_disposal_desc = proposals.code
    left join requirement_categories on current_rows.proposed_requirement_category_code = requirement_categories.code
    left join courts on current_rows.required_by_court_code = courts.code
)

select * from final
