-- The lawful stay of a fixed-term recall is its days less one, and shorter only where the sentence expires before.
with recalls as (
    select * from {{ ref('fct_recall') }}
)

select
    recall_id,
    fixed_term_days,
    expected_stay_days
from recalls
where
    fixed_term_days is not null
    and return_to_custody_date is not null
    and (
        expected_stay_days is null
        or expected_stay_days < 0
        or expected_stay_days > fixed_term_days - {{ custody_rule('fixed_term_day_offset') }}
    )
