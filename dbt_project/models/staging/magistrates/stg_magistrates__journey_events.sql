{#- event type, date, detail, place, condition -#}
{%- set kinds = [
    ('offence', 'offence_date', 'offence_code', 'null', 'true'),
    ('charge', 'charge_date', 'initiation', 'null', 'true'),
    ('court_first_hearing', 'first_hearing_date', "'magistrates'", 'court_code', 'true'),
    ('sent_to_crown', 'sent_to_crown_date', 'crown_referral', 'court_code', 'true'),
    ('conviction', 'conviction_date', 'offence_code', 'court_code', 'true'),
    ('sentence', 'sentence_date', 'disposal_group', 'court_code', "not is_sent_to_crown and disposal_group <> 'not_a_sentence'"),
    ('case_completed', 'completion_date', "'magistrates'", 'court_code', 'not is_sent_to_crown'),
] -%}
with defendants as (
    select * from {{ ref('stg_magistrates__defendants') }}
),

all_events as (
    select * from {{ dated_events('defendants', 'source_record_id', kinds) }} as defendant_events
),

final as (
    select
        'magistrates' as source_dataset,
        source_record_id,
        {{ surrogate_key(['source_record_id', 'event_type']) }} as event_id,
        event_date,
        event_type,
        event_detail,
        place
    from all_events
)

select * from final
