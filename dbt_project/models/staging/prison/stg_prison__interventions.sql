with interventions as (
    select * from {{ source('prison', 'interventions') }}
),

intervention_types as (
    select * from {{ ref('intervention_types') }}
),

intervention_outcomes as (
    select * from {{ ref('intervention_outcomes') }}
),

final as (
    select
        interventions.intervention_id,
        interventions.offender_book_id,
        interventions.intervention_type_desc as intervention_type,
        coalesce(intervention_types.support_domain, 'unknown') as support_domain,
        {{ real_date('interventions.start_date') }} as start_date,
        {{ real_date('interventions.end_date') }} as end_date,
        interventions.intervention_outcome_desc as intervention_outcome,
        intervention_outcomes.ended as outcome_ended,
        interventions.agy_loc_id as prison_code,
        interventions.contract_flags
    from interventions
    left join intervention_types on interventions.intervention_type_desc = intervention_types.code
    left join intervention_outcomes on interventions.intervention_outcome_desc = intervention_outcomes.code
)

select * from final
