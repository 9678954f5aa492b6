{#- Stages whose order is known: the row says so when a later one comes first. -#}
{%- set stages = [
    ('offence_date', 'charge_date'),
    ('charge_date', 'first_hearing_date'),
    ('magistrates_first_hearing_date', 'magistrates_completion_date'),
    ('magistrates_first_hearing_date', 'sent_to_crown_date'),
    ('sent_to_crown_date', 'crown_receipt_date'),
    ('crown_receipt_date', 'crown_first_main_hearing_date'),
    ('crown_receipt_date', 'crown_completion_date'),
    ('conviction_date', 'sentence_date'),
    ('offence_date', 'completion_date'),
] -%}
with cases as (
    select * from {{ ref('int_court_case') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

crown_coverage as (
    select * from coverage
    where source_dataset = 'crown_court'
),

magistrates_coverage as (
    select * from coverage
    where source_dataset = 'magistrates'
),

covered as (
    select
        cases.*,
        case
            when not cases.is_crown_row_missing then null
            when cases.sent_to_crown_date not between crown_coverage.coverage_from and crown_coverage.coverage_to then 'outside_coverage'
            else 'not_found'
        end as crown_row_missing_why,
        case
            when not cases.is_magistrates_row_missing then null
            when
                cases.first_hearing_date not between magistrates_coverage.coverage_from and magistrates_coverage.coverage_to
                then 'outside_coverage'
            else 'not_found'
        end as magistrates_row_missing_why
    from cases
    left join crown_coverage on true
    left join magistrates_coverage on true
),

final as (
    select
        court_case_id,
        person_id,
        case_kind,
        is_new_prosecution,
        is_company,
        is_youth,
        age_at_first_hearing,
        first_court_code,
        final_court_code,
        final_court_level,
        region,
        has_magistrates_row,
        has_crown_row,
        case_link_basis,
        is_same_person_at_both_courts,
        crown_row_missing_why,
        magistrates_row_missing_why,
        coalesce(first_hearing_date >= {{ court_rule_date('coverage_thins_from') }}, false) as is_in_thinning_coverage,
        initiation,
        mode_of_trial,
        offence_code,
        offence_group,
        offence_class,
        is_breach,
        is_crime,
        offence_count,
        offence_date,
        charge_date,
        first_hearing_date,
        magistrates_hearing_count,
        magistrates_completion_date,
        sent_to_crown_date,
        crown_receipt_date,
        crown_first_main_hearing_date,
        conviction_date,
        sentence_date,
        completion_date,
        {{ stage_days('offence_date', 'charge_date') }} as offence_to_charge_days,
        {{ stage_days('charge_date', 'first_hearing_date') }} as charge_to_first_hearing_days,
        {{ stage_days('magistrates_first_hearing_date', 'coalesce(sent_to_crown_date, magistrates_completion_date)') }}
            as first_hearing_to_magistrates_end_days,
        {{ stage_days('crown_receipt_date', 'crown_first_main_hearing_date') }} as crown_waiting_days,
        {{ stage_days('crown_receipt_date', 'crown_completion_date') }} as crown_receipt_to_completion_days,
        {{ stage_days('first_hearing_date', 'completion_date') }} as first_hearing_to_completion_days,
        {{ stage_days('offence_date', 'completion_date') }} as offence_to_completion_days,
        (
            {%- for earlier, later in stages %}
            {% if not loop.first %}or {% endif %}coalesce({{ later }} < {{ earlier }}, false)
            {%- endfor %}
        ) as has_negative_gap,
        has_contract_flag,
        plea,
        guilty_plea,
        is_verdict_guilty,
        is_convicted,
        is_remanded_in_custody,
        is_report_ordered,
        case
            when not is_new_prosecution then 'appeal'
            when crown_row_missing_why is not null then 'sent_on_not_followed'
            when is_sentenced then 'sentenced'
            when is_convicted then 'convicted_not_sentenced'
            when completion_date is not null then 'not_convicted'
            else 'outstanding'
        end as outcome,
        appeal_result,
        disposal_group
    from covered
)

select * from final
order by court_case_id
