{#-
  Rates outside [0, 1], or outside their own interval where the bounds are columns too.
  Use on a column; `lower_column` and `upper_column` are optional.
-#}
{% test rate_in_bounds(model, column_name, lower_column=none, upper_column=none) %}
select {{ column_name }} as rate
from {{ model }}
where
    {{ column_name }} < 0
    or {{ column_name }} > 1
    or isnan(cast({{ column_name }} as double))
    {% if lower_column %}
    or {{ lower_column }} > {{ column_name }} + 1e-9
    or {{ lower_column }} < 0
    or ({{ column_name }} is null) <> ({{ lower_column }} is null)
    {% endif %}
{% if upper_column %}
    or {{ upper_column }} < {{ column_name }} - 1e-9
    or {{ upper_column }} > 1
    or ({{ column_name }} is null) <> ({{ upper_column }} is null)
    {% endif %}
{% endtest %}
