{#-
  Keys of derived rows. Belongs here: how a key is made. Not here: pseudonyms, which landing makes with a secret key.
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
