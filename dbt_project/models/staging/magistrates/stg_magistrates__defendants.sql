with defendants as (
    select * from {{ source('magistrates', 'defendants') }}
),

sexes as (
    select * from {{ ref('sex_libra') }}
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

initiations as (
    select * from {{ ref('initiations') }}
),

categories as (
    select * from {{ ref('offence_categories') }}
),

pleas as (
    select * from {{ ref('pleas') }}
),

remands as (
    select * from {{ ref('remand_statuses') }}
),

results as (
    select * from {{ ref('cjs_results') }}
),

final as (
    select
        defendants.source_record_id,
        defendants.case_id,
        coalesce(sexes.sex, 'unknown') as sex,
        {{ conformed_ethnicity('ethnicities', 'appearances') }},
        defendants.birth_year,
        defendants.age_at_first_hearing,
        defendants.lsoa_residence,
        defendants.is_company,
        defendants.youth_court as is_youth_court,
        defendants.court_code,
        courts.region,
        initiations.description as initiation,
        defendants.offence_code,
        categories.offence_class,
        categories.is_crime,
        {{ real_date('defendants.offence_date') }} as offence_date,
        defendants.offence_count,
        {{ real_date('defendants.charge_date') }} as charge_date,
        {{ real_date('defendants.first_hearing_date') }} as first_hearing_date,
        {{ real_date('defendants.completion_date') }} as completion_date,
        defendants.hearing_count,
        coalesce(pleas.plea, 'unknown') as plea,
        defendants.guilty_plea_all as is_guilty_plea_all,
        defendants.mode_of_trial_code as mode_of_trial,
        remands.in_custody as is_remanded_in_custody,
        {{ real_date('defendants.conviction_date') }} as conviction_date,
        {{ real_date('defendants.sent_to_crown_date') }} as sent_to_crown_date,
        case defendants.crown_referral_code
            when 'SENT' then 'sent_for_trial'
            when 'CFS' then 'committed_for_sentence'
        end as crown_referral,
        (defendants.sent_to_crown_date is not null or defendants.crown_referral_code is not null) as is_sent_to_crown,
        defendants.crown_court_code,
        {{ real_date('defendants.sentence_date') }} as sentence_date,
        defendants.disposal_code,
        results.disposal_group,
        defendants.custodial_period_days,
        defendants.order_length_days,
        defendants.fine_amount,
        defendants.psr_ordered as is_report_ordered,
        defendants.contract_flags
    from defendants
    left join sexes on defendants.gender = sexes.code
    left join ethnicities on defendants.ethnicity_self_defined = ethnicities.code
    left join appearances on defendants.ethnic_appearance_code = appearances.code
    left join courts on defendants.court_code = courts.code
    left join initiations on defendants.initiation_code = initiations.code
    left join categories on defendants.offence_category = categories.code
    left join pleas on defendants.plea_code = pleas.code
    left join remands on defendants.remand_status = remands.code
    left join results on defendants.disposal_code = results.code
)

select * from final
