{#-
  The law of custody, licence and recall as expressions. Dates and numbers of the law stand in the seeds ref_custody_rule,
  ref_release_rule and ref_recall_regime; here is only how they are read and added up. Not here: which rows a rule is about.
-#}

{#- The number (days, months, years) of a custody rule. -#}
{% macro custody_rule(name) -%}
(select rules.quantity from {{ ref('ref_custody_rule') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}

{#- The date of a custody rule. -#}
{% macro custody_rule_date(name) -%}
(select rules.from_date from {{ ref('ref_custody_rule') }} as rules where rules.rule = '{{ name }}')
{%- endmacro %}

{#- Shortest sentence, in days, that is not under 12 months; the bands say so. -#}
{% macro twelve_months_in_days() -%}
(select min(bands.from_days) from {{ ref('ref_sentence_band') }} as bands where not bands.under_12_months)
{%- endmacro %}

{#- Last day of a sentence of n days that began on a day: day one counts. -#}
{% macro sentence_expiry(start_date, days) -%}
{{ add_days(start_date, days ~ ' - 1') }}
{%- endmacro %}

{#- Days to serve of a sentence up to its release point, rounded up (half of 365 is 183). -#}
{% macro custodial_days(days, numerator, denominator) -%}
cast(ceil(cast({{ days }} as double) * {{ numerator }} / {{ denominator }}) as bigint)
{%- endmacro %}

{#-
  Release from a fixed-term recall: the return to custody plus its days less one, not after the expiry of the sentence,
  and never before the return itself. Days unlawfully at large are outside, since the clock starts at the return.
-#}
{% macro fixed_term_release(return_date, days, expiry_date) -%}
greatest(
    cast({{ return_date }} as date),
    least(
        {{ add_days(return_date, days ~ ' - ' ~ custody_rule('fixed_term_day_offset')) }},
        coalesce({{ expiry_date }}, {{ far_future() }})
    )
)
{%- endmacro %}

{#- Band in which time to recall is published, from days; a month is 30.4375 days. -#}
{% macro time_to_recall_band(days) -%}
case
    when {{ days }} is null then null
    {%- for months, band in [
        (3, '0 to under 3 months'), (6, '3 to under 6 months'), (9, '6 to under 9 months'), (12, '9 to under 12 months'),
        (24, '1 to under 2 years'), (36, '2 to under 3 years'), (48, '3 to under 4 years'), (60, '4 to under 5 years')
    ] %}
    when {{ days }} < {{ months }} * {{ custody_rule('month_length') }} then '{{ band }}'
    {%- endfor %}
    else '5 years or more'
end
{%- endmacro %}

{#- Elements of a text list as rows: the columns kept, and the element as `element`. Blank elements are left out. -#}
{% macro split_list(relation, keep, list_column, separator) -%}
(
    select distinct {{ keep | join(', ') }}, trim(element) as element
    from (
        select {{ keep | join(', ') }}, unnest(string_split({{ list_column }}, '{{ separator }}')) as element
        from {{ relation }}
        where {{ list_column }} is not null
    ) as elements
    where trim(element) <> ''
)
{%- endmacro %}
