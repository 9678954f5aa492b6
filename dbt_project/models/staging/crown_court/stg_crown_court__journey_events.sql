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

all_events as (
    select * from {{ dated_events('defendants', 'source_record_id', kinds) }} as defendant_events
),

final as (
    select
        'crown_court' as source_dataset,
        source_record_id,
        {{ surrogate_key(['source_record_id', 'event_type']) }} as event_id,
        event_date,
        event_type,
        event_detail,
        place
    from all_events
)

select * from final
