{#-
  Spells [start, end) of one group that begin before an earlier one of the group has ended. A null end is open.
  `partition_by` is a column or a list of columns; nulls in it are left out.
-#}
{% test no_overlap(model, partition_by, start_column, end_column) %}
{%- set columns = [partition_by] if partition_by is string else partition_by %}
with spells as (
    select
        {{ start_column }} as spell_start,
        max(coalesce({{ end_column }}, {{ far_future() }})) over (
            partition by {{ columns | join(', ') }}
            order by {{ start_column }}, coalesce({{ end_column }}, {{ far_future() }})
            rows between unbounded preceding and 1 preceding
        ) as latest_end_before
    from {{ model }}
    where {{ start_column }} is not null{% for column in columns %} and {{ column }} is not null{% endfor %}
)

select * from spells
where latest_end_before > spell_start
{% endtest %}
