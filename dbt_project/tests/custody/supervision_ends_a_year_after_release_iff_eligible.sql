-- The computed end of supervision is the first release plus 12 months, for the sentences that have it and for no other.
with licences as (
    select * from {{ ref('fct_licence_period') }}
)

select
    licence_period_id,
    first_release_date,
    pss_end_computed
from licences
where
    is_supervision_eligible <> (pss_end_computed is not null)
    or pss_end_computed <> {{ add_months('first_release_date', custody_rule('supervision_length')) }}
