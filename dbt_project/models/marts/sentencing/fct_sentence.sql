with cases as{{ read_anew() }} (
    select * from {{ ref('int_court_case') }}
),

reports as (
    select * from {{ ref('int_pre_sentence_report') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

bands as (
    select * from {{ ref('ref_sentence_band') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

probation_coverage as (
    select * from coverage
    where source_dataset = 'probation'
),

{#- What a person had before a day counts days before it alone, so days are summed up first. -#}
hearing_days as (
    select
        person_number,
        first_hearing_date,
        count(*) as appearances,
        count(case when is_convicted and is_crime then 1 end) as convicted_appearances
    from cases
    where is_new_prosecution and first_hearing_date is not null
    group by person_number, first_hearing_date
),

histories as (
    select
        person_number,
        first_hearing_date,
        cast(coalesce(sum(appearances) over earlier_days, 0) as bigint) as prior_appearances,
        cast(coalesce(sum(convicted_appearances) over earlier_days, 0) as bigint) as prior_convicted_appearances
    from hearing_days
    window earlier_days as (
        partition by person_number
        order by first_hearing_date
        rows between unbounded preceding and 1 preceding
    )
),

sentences as (
    select
        *,
        case when disposal_class in ('immediate_custody', 'suspended_sentence') then custodial_period_days end as sentence_days
    from cases
    where is_new_prosecution and is_sentenced
),

disposals_of_a_day as (
    select
        court_case_id,
        row_number() over (
            partition by person_number, sentence_date
            order by
                disposal_rank asc nulls last,
                case when disposal_class in ('immediate_custody', 'suspended_sentence') then custodial_period_days end desc nulls last,
                fine_amount desc nulls last,
                maximum_months desc nulls last,
                court_case_id asc
        ) as order_in_day
    from cases
    where is_new_prosecution and is_sentenced
),

{#- Few days hold more than one disposal: those that are not the principal one are the fewer. -#}
lesser_disposals as (
    select court_case_id
    from disposals_of_a_day
    where order_in_day > 1
),

reports_before as (
    select
        cases.court_case_id,
        reports.court_report_id,
        row_number() over (
            partition by cases.court_case_id
            order by reports.completed_date desc, reports.requested_date desc, reports.court_report_id asc
        ) as latest_first
    from cases
    inner join reports
        on
            cases.person_id = reports.person_id
            and cases.sentence_date >= reports.completed_date
            and {{ add_days('cases.sentence_date', '-' ~ court_rule('report_window')) }} <= reports.completed_date
    where cases.is_new_prosecution and cases.is_sentenced
),

latest_reports as (
    select
        court_case_id,
        court_report_id
    from reports_before
    where latest_first = 1
),

final as (
    select
        {{ surrogate_key(['sentences.court_case_id', "'sentence'"]) }} as sentence_id,
        sentences.person_id,
        sentences.court_case_id,
        sentences.sentence_date,
        sentences.sentence_date_basis,
        sentences.final_court_code as court_code,
        sentences.final_court_level as court_level,
        sentences.region,
        sentences.is_youth,
        sentences.disposal_code,
        sentences.disposal_group,
        sentences.disposal_class,
        sentences.disposal_rank,
        sentences.sentence_days,
        case
            when sentences.disposal_class <> 'immediate_custody' then null
            else coalesce(disposals.unbanded_class, bands.sentence_band, 'length unknown')
        end as sentence_band,
        case
            when sentences.disposal_class <> 'immediate_custody' then null
            when disposals.unbanded_class is not null then false
            else bands.under_12_months
        end as under_12_months,
        sentences.licence_extension_days,
        sentences.order_length_days,
        sentences.fine_amount,
        sentences.offence_code,
        sentences.offence_group,
        sentences.offence_class,
        sentences.maximum_months,
        sentences.offence_date,
        sentences.offence_count,
        sentences.is_breach,
        sentences.is_crime,
        sentences.conviction_date,
        sentences.plea,
        sentences.guilty_plea,
        latest_reports.court_report_id as pre_sentence_report_id,
        case
            when latest_reports.court_report_id is not null then true
            when
                sentences.sentence_date
                between coalesce(probation_coverage.coverage_from, sentences.sentence_date) and probation_coverage.coverage_to
                then false
        end as had_pre_sentence_report,
        histories.prior_appearances,
        histories.prior_convicted_appearances,
        lesser_disposals.court_case_id is null as is_principal_of_day,
        case
            when sentences.is_company then 'company'
            when sentences.is_crime is false then 'not a crime'
            when sentences.disposal_group is null then 'disposal unknown'
            when sentences.sentence_date is null then 'sentence date unknown'
        end as exclude_reason
    from sentences
    left join disposals on sentences.disposal_group = disposals.disposal_group
    left join bands on sentences.sentence_days between bands.from_days and bands.to_days
    left join histories
        on
            sentences.person_number = histories.person_number
            and sentences.first_hearing_date = histories.first_hearing_date
    left join lesser_disposals on sentences.court_case_id = lesser_disposals.court_case_id
    left join latest_reports on sentences.court_case_id = latest_reports.court_case_id
    left join probation_coverage on true
)

select * from final
order by sentence_id
