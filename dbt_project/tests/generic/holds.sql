{#- Rows for which an expression over their columns is not true; an unknown answer fails too. -#}
{% test holds(model, expression) %}
select *
from {{ model }}
where ({{ expression }}) is not true
{% endtest %}
