{#- Working days after one date up to and with another, worked out by hand over weekends, bank holidays and 29 February. -#}
with known as (
    select
        date '2015-12-23' as from_date,
        date '2015-12-29' as to_date,
        2 as expected_days
    union all
    select
        date '2016-02-26' as from_date,
        date '2016-03-01' as to_date,
        2 as expected_days
    union all
    select
        date '2016-04-29' as from_date,
        date '2016-05-03' as to_date,
        1 as expected_days
    union all
    select
        date '2018-03-29' as from_date,
        date '2018-04-03' as to_date,
        1 as expected_days
    union all
    select
        date '2020-05-07' as from_date,
        date '2020-05-09' as to_date,
        0 as expected_days
    union all
    select
        date '2017-06-10' as from_date,
        date '2017-06-11' as to_date,
        0 as expected_days
),

working_days as (
    select * from {{ ref('int_working_day') }}
),

counted as (
    select
        known.from_date,
        known.to_date,
        known.expected_days,
        ends.working_day_number - starts.working_day_number as counted_days
    from known
    left join working_days as starts on known.from_date = starts.calendar_date
    left join working_days as ends on known.to_date = ends.calendar_date
)

select * from counted
where counted_days is null or counted_days <> expected_days
