-- A sentence without a licence in law has no licence period and no place in the cohort.
with licences as (
    select * from {{ ref('fct_licence_period') }}
),

rules as (
    select * from {{ ref('ref_release_rule') }}
)

select
    licences.licence_period_id,
    licences.regime
from licences
inner join rules on licences.regime = rules.regime
where not rules.has_licence
