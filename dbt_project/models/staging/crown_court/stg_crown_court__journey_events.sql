{#- event type, date, detail, place, condition -#}
{%- set kinds = [
    ('offence', 'offence_date', 'offence_code', 'null', "case_kind <> 'appeal'"),
    ('crown_receipt', 'receipt_date', 'case_kind', 'court_code', 'true'),
    ('court_first_hearing', 'first_main_hearing_date', "'crown'", 'court_code', 'true'),
    ('conviction', 'conviction_date', 'offence_code', 'court_code', "case_kind = 'trial'"),
    ('sentence', 'sentence_date', 'disposal_group', 'court_code', "case_kind <> 'appeal' and disposal_group <> 'not_a_sentence'"),
    ('case_completed', 'completion_date', 'case_kind', 'court_code', 'true'),
] -%}
with defendants as (
    select * from {{ ref('stg_crown_court__defendants') }}
),

final as (
    select * from {{ journey_events('crown_court', [('defendants', 'source_record_id', kinds)]) }} as journey_events
)

select * from final
