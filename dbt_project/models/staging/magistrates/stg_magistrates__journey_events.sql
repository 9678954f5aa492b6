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

final as (
    select * from {{ journey_events('magistrates', [('defendants', 'source_record_id', kinds)]) }} as journey_events
)

select * from final
