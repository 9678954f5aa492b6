-- Before the split existed no recall is of a sentence under 12 months.
with recalls as (
    select * from {{ ref('fct_recall') }}
)

select
    recall_id,
    revocation_date
from recalls
where
    sentence_group = 'determinate_under_12_months'
    and revocation_date < {{ custody_rule_date('under_12_months_split') }}
