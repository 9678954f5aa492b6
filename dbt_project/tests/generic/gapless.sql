{#-
  Spells [start, end) of one group after which the next of the group does not start on the very day the former ended.
  An open spell must be the last. `partition_by` is a column or a list of columns.
-#}
{% test gapless(model, partition_by, start_column, end_column) %}
{%- set columns = [partition_by] if partition_by is string else partition_by %}
with spells as (
    select
        {{ end_column }} as spell_end,
        lead({{ start_column }}) over (
            partition by {{ columns | join(', ') }}
            order by {{ start_column }}, coalesce({{ end_column }}, {{ far_future() }})
        ) as next_start
    from {{ model }}
)

select * from spells
where next_start is not null and (spell_end is null or spell_end <> next_start)
{% endtest %}
