{%- set reports = [
    'rpt_concordance_by_court',
    'rpt_coverage',
    'rpt_disposal_by_ethnicity_sex',
    'rpt_linkage_quality',
    'rpt_recall_by_sentence_band',
    'rpt_recall_by_type',
    'rpt_recall_cif',
    'rpt_report_requested_delivered',
    'rpt_row_ledger',
] -%}
{%- set rules = ['below_threshold', 'complement_below_threshold', 'secondary', 'rounded'] -%}
with cells as (
    {% for report in reports %}
    select
        cast('{{ report }}' as varchar) as report_table,
        is_suppressed,
        coalesce(suppression_reason, 'rounded') as outcome
    from {{ ref(report) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

reports as (
    {% for report in reports %}
    select cast('{{ report }}' as varchar) as report_table
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

rules as (
    {% for rule in rules %}
    select
        cast('{{ rule }}' as varchar) as disclosure_rule,
        cast('{{ 'shown rounded' if rule == 'rounded' else 'suppressed' }}' as varchar) as rule_action
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

totals as (
    select
        report_table,
        count(*) as cells,
        count(case when is_suppressed then 1 end) as suppressed_cells
    from cells
    group by report_table
),

outcomes as (
    select
        report_table,
        outcome,
        count(*) as affected_cells
    from cells
    group by report_table, outcome
),

final as (
    select
        reports.report_table || '/' || rules.disclosure_rule as audit_id,
        reports.report_table,
        rules.disclosure_rule,
        rules.rule_action,
        {{ disclosure_threshold() }} as threshold,
        {{ rounding_base() }} as rounding_base,
        coalesce(totals.cells, 0) as cells,
        coalesce(totals.suppressed_cells, 0) as suppressed_cells,
        coalesce(outcomes.affected_cells, 0) as affected_cells
    from reports
    cross join rules
    left join totals on reports.report_table = totals.report_table
    left join outcomes
        on
            reports.report_table = outcomes.report_table
            and rules.disclosure_rule = outcomes.outcome
)

select * from final
order by audit_id
