{#- A model's schema is the one it states, without the target's prefix: readers of a release see `marts`, not `main_marts`. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
