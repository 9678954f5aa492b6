with holidays as (
    select * from {{ ref('ref_bank_holiday') }}
),

digits as (
    {%- for digit in range(10) %}
    select {{ digit }} as digit
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

offsets as (
    select ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as days_after
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    where ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit < 6206
),

{#- The years that the list of holidays covers, counted from a Monday so that the weekday is the remainder. -#}
days as (
    select
        {{ add_days("date '2010-01-04'", 'days_after') }} as calendar_date,
        days_after % 7 < 5 as is_weekday
    from offsets
),

marked as (
    select
        days.calendar_date,
        (days.is_weekday and holidays.holiday_date is null) as is_working_day
    from days
    left join holidays on days.calendar_date = holidays.holiday_date
),

final as (
    select
        calendar_date,
        is_working_day,
        cast(sum(case when is_working_day then 1 else 0 end) over (order by calendar_date) as bigint) as working_day_number
    from marked
)

select * from final
