{#-
  What an engine must be told to be quick, and which changes no row. Belongs here: hints. Not here: anything about data.
-#}

{#-
  After the name of an import that several steps read: each reads the relation itself, and only its columns. DuckDB would make
  a copy of all columns of it first, which for a large table goes to the disk and back.
-#}
{% macro read_anew() -%}
{{ (adapter.dispatch('read_anew') if adapter is defined else default__read_anew)() }}
{%- endmacro %}

{% macro default__read_anew() -%}
{%- endmacro %}

{% macro duckdb__read_anew() %} not materialized{% endmacro %}
