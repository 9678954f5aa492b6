-- A release is followed for twelve months only where these end before probation and prison stop being observed, and no
-- event is counted after that day.
with cohort as (
    select * from {{ ref('fct_release_cohort') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

window_end as (
    select min(coverage_to) as last_day
    from coverage
    where source_dataset in ('probation', 'prison')
)

select
    cohort.release_id,
    cohort.release_date,
    cohort.exit_date
from cohort
cross join window_end
where
    cohort.has_12_months_follow_up <> ({{ add_months('cohort.release_date', 12) }} <= window_end.last_day)
    or (cohort.is_in_cohort and cohort.exit_date > window_end.last_day)
    or cohort.is_recalled and cohort.is_censored
    or (cohort.is_recalled_within_12_months and not cohort.is_recalled)
