with licences as (
    select * from {{ ref('int_licence_period') }}
),

final as (
    select
        licence_period_id,
        person_id,
        release_id,
        custody_sentence_id as custody_id,
        licence_start_date as licence_start,
        licence_end_planned_date as licence_end_planned,
        licence_end_actual_date as licence_end_actual,
        end_reason,
        end_source as source,
        is_computed,
        is_censored,
        censor_date,
        regime,
        disposal_group,
        sentence_days,
        sentence_band,
        under_12_months,
        length_class,
        is_first_release,
        licence_days_planned,
        licence_days_at_risk,
        is_recalled_after_planned_end,
        is_supervision_eligible,
        pss_start_date as pss_start,
        pss_end_date as pss_end,
        pss_end_computed_date as pss_end_computed,
        pss_end_source,
        {{ days_between('licence_end_planned_date', 'pss_end_date') }} as pss_days,
        first_release_date,
        additional_conditions,
        condition_categories,
        supervision_requirements
    from licences
)

select * from final
order by licence_period_id
