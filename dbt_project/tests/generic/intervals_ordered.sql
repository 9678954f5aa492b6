{#- Rows whose spell ends before it starts. A null end is open; a null start fails. -#}
{% test intervals_ordered(model, start_column, end_column) %}
select
    {{ start_column }} as spell_start,
    {{ end_column }} as spell_end
from {{ model }}
where {{ start_column }} is null or {{ end_column }} < {{ start_column }}
{% endtest %}
