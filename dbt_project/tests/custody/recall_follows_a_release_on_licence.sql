-- A counted recall never precedes the release it ends, which was on licence, and no sentence without a licence is recalled.
with recalls as (
    select * from {{ ref('fct_recall') }}
),

releases as (
    select * from {{ ref('fct_release') }}
),

rules as (
    select * from {{ ref('ref_release_rule') }}
)

select
    recalls.recall_id,
    recalls.revocation_date,
    releases.release_date
from recalls
left join releases on recalls.release_id = releases.release_id
left join rules on recalls.regime = rules.regime
where
    recalls.is_counted
    and (
        recalls.revocation_date < releases.release_date
        or not releases.is_counted
        or not rules.has_licence
    )
