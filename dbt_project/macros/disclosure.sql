{#-
  What an rpt_ table may show. Every rpt_ model computes on exact counts and releases only through these macros.

  Rules (ONS / UK secure-setting practice): no count under 10 (a zero counts as small: nobody of a group is a fact about
  all of it); no share whose remainder is under 10 (all or nothing); what is left is rounded to the nearest 5; rates and
  intervals are computed from the rounded counts; where a group of cells adds up to something known, one hidden cell never
  stands alone (secondary suppression). Suppressed is null with is_suppressed = true, never 0.

  Three steps in a model:
    1. counted:   exact counts, one row a cell (x, n)
    2. withheld:  select * from {{ withhold('counted', 'x', within=[['region']], order_by=['region', 'sentence'],
                                            primary_reason=share_reason('x', 'n')) }}
                  adds suppression_reason ('below_threshold', 'complement_below_threshold', 'secondary' or null)
                  and is_suppressed. `within` lists the groups of cells with a known total: [['region']] for rows,
                  [['region'], ['sentence']] for rows and columns. [] means no group adds up.
    3. final:     {{ shown_cell('x', 'n') }}
                  gives numerator, denominator, rate, rate_lower, rate_upper, is_suppressed and suppression_reason
  What is no cell of this shape is shown by safe_count and safe_rate, which have the small-cell rule in themselves.
  A total in the table is its own cell: count it, never add released cells up.
  Tallies of rows in files (not of people with a trait) may show zero: safe_tally.
  In YAML: data_tests: - disclosure_safe: {arguments: {count_columns: [numerator, denominator], hidden_columns: [numerator, rate, ...]}}
-#}

{#- Smallest count that may be shown. -#}
{% macro disclosure_threshold() %}{{ return(10) }}{% endmacro %}

{#- Every shown count is a multiple of this. -#}
{% macro rounding_base() %}{{ return(5) }}{% endmacro %}

{#- True for a count under the threshold, zero included; false for an unknown count. -#}
{% macro is_small(n) -%}
coalesce({{ n }} < {{ disclosure_threshold() }}, false)
{%- endmacro %}

{#- True when x of n tells too much: too few have it, too few lack it, or too few were asked. -#}
{% macro is_small_share(x, n) -%}
coalesce({{ x }} < {{ disclosure_threshold() }} or {{ n }} - {{ x }} < {{ disclosure_threshold() }}, false)
{%- endmacro %}

{#- Why a count alone is hidden, or null. -#}
{% macro count_reason(n) -%}
case when {{ is_small(n) }} then 'below_threshold' end
{%- endmacro %}

{#- Why x of n is hidden, or null. -#}
{% macro share_reason(x, n) -%}
case
    when {{ is_small(x) }} or {{ is_small(n) }} then 'below_threshold'
    when {{ is_small_share(x, n) }} then 'complement_below_threshold'
end
{%- endmacro %}

{#- A count rounded to the nearest multiple of the base; halves go up. -#}
{% macro rounded_count(n) -%}
cast(floor((2 * cast({{ n }} as bigint) + {{ rounding_base() }}) / (2.0 * {{ rounding_base() }})) * {{ rounding_base() }} as bigint)
{%- endmacro %}

{#- A count as it may be shown; `hidden` adds a reason of the model's own (secondary suppression). -#}
{% macro safe_count(n, hidden='false') -%}
case when {{ is_small(n) }} or {{ hidden }} then null else {{ rounded_count(n) }} end
{%- endmacro %}

{#- A tally of rows as it may be shown: as safe_count, and zero is zero. -#}
{% macro safe_tally(n) -%}
case when {{ n }} = 0 then cast(0 as bigint) else {{ safe_count(n) }} end
{%- endmacro %}

{#- True for a tally that safe_tally hides. -#}
{% macro is_small_tally(n) -%}
coalesce({{ n }} > 0 and {{ n }} < {{ disclosure_threshold() }}, false)
{%- endmacro %}

{#- x / n from rounded counts; null when suppressed or without a denominator. -#}
{% macro safe_rate(x, n, hidden='false') -%}
case
    when not ({{ is_small_share(x, n) }} or {{ hidden }})
        then {{ rate(rounded_count(x), rounded_count(n)) }}
end
{%- endmacro %}

{#- Wilson bounds from rounded counts; null where the rate is null. -#}
{% macro safe_rate_lower(x, n, hidden='false') -%}
case
    when not ({{ is_small_share(x, n) }} or {{ hidden }})
        then {{ wilson_lower(rounded_count(x), rounded_count(n)) }}
end
{%- endmacro %}

{% macro safe_rate_upper(x, n, hidden='false') -%}
case
    when not ({{ is_small_share(x, n) }} or {{ hidden }})
        then {{ wilson_upper(rounded_count(x), rounded_count(n)) }}
end
{%- endmacro %}

{#- What a report shows of x of n, a cell that `withhold` judged: its seven last columns. -#}
{% macro shown_cell(x, n) -%}
{{ safe_count(x, 'is_suppressed') }} as numerator,
        {{ safe_count(n) }} as denominator,
        {{ safe_rate(x, n, 'is_suppressed') }} as rate,
        {{ safe_rate_lower(x, n, 'is_suppressed') }} as rate_lower,
        {{ safe_rate_upper(x, n, 'is_suppressed') }} as rate_upper,
        is_suppressed,
        suppression_reason
{%- endmacro %}

{#-
  One sweep of secondary suppression along one group: where hidden cells stand alone, or add up to less than the
  threshold, the smallest cell still shown is hidden too.
-#}
{% macro withhold_step(inner, count_column, group, order_by, step) -%}
(
    select
        *,
        case
            when reason_{{ step - 1 }} is not null then reason_{{ step - 1 }}
            when
                count(reason_{{ step - 1 }}) over ({{ partition(group) }}) > 0
                and (
                    count(reason_{{ step - 1 }}) over ({{ partition(group) }}) = 1
                    or sum(case when reason_{{ step - 1 }} is not null then {{ count_column }} else 0 end)
                        over ({{ partition(group) }}) < {{ disclosure_threshold() }}
                )
                and row_number() over (
                    {{ partition(group + ['(reason_' ~ (step - 1) ~ ' is null)']) }}
                    order by {{ ([count_column] + order_by) | join(', ') }}
                ) = 1
                then 'secondary'
        end as reason_{{ step }}
    from {{ inner }} as step_{{ step - 1 }}
)
{%- endmacro %}

{% macro partition(columns) -%}
{% if columns %}partition by {{ columns | join(', ') }}{% endif %}
{%- endmacro %}

{#-
  The relation with suppression_reason and is_suppressed, after primary suppression and `rounds` sweeps along each group of
  `within` (rows, columns, rows, ...), each repairing what the one before laid bare. `order_by` must make the order total.
-#}
{% macro withhold(relation, count_column, within, order_by, primary_reason=none, rounds=3) -%}
{%- set ns = namespace(inner='', step=0) -%}
{%- set first = primary_reason if primary_reason else count_reason(count_column) -%}
{%- set ns.inner = '(select *, ' ~ first ~ ' as reason_0 from ' ~ relation ~ ')' -%}
{%- for round in range(rounds) -%}
    {%- for group in within -%}
        {%- set ns.step = ns.step + 1 -%}
        {%- set ns.inner = withhold_step(ns.inner, count_column, group, order_by, ns.step) -%}
    {%- endfor -%}
{%- endfor -%}
(
    select
        *,
        reason_{{ ns.step }} as suppression_reason,
        reason_{{ ns.step }} is not null as is_suppressed
    from {{ ns.inner }} as step_{{ ns.step }}
)
{%- endmacro %}
