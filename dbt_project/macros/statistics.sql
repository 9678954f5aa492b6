{#-
  Estimates used by the reports. Belongs here: formulas. Not here: what may be released (disclosure.sql).
-#}

{#- 97.5% point of the normal distribution, for two-sided 95% intervals. -#}
{% macro z_95() -%}
1.959963984540054
{%- endmacro %}

{#- A share x / n; null without a denominator. -#}
{% macro rate(x, n) -%}
case when {{ n }} > 0 then cast({{ x }} as double) / {{ n }} end
{%- endmacro %}

{#- One bound of the Wilson score interval, kept inside [0, 1] against rounding in the last digit. -#}
{% macro wilson_bound(x, n, sign) -%}
case
    when {{ n }} > 0
        then greatest(0.0, least(1.0, (
            cast({{ x }} as double) / {{ n }} + {{ z_95() }} * {{ z_95() }} / (2.0 * {{ n }})
            {{ sign }} {{ z_95() }} * sqrt(
                greatest(0.0, cast({{ x }} as double) / {{ n }} * (1.0 - cast({{ x }} as double) / {{ n }})) / {{ n }}
                + {{ z_95() }} * {{ z_95() }} / (4.0 * cast({{ n }} as double) * {{ n }})
            )
        ) / (1.0 + {{ z_95() }} * {{ z_95() }} / {{ n }})))
end
{%- endmacro %}

{#- Lower and upper bound of the 95% Wilson score interval of x out of n; null without a denominator. -#}
{% macro wilson_lower(x, n) -%}
{{ wilson_bound(x, n, '-') }}
{%- endmacro %}

{% macro wilson_upper(x, n) -%}
{{ wilson_bound(x, n, '+') }}
{%- endmacro %}

{#- Interpolated percentile of a column within a group (p between 0 and 1); nulls are left out. -#}
{% macro percentile(column, p) -%}
percentile_cont({{ p }}) within group (order by {{ column }})
{%- endmacro %}

{#-
  One measure of a relation by several ways of looking at it: rows (measure, source_pair, category_kind, category, measured,
  asked). The relation has `row_count`; `numerator` is a column, `kinds` a list of (kind of category, column).
-#}
{% macro share_by_category(relation, measure, source_pair, numerator, kinds) -%}
{%- for kind, column in kinds %}
select
    cast({{ measure }} as varchar) as measure,
    cast({{ source_pair }} as varchar) as source_pair,
    cast('{{ kind }}' as varchar) as category_kind,
    cast({{ column }} as varchar) as category,
    cast(sum({{ numerator }}) as bigint) as measured,
    cast(sum(row_count) as bigint) as asked
from {{ relation }}
group by 1, 2, 3, 4
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}

{#- Band of an age in years, from a year and a year of birth; `unknown` without either. -#}
{% macro age_band(year, birth_year) -%}
case
    when {{ year }} - {{ birth_year }} < 18 then 'under 18'
    when {{ year }} - {{ birth_year }} < 25 then '18-24'
    when {{ year }} - {{ birth_year }} < 35 then '25-34'
    when {{ year }} - {{ birth_year }} < 45 then '35-44'
    when {{ year }} - {{ birth_year }} < 55 then '45-54'
    when {{ year }} - {{ birth_year }} >= 55 then '55 and over'
    else 'unknown'
end
{%- endmacro %}

{#- A month with clearly fewer rows than usual: under three quarters of the median, and by more than chance gives (3 sd of a count). -#}
{% macro is_thin_month(n, median) -%}
({{ n }} < 0.75 * {{ median }} and {{ n }} < {{ median }} - 3 * sqrt({{ median }}))
{%- endmacro %}
