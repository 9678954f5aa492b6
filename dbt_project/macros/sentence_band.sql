{#-
  Bands of sentence length. The limits in days stand in the seed ref_sentence_band alone.
  Belongs here: reading that seed by a number of days. Not here: which sentences have a band (the model says so).
-#}

{#- Band of a length in days (`up to 6 months` ... `14 years or more`); null when the length is unknown. -#}
{% macro sentence_band(days) -%}
(
    select bands.sentence_band
    from {{ ref('ref_sentence_band') }} as bands
    where {{ days }} between bands.from_days and bands.to_days
)
{%- endmacro %}

{#- True below 12 months (365 days), false from exactly 12 months on; null when the length is unknown. -#}
{% macro under_12_months(days) -%}
(
    select bands.under_12_months
    from {{ ref('ref_sentence_band') }} as bands
    where {{ days }} between bands.from_days and bands.to_days
)
{%- endmacro %}
