-- Counted recalls are distinct people and revocation dates, in the facts and in every axis of the published tables.
with recalls as (
    select * from {{ ref('fct_recall') }}
),

cells as (
    select * from {{ ref('agg_recall_type') }}
),

distinct_recalls as (
    select count(*) as recalls
    from (
        select distinct
            person_id,
            revocation_date
        from recalls
        where is_counted and is_within_window
    ) as pairs
),

fact_rows as (
    select count(*) as recalls
    from recalls
    where is_counted and is_within_window
),

axis_totals as (
    select
        axis,
        sum(recalls) as recalls
    from cells
    where revocation_year = 'all'
    group by axis
)

select
    'fct_recall' as place,
    fact_rows.recalls
from fact_rows
cross join distinct_recalls
where fact_rows.recalls <> distinct_recalls.recalls
union all
select
    axis_totals.axis as place,
    axis_totals.recalls
from axis_totals
cross join distinct_recalls
where axis_totals.recalls <> distinct_recalls.recalls
