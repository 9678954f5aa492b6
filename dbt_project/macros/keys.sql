{#-
  Keys of derived rows. Belongs here: how a key is made, kept narrow and counted. Not here: pseudonyms, which landing makes with a secret key.
  What depends on the engine is dispatched; the linter, which has no adapter, reads the default.
-#}

{#- 32 hex characters that depend on the listed expressions alone; null counts as a value of its own. -#}
{% macro surrogate_key(columns) -%}
md5(
    {%- for column in columns %}
    coalesce(cast({{ column }} as varchar), '~')
    {%- if not loop.last %} || '|' ||{% endif %}
    {%- endfor %}
)
{%- endmacro %}

{#- Distinct values of a column within a group as one text, in alphabetical order. -#}
{% macro joined_values(column, separator=';') -%}
string_agg(distinct {{ column }}, '{{ separator }}' order by {{ column }})
{%- endmacro %}

{#- Key of the n-th row of a person: sorts by person, then by sequence. -#}
{% macro sequence_key(person, sequence) -%}
{{ person }} || '/' || lpad(cast({{ sequence }} as varchar), 6, '0')
{%- endmacro %}

{#-
  Narrow form of a key of 32 hex characters, for use inside the warehouse: it compares and sorts as the text does, in half the room.
  `key_text` gives the text back.
-#}
{% macro narrow_key(column) -%}
{{ (adapter.dispatch('narrow_key') if adapter is defined else default__narrow_key)(column) }}
{%- endmacro %}

{% macro default__narrow_key(column) -%}
{{ column }}
{%- endmacro %}

{% macro duckdb__narrow_key(column) -%}
cast(unhex({{ column }}) as uuid)
{%- endmacro %}

{% macro key_text(column) -%}
{{ (adapter.dispatch('key_text') if adapter is defined else default__key_text)(column) }}
{%- endmacro %}

{% macro default__key_text(column) -%}
{{ column }}
{%- endmacro %}

{% macro duckdb__key_text(column) -%}
lower(hex(cast({{ column }} as blob)))
{%- endmacro %}

{#- The same of a person's pseudonym, which is a letter and 31 hex characters; `person_text` gives it back. -#}
{% macro narrow_person(column) -%}
{{ narrow_key("'0' || substr(" ~ column ~ ", 2)") }}
{%- endmacro %}

{% macro person_text(column) -%}
'P' || substr({{ key_text(column) }}, 2)
{%- endmacro %}

{#- Place of a row in the table that is read, from 1: what was stored in an order is not sorted again to count it. -#}
{% macro place_in_table() -%}
{{ (adapter.dispatch('place_in_table') if adapter is defined else default__place_in_table)() }}
{%- endmacro %}

{% macro default__place_in_table() -%}
row_number() over ()
{%- endmacro %}

{#- DuckDB keeps the place of every row; a window without an order would be the work of one core alone. -#}
{% macro duckdb__place_in_table() -%}
rowid + 1
{%- endmacro %}

{#- The n-th of an array, from 1. -#}
{% macro nth_of(array, number) -%}
{{ (adapter.dispatch('nth_of') if adapter is defined else default__nth_of)(array, number) }}
{%- endmacro %}

{% macro default__nth_of(array, number) -%}
element_at({{ array }}, {{ number }})
{%- endmacro %}

{% macro duckdb__nth_of(array, number) -%}
{{ array }}[{{ number }}]
{%- endmacro %}
