with cohort as (
    select * from {{ ref('int_release_cohort') }}
),

licences as (
    select * from {{ ref('int_licence_period') }}
),

releases as (
    select * from {{ ref('int_release') }}
),

final as (
    select
        cohort.release_id,
        cohort.person_id,
        cohort.licence_period_id,
        cohort.release_date,
        {{ year_of('cohort.release_date') }} as release_year,
        case when licences.is_first_release then 'first release' else 're-release' end as release_order,
        licences.regime,
        licences.disposal_group,
        licences.sentence_days,
        licences.sentence_band,
        licences.under_12_months,
        licences.length_class,
        releases.release_type,
        releases.prison_code,
        releases.prison_region as region,
        licences.licence_end_planned_date as licence_end_planned,
        licences.additional_conditions,
        cohort.exit_date,
        cohort.time_at_risk_days,
        cohort.event,
        cohort.is_recalled,
        cohort.has_competing_event,
        cohort.is_censored,
        cohort.censor_date,
        cohort.censor_reason,
        cohort.last_observed_date,
        cohort.is_delayed_entry,
        cohort.entry_days,
        {%- for months in [3, 6, 12] %}
        cohort.has_{{ months }}_months_follow_up,
        cohort.is_recalled_within_{{ months }}_months,
        {%- endfor %}
        cohort.exclude_reason,
        cohort.is_in_cohort
    from cohort
    inner join licences on cohort.release_id = licences.release_id
    inner join releases on cohort.release_id = releases.release_id
)

select * from final
order by release_id
