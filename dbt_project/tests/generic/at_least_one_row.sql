{#- Fails when the table is empty: a check on rows means nothing without rows. -#}
{% test at_least_one_row(model) %}
select counted.row_count
from (select count(*) as row_count from {{ model }}) as counted
where counted.row_count = 0
{% endtest %}
