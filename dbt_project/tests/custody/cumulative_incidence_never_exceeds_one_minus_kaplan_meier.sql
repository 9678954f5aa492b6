-- Treating competing ends as censoring can only overstate recall; both only grow with time.
with incidence as (
    select * from {{ ref('agg_recall_incidence') }}
),

compared as (
    select
        release_order,
        length_class,
        month,
        cumulative_incidence,
        one_minus_kaplan_meier,
        lag(cumulative_incidence, 1, 0.0) over (partition by release_order, length_class order by month) as incidence_before
    from incidence
)

select *
from compared
where
    cumulative_incidence > one_minus_kaplan_meier + 1e-9
    or cumulative_incidence < incidence_before - 1e-9
