-- 14-day recalls: sentence under 12 months and revoked on or after the commencement of the Act of 2014; never earlier.
with recalls as (
    select * from {{ ref('fct_recall') }}
)

select
    recall_id,
    revocation_date,
    sentence_days
from recalls
where
    recall_length = 'fixed_14'
    and is_counted
    and (
        revocation_date < {{ custody_rule_date('ora') }}
        or not under_12_months
        or sentence_group not in ('determinate_under_12_months', 'determinate_length_unknown')
    )
