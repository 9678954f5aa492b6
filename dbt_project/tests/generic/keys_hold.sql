{#-
  Promises about keys that a table breaks, each with the number of its rows that do: one test a table, and one scan.
  `key`: the column or columns that name a row, together unique and none ever null.
  `unique`: what is unique besides, a list of columns or of lists of columns. `not_null`: further columns that are never null.
  `nullable`: columns of the key that may be null, where null is a value like any other.
-#}
{% test keys_hold(model, key=none, unique=[], not_null=[], nullable=[]) %}
{%- set alone = [] -%}
{%- for columns in ([key] if key else []) + unique -%}
    {%- do alone.append([columns] if columns is string else columns) -%}
{%- endfor -%}
{%- set filled = [] -%}
{%- for column in (alone[0] if key else []) + not_null if column not in nullable and column not in filled -%}
    {%- do filled.append(column) -%}
{%- endfor -%}
{{ broken_promises(model, alone, filled) }}
{% endtest %}
