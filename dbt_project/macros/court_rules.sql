{#-
  Numbers that court, report and reconviction rules rest on. They stand in the seed ref_court_rule, with their source.
-#}

{#- The number (days, months) of a rule. -#}
{% macro court_rule(name) -%}
(select rules.quantity from {{ ref('ref_court_rule') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}

{#- The date of a rule. -#}
{% macro court_rule_date(name) -%}
(select rules.from_date from {{ ref('ref_court_rule') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}

{#-
  The three conformed ethnicity columns of a court row, from its joined code lists: what the defendant said wins; else what an
  officer saw, which knows the group only and so has no code of the 18; `NS` (would not say) is kept where nobody saw.
-#}
{% macro conformed_ethnicity(self_defined, appearance) -%}
case
            when {{ self_defined }}.code = 'NS' and {{ appearance }}.ethnic_group <> 'Unknown' then 'UN'
            else coalesce({{ self_defined }}.code, 'UN')
        end as ethnicity_18,
        case
            when {{ self_defined }}.code <> 'NS' then {{ self_defined }}.ethnic_group
            when {{ appearance }}.ethnic_group <> 'Unknown' then {{ appearance }}.ethnic_group
            else coalesce({{ self_defined }}.ethnic_group, 'Unknown')
        end as ethnic_group,
        case
            when {{ self_defined }}.code <> 'NS' then 'self_defined'
            when {{ appearance }}.ethnic_group <> 'Unknown' then 'officer'
            when {{ self_defined }}.code = 'NS' then 'self_defined'
            else 'unknown'
        end as ethnicity_basis
{%- endmacro %}

{#- Days from one stage to the next; null when a date is missing or the stages come in the wrong order (which the row then flags). -#}
{% macro stage_days(from_date, to_date) -%}
case when {{ to_date }} >= {{ from_date }} then {{ days_between(from_date, to_date) }} end
{%- endmacro %}

{#-
  Relative rate x / n against x0 / n0 and its 95% interval on the log scale (SE = sqrt(1/x - 1/n + 1/x0 - 1/n0)).
  Undefined (null) without events in either group. `bound` is -1, 0 or 1.
-#}
{% macro relative_rate(x, n, x0, n0, bound=0) -%}
case
    when {{ x }} > 0 and {{ n }} > 0 and {{ x0 }} > 0 and {{ n0 }} > 0
        then (cast({{ x }} as double) / {{ n }}) / (cast({{ x0 }} as double) / {{ n0 }})
        {%- if bound != 0 %}
            * exp({{ bound }} * {{ z_95() }} * sqrt(greatest(0.0, 1.0 / {{ x }} - 1.0 / {{ n }} + 1.0 / {{ x0 }} - 1.0 / {{ n0 }})))
        {%- endif %}
end
{%- endmacro %}
