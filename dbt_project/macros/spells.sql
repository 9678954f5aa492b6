{#-
  Spell algebra: half-open spells [start, end) in a relation (a CTE or a model), a null end is open.
  Belongs here: merging, splitting and choosing among spells, whatever they mean. Not here: what a status is.
-#}

{#-
  Spells of one group that touch or overlap, run together: one row a group and island, with spell_start, spell_end
  (null when open) and how many spells it holds. `partition_by` is a list of columns.

  Spells that are the same are counted before they are compared: two windows may take equal rows in different order, and then
  an island would end within itself.
-#}
{% macro merge_spells(relation, partition_by, start_column, end_column) -%}
(
    select
        {% for column in partition_by %}{{ column }}, {% endfor %}
        min({{ start_column }}) as spell_start,
        nullif(max(last_end), {{ far_future() }}) as spell_end,
        cast(sum(same_spells) as bigint) as merged_spells
    from (
        select
            *,
            sum(starts_island) over (
                partition by {{ partition_by | join(', ') }}
                order by {{ start_column }}, last_end
                rows unbounded preceding
            ) as island
        from (
            select
                *,
                case
                    when {{ start_column }} <= max(last_end) over (
                        partition by {{ partition_by | join(', ') }}
                        order by {{ start_column }}, last_end
                        rows between unbounded preceding and 1 preceding
                    ) then 0
                    else 1
                end as starts_island
            from (
                select
                    {% for column in partition_by %}{{ column }}, {% endfor %}
                    {{ start_column }},
                    coalesce({{ end_column }}, {{ far_future() }}) as last_end,
                    count(*) as same_spells
                from {{ relation }}
                where {{ start_column }} is not null
                group by {% for column in partition_by %}{{ column }}, {% endfor %}{{ start_column }}, coalesce({{ end_column }}, {{ far_future() }})
            ) as different_spells
        ) as marked
    ) as islands
    group by {% for column in partition_by %}{{ column }}, {% endfor %}island
)
{%- endmacro %}

{#-
  The dominant status of every moment: a sweep over the dates at which something starts or ends. Between two neighbouring
  dates the smallest `priority` among all spells that cover the stretch holds; neighbouring stretches of one priority run
  together. No day is ever exploded: work grows with spells. Stretches that nothing covers are left out, so a caller who
  wants no gap adds one spell of the weakest priority from the first to the last date.

  `relation` needs: key (one column), priority (0 to 60, one a status), spell_start, spell_end (both known, end after
  start). Gives: key, priority, spell_start, spell_end; the spells of a key never overlap.

  How: each status is on while more of its spells have started than ended. What is on at one moment is a set, kept as a sum
  of powers of two, and the dominant status is the lowest bit of it.
-#}
{% macro dominant_spells(relation, key) -%}
(
    with edges as (
        select {{ key }}, priority, spell_start as edge_date, 1 as change from {{ relation }}
        union all
        select {{ key }}, priority, spell_end as edge_date, -1 as change from {{ relation }}
    ),

    steps as (
        select {{ key }}, priority, edge_date, sum(change) as change
        from edges
        group by {{ key }}, priority, edge_date
    ),

    running as (
        select
            {{ key }}, priority, edge_date, change,
            sum(change) over (partition by {{ key }}, priority order by edge_date rows unbounded preceding) as spells_on
        from steps
    ),

    compared as (
        select
            {{ key }}, priority, edge_date,
            spells_on > 0 as is_on,
            spells_on - change > 0 as was_on
        from running
    ),

    switches as (
        select
            {{ key }}, edge_date,
            sum(case when is_on then 1 else -1 end * cast(power(2, priority) as bigint)) as change
        from compared
        where is_on <> was_on
        group by {{ key }}, edge_date
    ),

    stretches as (
        select
            {{ key }},
            edge_date as stretch_start,
            lead(edge_date) over (partition by {{ key }} order by edge_date) as stretch_end,
            cast(sum(change) over (partition by {{ key }} order by edge_date rows unbounded preceding) as bigint) as on_set
        from switches
    ),

    dominant as (
        select {{ key }}, stretch_start, stretch_end, {{ lowest_bit('on_set') }} as priority
        from stretches
        where stretch_end is not null and on_set > 0
    ),

    marked as (
        select
            {{ key }}, stretch_start, stretch_end, priority,
            case
                when
                    lag(priority) over (partition by {{ key }} order by stretch_start) = priority
                    and lag(stretch_end) over (partition by {{ key }} order by stretch_start) = stretch_start
                    then 0
                else 1
            end as starts_spell
        from dominant
    ),

    numbered as (
        select
            {{ key }}, stretch_start, stretch_end, priority,
            sum(starts_spell) over (partition by {{ key }} order by stretch_start rows unbounded preceding) as spell_number
        from marked
    )

    select
        {{ key }},
        min(priority) as priority,
        min(stretch_start) as spell_start,
        max(stretch_end) as spell_end
    from numbered
    group by {{ key }}, spell_number
)
{%- endmacro %}

{#- Position of the lowest bit that is set in a positive whole number: 1 -> 0, 2 -> 1, 6 -> 1, 8 -> 3. -#}
{% macro lowest_bit(number) -%}
cast(log2({{ number }} & (-{{ number }})) as integer)
{%- endmacro %}
