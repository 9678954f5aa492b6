-- What is released of the incidence keeps its interval and stays below one minus Kaplan-Meier.
with incidence as (
    select * from {{ ref('rpt_recall_cif') }}
)

select
    cell_id,
    rate,
    one_minus_kaplan_meier
from incidence
where rate > one_minus_kaplan_meier or rate < rate_lower or rate > rate_upper
