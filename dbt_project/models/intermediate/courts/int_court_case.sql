{%- set at_crown_court = "crown.source_record_id is not null and coalesce(crown.case_kind, 'unknown') <> 'appeal'" -%}
{%- set at_magistrates = "crown.source_record_id is null and not magistrates.is_sent_to_crown" -%}
{#- What the deciding court says, and the name that it has here. -#}
{%- set decided = [
    ('sentence_date', 'recorded_sentence_date'),
    ('disposal_code', 'disposal_code'),
    ('disposal_group', 'recorded_disposal_group'),
    ('custodial_period_days', 'custodial_period_days'),
    ('order_length_days', 'order_length_days'),
    ('fine_amount', 'fine_amount'),
] -%}
with magistrates as (
    select * from {{ ref('stg_magistrates__defendants') }}
),

crown as (
    select * from {{ ref('stg_crown_court__defendants') }}
),

case_links as (
    select * from {{ ref('int_case_link') }}
),

persons as{{ read_anew() }} (
    select * from {{ ref('int_person_record') }}
),

offences as (
    select * from {{ ref('int_offence') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

courts as (
    select * from {{ ref('courts') }}
),

followed_links as (
    select * from case_links
    where is_followed
),

followed_crown as (
    select
        crown.*,
        followed_links.mc_source_record_id as follows_record_id,
        followed_links.basis as case_link_basis
    from crown
    left join followed_links on crown.source_record_id = followed_links.cc_source_record_id
),

persons_at_magistrates as (
    select
        source_record_id,
        person_id,
        person_number
    from persons
    where source_dataset = 'magistrates'
),

persons_at_crown as (
    select
        source_record_id,
        person_id,
        person_number
    from persons
    where source_dataset = 'crown_court'
),

{#-
  One row per defendant-case: every magistrates' row with the Crown row that follows it, and the Crown rows that follow none.
  One answer to each question, from the row that can know it. A case is decided at the Crown Court when a Crown row follows,
  nowhere when it was sent on and no Crown row was found.
-#}
merged as (
    select
        case when magistrates.source_record_id is not null then 'magistrates' else 'crown_court' end as first_source_dataset,
        coalesce(magistrates.source_record_id, crown.source_record_id) as first_source_record_id,
        magistrates.source_record_id as magistrates_record_id,
        crown.source_record_id as crown_record_id,
        crown.case_link_basis,
        magistrates.source_record_id is not null as has_magistrates_row,
        crown.source_record_id is not null as has_crown_row,
        coalesce(magistrates.is_sent_to_crown, false) as is_sent_to_crown,
        coalesce(crown.case_kind = 'appeal', false) as is_appeal,
        case
            when crown.case_kind is not null then crown.case_kind
            when magistrates.is_sent_to_crown then coalesce(magistrates.crown_referral, 'sent_on_unknown_why')
            else 'summary'
        end as case_kind,
        coalesce(crown.is_company, false) or coalesce(magistrates.is_company, false) as is_company,
        coalesce(crown.is_juvenile, magistrates.is_youth_court) as is_youth,
        coalesce(magistrates.age_at_first_hearing, crown.age_at_receipt) as age_at_first_hearing,
        coalesce(magistrates.court_code, crown.sending_court_code) as first_court_code,
        coalesce(crown.court_code, magistrates.crown_court_code, magistrates.court_code) as final_court_code,
        magistrates.initiation,
        magistrates.mode_of_trial,
        coalesce(crown.offence_code, magistrates.offence_code) as offence_code,
        coalesce(crown.offence_date, magistrates.offence_date) as offence_date,
        coalesce(crown.offence_count, magistrates.offence_count) as offence_count,
        magistrates.offence_class as recorded_offence_class,
        magistrates.is_crime as recorded_is_crime,
        magistrates.charge_date,
        coalesce(magistrates.first_hearing_date, crown.magistrates_first_hearing_date) as magistrates_first_hearing_date,
        magistrates.hearing_count as magistrates_hearing_count,
        magistrates.completion_date as magistrates_completion_date,
        coalesce(magistrates.sent_to_crown_date, crown.sent_to_crown_date) as sent_to_crown_date,
        crown.receipt_date as crown_receipt_date,
        crown.first_main_hearing_date as crown_first_main_hearing_date,
        crown.completion_date as crown_completion_date,
        crown.appeal_result,
        case when {{ at_crown_court }} then crown.completion_date else magistrates.completion_date end as decision_date,
        case
            when crown.plea in ('guilty', 'not_guilty') then crown.plea
            else coalesce(magistrates.plea, crown.plea)
        end as plea,
        coalesce(crown.is_guilty_plea_all, magistrates.is_guilty_plea_all) as is_guilty_plea_all,
        crown.is_verdict_guilty,
        coalesce(crown.conviction_date, magistrates.conviction_date) as conviction_date,
        coalesce(crown.is_remanded_in_custody, magistrates.is_remanded_in_custody) as is_remanded_in_custody,
        coalesce(crown.is_report_ordered, magistrates.is_report_ordered) as is_report_ordered,
        {%- for column, name in decided %}
        case
            when {{ at_crown_court }} then crown.{{ column }}
            when {{ at_magistrates }} then magistrates.{{ column }}
        end as {{ name }},
        {%- endfor %}
        case when {{ at_crown_court }} then crown.licence_extension_days end as licence_extension_days,
        (magistrates.contract_flags is not null or crown.contract_flags is not null) as has_contract_flag
    from magistrates
    full outer join followed_crown as crown on magistrates.source_record_id = crown.follows_record_id
),

sentenced as (
    select
        merged.*,
        coalesce(persons_at_crown.person_number, persons_at_magistrates.person_number) as person_number,
        coalesce(persons_at_crown.person_id, persons_at_magistrates.person_id) as person_id,
        persons_at_crown.person_id = persons_at_magistrates.person_id as is_same_person_at_both_courts,
        coalesce(merged.magistrates_first_hearing_date, merged.crown_receipt_date) as first_hearing_date,
        disposals.disposal_group,
        disposals.disposal_class,
        disposals.disposal_rank,
        (
            disposals.disposal_group is not null
            or (merged.disposal_code is null and merged.recorded_sentence_date is not null)
        ) as is_sentenced,
        coalesce(merged.recorded_sentence_date, merged.decision_date, merged.conviction_date) as known_sentence_date,
        case
            when merged.recorded_sentence_date is not null then 'recorded'
            when merged.decision_date is not null then 'completion'
            when merged.conviction_date is not null then 'conviction'
            else 'missing'
        end as known_sentence_date_basis
    from merged
    left join disposals on merged.recorded_disposal_group = disposals.disposal_group
    left join persons_at_magistrates on merged.magistrates_record_id = persons_at_magistrates.source_record_id
    left join persons_at_crown on merged.crown_record_id = persons_at_crown.source_record_id
),

final as (
    select
        {{ surrogate_key(['sentenced.first_source_dataset', 'sentenced.first_source_record_id']) }} as court_case_id,
        sentenced.person_number,
        sentenced.person_id,
        sentenced.magistrates_record_id,
        sentenced.crown_record_id,
        sentenced.has_magistrates_row,
        sentenced.has_crown_row,
        (sentenced.is_sent_to_crown and not sentenced.has_crown_row) as is_crown_row_missing,
        (sentenced.has_crown_row and not sentenced.has_magistrates_row and not sentenced.is_appeal) as is_magistrates_row_missing,
        sentenced.is_same_person_at_both_courts,
        sentenced.case_link_basis,
        sentenced.case_kind,
        not sentenced.is_appeal as is_new_prosecution,
        sentenced.appeal_result,
        sentenced.is_company,
        sentenced.is_youth,
        sentenced.age_at_first_hearing,
        sentenced.first_court_code,
        sentenced.final_court_code,
        courts.court_level as final_court_level,
        coalesce(courts.region, 'unknown') as region,
        sentenced.initiation,
        sentenced.mode_of_trial,
        sentenced.offence_code,
        offences.offence_group,
        coalesce(sentenced.recorded_offence_class, offences.offence_class) as offence_class,
        coalesce(offences.is_breach, false) as is_breach,
        coalesce(sentenced.recorded_is_crime, offences.is_crime) as is_crime,
        offences.maximum_months,
        sentenced.offence_count,
        sentenced.offence_date,
        sentenced.charge_date,
        sentenced.first_hearing_date,
        sentenced.magistrates_first_hearing_date,
        sentenced.magistrates_hearing_count,
        sentenced.magistrates_completion_date,
        sentenced.sent_to_crown_date,
        sentenced.crown_receipt_date,
        sentenced.crown_first_main_hearing_date,
        sentenced.crown_completion_date,
        case
            when sentenced.has_crown_row then sentenced.crown_completion_date
            when not sentenced.is_sent_to_crown then sentenced.magistrates_completion_date
        end as completion_date,
        sentenced.plea,
        {#- Guilty to everything, not guilty to something, or unknown: a principal plea of guilty says all only of one offence. -#}
        case
            when sentenced.is_guilty_plea_all is not null then sentenced.is_guilty_plea_all
            when sentenced.plea = 'not_guilty' then false
            when sentenced.plea = 'guilty' and sentenced.offence_count = 1 then true
        end as guilty_plea,
        sentenced.is_verdict_guilty,
        sentenced.conviction_date,
        (
            sentenced.conviction_date is not null
            or sentenced.is_sentenced
            or coalesce(sentenced.is_verdict_guilty, false)
        ) and not sentenced.is_appeal as is_convicted,
        sentenced.is_remanded_in_custody,
        sentenced.is_report_ordered,
        sentenced.is_sentenced,
        case when sentenced.is_sentenced then sentenced.known_sentence_date end as sentence_date,
        case when sentenced.is_sentenced then sentenced.known_sentence_date_basis end as sentence_date_basis,
        sentenced.disposal_code,
        sentenced.disposal_group,
        sentenced.disposal_class,
        sentenced.disposal_rank,
        sentenced.custodial_period_days,
        sentenced.licence_extension_days,
        sentenced.order_length_days,
        sentenced.fine_amount,
        sentenced.has_contract_flag
    from sentenced
    left join offences on sentenced.offence_code = offences.offence_code
    left join courts on sentenced.final_court_code = courts.code
)

select * from final
