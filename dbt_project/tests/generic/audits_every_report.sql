{#- Names of rpt_ models of this project that the audit does not speak of. The audit itself is left out. -#}
{% test audits_every_report(model, column_name) %}
{%- set names = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name.startswith('rpt_') and node.name != model.name -%}
        {%- do names.append(node.name) -%}
    {%- endfor -%}
{%- endif %}
with reports as (
    select cast(null as varchar) as report_table
    {% for name in names | sort %}
    union all
    select '{{ name }}' as report_table
    {% endfor %}
)

select report_table from reports
where report_table is not null and report_table not in (select {{ column_name }} from {{ model }})
{% endtest %}
