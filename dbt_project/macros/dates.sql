{#-
  Date arithmetic, so that no model speaks one database's dialect.
  Belongs here: differences and shifts of dates, and what counts as a date at all. Not here: spells (spells.sql), law.
  Spells are half open everywhere: [start, end), the end date is the first day out. days_between(start, end) is then the length.
-#}

{#- Days from a to b; negative when b comes first; null when either is unknown. -#}
{% macro days_between(from_date, to_date) -%}
(cast({{ to_date }} as date) - cast({{ from_date }} as date))
{%- endmacro %}

{#- The date n days later (n may be an expression; negative goes back). -#}
{% macro add_days(from_date, days) -%}
(cast({{ from_date }} as date) + cast({{ days }} as integer))
{%- endmacro %}

{#- The same day n calendar months later; the last day of a shorter month (31 January + 1 month = 28 or 29 February). -#}
{% macro add_months(from_date, months) -%}
cast(cast({{ from_date }} as date) + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}

{#- Calendar months completed from a to b; a month ends on the same day of the next or on its last day (31 January to 29 February). -#}
{% macro whole_months_between(from_date, to_date) -%}
datesub('month', cast({{ from_date }} as date), cast({{ to_date }} as date))
{%- endmacro %}

{#- Null for 1900-01-01 and 1970-01-01, which source systems write when they know no date. -#}
{% macro real_date(column) -%}
case when {{ column }} in (date '1900-01-01', date '1970-01-01') then null else cast({{ column }} as date) end
{%- endmacro %}

{#- First day of the month. -#}
{% macro month_start(column) -%}
cast(date_trunc('month', cast({{ column }} as date)) as date)
{%- endmacro %}

{#- The calendar year as an integer. -#}
{% macro year_of(column) -%}
cast(extract(year from {{ column }}) as integer)
{%- endmacro %}

{#- Stands for "no end yet" in comparisons; never released. -#}
{% macro far_future() -%}
date '9999-12-31'
{%- endmacro %}

{#- One row per calendar month, `month_start`, from the first to the last month of two scalar date expressions or subqueries. -#}
{% macro calendar_months(first_date, last_date) -%}
(
    select cast(unnest(generate_series(
        cast({{ month_start(first_date) }} as timestamp), cast({{ month_start(last_date) }} as timestamp), interval 1 month
    )) as date) as month_start
)
{%- endmacro %}
