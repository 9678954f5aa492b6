{#-
  Promises about the keys of one table, counted in as few scans as an engine allows.
  Belongs here: how broken promises are found. Not here: which promises a table makes (its YAML says so).
-#}

{#-
  A query for the promises that a table breaks: (promise, row_count), no row when it keeps them all. The text of a promise
  names columns and no value of a row.

  `unique`: lists of columns, each unique together. A null of a single column is left out; among several it equals a null.
  `not_null`: columns that are never null.
-#}
{% macro broken_promises(relation, unique, not_null) -%}
{{ return(adapter.dispatch('broken_promises')(relation, unique, not_null)) }}
{%- endmacro %}

{% macro default__broken_promises(relation, unique, not_null) -%}
with counted as (
    select
        count(*) as row_count
        {{- count_of_nulls(not_null) }}
    from {{ relation }}
)
{%- for columns in unique %},

repeats_{{ loop.index }} as (
    {{ repeated_rows(relation, columns) }}
)
{%- endfor %}

{{ promises_not_kept(unique, not_null) }}
{%- endmacro %}

{#-
  A table in strictly rising order of a key repeats none of it, and one look at each row and the row before shows that, so
  that a table stored in the order of its key takes no memory. `rises`: rows whose key is above that of the row before; all
  but the first, or the order is broken (also by a null).

  Else rows are grouped by a hash of the key, since hashes are narrow and groups of them spill. Keys themselves are compared
  only where a hash repeats, and so two keys of one hash are no repeat. A thousand hashes are enough to tell, for chance
  gives none in a billion rows but a few; rows of more repeating keys than that are not counted, or a table that holds
  all its rows twice would not fit the memory.

  What `counted` shows to be unique is not read again: the cross join is with no row then. Keys are asked one after the
  other, by a cross join with the answer before, since DuckDB would hold the groups of all of them at once.
-#}
{% macro duckdb__broken_promises(relation, unique, not_null) -%}
with stepped as (
    select
        *
        {%- for columns in unique %},
        {{ columns_as_one(columns) }} as key_{{ loop.index }},
        lag({{ columns_as_one(columns) }}) over () as former_{{ loop.index }}
        {%- endfor %}
    from {{ relation }}
),

counted as materialized (
    select
        count(*) as row_count
        {{- count_of_nulls(not_null) }}
        {%- for columns in unique %},
        count(case when former_{{ loop.index }} < key_{{ loop.index }} then 1 end) as rises_{{ loop.index }}
        {%- endfor %}
    from stepped
)
{%- for columns in unique %},

alike_{{ loop.index }} as materialized (
    select hash({{ columns | join(', ') }}) as hashed
    from {{ relation }}
    cross join counted
    {%- if not loop.first %}
    cross join repeats_{{ loop.index - 1 }}
    {%- endif %}
    where counted.rises_{{ loop.index }} < counted.row_count - 1
    group by 1
    having count(*) > 1
    order by 1
    limit 1000
),

repeats_{{ loop.index }} as materialized (
    {{ repeated_rows(relation, columns, 'hash(' ~ columns | join(', ') ~ ') in (select hashed from alike_' ~ loop.index ~ ')') }}
)
{%- endfor %}

{{ promises_not_kept(unique, not_null) }}
{%- endmacro %}

{#- One expression for one column or several. -#}
{% macro columns_as_one(columns) -%}
{{ columns[0] if columns | length == 1 else 'row(' ~ columns | join(', ') ~ ')' }}
{%- endmacro %}

{#- Counts of nulls, nulls_1 for the first column and so on, each after a comma. -#}
{% macro count_of_nulls(columns) -%}
{%- for column in columns %},
        count(case when {{ column }} is null then 1 end) as nulls_{{ loop.index }}
{%- endfor %}
{%- endmacro %}

{#- One row: how many rows hold a value of these columns that stands in more than one row. -#}
{% macro repeated_rows(relation, columns, condition='true') -%}
select coalesce(sum(repeated.row_count), 0) as row_count
    from (
        select count(*) as row_count
        from {{ relation }}
        where {{ condition }}{% if columns | length == 1 %} and {{ columns[0] }} is not null{% endif %}
        group by {{ columns | join(', ') }}
        having count(*) > 1
    ) as repeated
{%- endmacro %}

{#- The promises of which `counted` and `repeats_1` and so on have found broken rows. -#}
{% macro promises_not_kept(unique, not_null) -%}
select
    promises.promise,
    promises.row_count
from (
    {%- for column in not_null %}
    select '{{ column }} is null' as promise, nulls_{{ loop.index }} as row_count from counted
    {%- if not loop.last or unique %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- for columns in unique %}
    select '{{ columns | join(' + ') }} repeats' as promise, row_count from repeats_{{ loop.index }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
) as promises
where promises.row_count > 0
{%- endmacro %}
