{#-
  Formulas of time-to-event estimates. Belongs here: what is shared by models of survival. Not here: shares (statistics.sql).
-#}

{#-
  One bound of a 95% interval of a cumulative incidence, on the complementary log-log scale, so that it stays inside [0, 1].
  The estimate itself where it is 0 or 1, since the scale has no such point.
-#}
{% macro log_log_bound(estimate, variance, sign) -%}
case
    when {{ estimate }} <= 0.0 or {{ estimate }} >= 1.0 then {{ estimate }}
    else greatest(0.0, least(1.0, 1.0 - power(
        1.0 - {{ estimate }},
        exp({{ sign }}{{ z_95() }} * sqrt({{ variance }}) / abs((1.0 - {{ estimate }}) * ln(1.0 - {{ estimate }})))
    )))
end
{%- endmacro %}
