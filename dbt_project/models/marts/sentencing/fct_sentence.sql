with cases as (
    select * from {{ ref('int_court_case') }}
),

reports as (
    select * from {{ ref('int_pre_sentence_report') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

probation_coverage as (
    select * from coverage
    where source_dataset = 'probation'
),

prosecutions as (
    select * from cases
    where is_new_prosecution
),

{#- Earlier cases of the person: all up to and with this day, less those of this day. -#}
with_history as (
    select
        prosecutions.*,
        case
            when first_hearing_date is not null
                then
                    count(*)
                        over (
                            partition by person_id
                            order by first_hearing_date nulls last
                            range between unbounded preceding and current row
                        )
                    - count(*) over (partition by person_id, first_hearing_date)
        end as prior_appearances,
        case
            when first_hearing_date is not null
                then
                    count(case when is_convicted and is_crime then 1 end)
                        over (
                            partition by person_id
                            order by first_hearing_date nulls last
                            range between unbounded preceding and current row
                        )
                    - count(case when is_convicted and is_crime then 1 end) over (partition by person_id, first_hearing_date)
        end as prior_convicted_appearances
    from prosecutions
),

sentences as (
    select
        with_history.*,
        {{ surrogate_key(['court_case_id', "'sentence'"]) }} as sentence_id,
        case when disposal_class in ('immediate_custody', 'suspended_sentence') then custodial_period_days end as sentence_days,
        {{ add_days('sentence_date', '-' ~ court_rule('report_window')) }} as report_from
    from with_history
    where is_sentenced
),

reports_before as (
    select
        sentences.sentence_id,
        reports.court_report_id,
        row_number() over (
            partition by sentences.sentence_id
            order by reports.completed_date desc, reports.requested_date desc, reports.court_report_id asc
        ) as latest_first
    from sentences
    inner join reports
        on
            sentences.person_id = reports.person_id
            and reports.completed_date between sentences.report_from and sentences.sentence_date
),

latest_reports as (
    select
        sentence_id,
        court_report_id
    from reports_before
    where latest_first = 1
),

final as (
    select
        sentences.sentence_id,
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
            when sentences.disposal_group in ('life', 'ipp') then 'indeterminate'
            when sentences.disposal_group = 'extended_determinate' then 'extended determinate'
            else coalesce({{ sentence_band('sentences.sentence_days') }}, 'length unknown')
        end as sentence_band,
        case
            when sentences.disposal_class <> 'immediate_custody' then null
            when sentences.disposal_group in ('life', 'ipp', 'extended_determinate') then false
            else {{ under_12_months('sentences.sentence_days') }}
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
        sentences.prior_appearances,
        sentences.prior_convicted_appearances,
        coalesce(row_number() over (
            partition by sentences.person_id, sentences.sentence_date
            order by
                sentences.disposal_rank asc nulls last,
                sentences.sentence_days desc nulls last,
                sentences.fine_amount desc nulls last,
                sentences.maximum_months desc nulls last,
                sentences.court_case_id asc
        ) = 1, false) as is_principal_of_day,
        case
            when sentences.is_company then 'company'
            when sentences.is_crime is false then 'not a crime'
            when sentences.disposal_group is null then 'disposal unknown'
            when sentences.sentence_date is null then 'sentence date unknown'
        end as exclude_reason
    from sentences
    left join latest_reports on sentences.sentence_id = latest_reports.sentence_id
    left join probation_coverage on true
)

select * from final
order by sentence_id
