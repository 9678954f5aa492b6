{#-
  Cells of a released table that break disclosure control: a count of 1 to 9, a count that is not rounded to the base,
  or a cell that is said to be suppressed and yet shows a count, a rate or a bound.
  `count_columns`: every released count. `hidden_columns`: what must be null where `is_suppressed` is true.
-#}
{% test disclosure_safe(model, count_columns, hidden_columns=[]) %}
select *
from {{ model }}
where
    false
    {% for column in count_columns %}
    or {{ column }} between 1 and {{ disclosure_threshold() - 1 }}
    or {{ column }} < 0
    or {{ column }} % {{ rounding_base() }} <> 0
    {% endfor %}
{% for column in hidden_columns %}
    or (is_suppressed and {{ column }} is not null)
    {% endfor %}
{% endtest %}
