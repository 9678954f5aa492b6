-- Known answers of the date macros; rows are wrong answers.
with cases as (
    select
        known.question,
        known.answer,
        known.truth
    from (
        values
        ('months, end of month', {{ whole_months_between("date '2020-01-31'", "date '2020-02-29'") }}, 1),
        ('months, a day short', {{ whole_months_between("date '2020-01-15'", "date '2020-02-14'") }}, 0),
        ('months, leap day to the year after', {{ whole_months_between("date '2020-02-29'", "date '2021-02-28'") }}, 12),
        ('months, exactly one year', {{ whole_months_between("date '2015-02-01'", "date '2016-02-01'") }}, 12),
        ('days, same day', {{ days_between("date '2016-02-29'", "date '2016-02-29'") }}, 0),
        ('days, over a leap day', {{ days_between("date '2016-02-28'", "date '2016-03-01'") }}, 2),
        ('days, backwards', {{ days_between("date '2016-03-01'", "date '2016-02-28'") }}, -2),
        ('a month after the last of January', {{ days_between("date '2015-02-28'", add_months("date '2015-01-31'", 1)) }}, 0),
        ('day 14 of a recall is day 13', {{ days_between("date '2015-03-10'", add_days("date '2015-03-10'", '14 - 1')) }}, 13),
        ('1900-01-01 is no date', case when {{ real_date("date '1900-01-01'") }} is null then 1 else 0 end, 1),
        ('1970-01-01 is no date', case when {{ real_date("date '1970-01-01'") }} is null then 1 else 0 end, 1),
        ('1970-01-02 is a date', case when {{ real_date("date '1970-01-02'") }} is null then 1 else 0 end, 0)
    ) as known (question, answer, truth)
)

select * from cases
where answer is null or answer <> truth
