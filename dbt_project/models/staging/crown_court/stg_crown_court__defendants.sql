with defendants as (
    select * from {{ source('crown_court', 'defendants') }}
),

sexes as (
    select * from {{ ref('sex_xhibit') }}
),

ethnicities as (
    select * from {{ ref('ethnicity_self_defined') }}
),

appearances as (
    select * from {{ ref('ethnic_appearance') }}
),

courts as (
    select * from {{ ref('courts') }}
),

pleas as (
    select * from {{ ref('pleas') }}
),

verdicts as (
    select * from {{ ref('verdicts') }}
),

remands as (
    select * from {{ ref('remand_statuses') }}
),

results as (
    select * from {{ ref('cjs_results') }}
),

appeals as (
    select * from {{ ref('appeal_results') }}
),

current_rows as (
    select * from defendants
    where not obs_ind
),

final as (
    select
        current_rows.source_record_id,
        current_rows.case_id,
        coalesce(sexes.sex, 'unknown') as sex,
        {{ conformed_ethnicity('ethnicities', 'appearances') }},
        current_rows.birth_year,
        current_rows.age_at_receipt,
        current_rows.lsoa_residence,
        current_rows.is_company,
        current_rows.is_masked,
        current_rows.is_juvenile,
        case current_rows.case_type
            when 'T' then 'trial'
            when 'S' then 'committed_for_sentence'
            when 'A' then 'appeal'
        end as case_kind,
        current_rows.court_code,
        courts.region,
        current_rows.ref_court_code as sending_court_code,
        {{ real_date('current_rows.mag_court_first_hearing_date') }} as magistrates_first_hearing_date,
        {{ real_date('current_rows.date_of_committal') }} as sent_to_crown_date,
        {{ real_date('current_rows.receipt_date') }} as receipt_date,
        {{ real_date('current_rows.first_main_hearing_date') }} as first_main_hearing_date,
        {{ real_date('current_rows.completion_date') }} as completion_date,
        current_rows.offence_code,
        {{ real_date('current_rows.offence_date') }} as offence_date,
        current_rows.offence_count,
        coalesce(pleas.plea, 'unknown') as plea,
        current_rows.guilty_plea_all as is_guilty_plea_all,
        verdicts.convicted as is_verdict_guilty,
        remands.in_custody as is_remanded_in_custody,
        {{ real_date('current_rows.conviction_date') }} as conviction_date,
        {{ real_date('current_rows.sentence_date') }} as sentence_date,
        current_rows.disposal_code,
        results.disposal_group,
        current_rows.custodial_period_days,
        current_rows.licence_extension_days,
        current_rows.order_length_days,
        current_rows.fine_amount,
        appeals.description as appeal_result,
        current_rows.psr_ordered as is_report_ordered,
        current_rows.contract_flags
    from current_rows
    left join sexes on cast(current_rows.gender as varchar) = sexes.code
    left join ethnicities on current_rows.ethnicity_self_defined = ethnicities.code
    left join appearances on current_rows.ethnic_appearance_code = appearances.code
    left join courts on current_rows.court_code = courts.code
    left join pleas on current_rows.plea_code = pleas.code
    left join verdicts on current_rows.verdict_code = verdicts.code
    left join remands on current_rows.remand_status = remands.code
    left join results on current_rows.disposal_code = results.code
    left join appeals on current_rows.appeal_result_code = appeals.code
)

select * from final
