{#- event type, relation, its key, date, detail, place, condition -#}
{%- set kinds = [
    ('offence', 'events', 'event_id_hash', 'offence_date', 'offence_category', 'null', 'true'),
    ('conviction', 'events', 'event_id_hash', 'conviction_date', 'offence_category', 'court_code', 'true'),
    ('sentence', 'events', 'event_id_hash', 'disposal_date', 'disposal_group', 'court_code', 'is_sentence'),
    ('order_start', 'events', 'event_id_hash', 'disposal_date', 'disposal_group', 'probation_area',
        "disposal_class in ('community_order', 'suspended_sentence')"),
    ('order_end', 'events', 'event_id_hash', 'termination_date', 'termination_ended', 'probation_area',
        "disposal_class in ('community_order', 'suspended_sentence')"),
    ('requirement_start', 'requirements', 'requirement_id', 'commencement_date', 'requirement_type', 'probation_area', 'true'),
    ('requirement_end', 'requirements', 'requirement_id', 'termination_date', 'termination_ended', 'probation_area', 'true'),
    ('report_requested', 'reports', 'court_report_id', 'requested_date', 'requested_type', 'court_code', 'true'),
    ('report_completed', 'reports', 'court_report_id', 'completed_date', 'delivered_type', 'court_code', 'true'),
    ('licence_release', 'releases', 'release_id', 'release_date', 'release_type', 'prison_code', 'is_on_licence_type'),
    ('recall', 'recalls', 'recall_id', 'revocation_date', 'recall_length_type', 'null',
        'coalesce(is_licence_recall, true) and coalesce(is_recall_outcome, true) and not is_rescinded'),
    ('return_to_custody', 'recalls', 'recall_id', 'return_to_custody_date', 'recall_length_type', 'null',
        'coalesce(is_licence_recall, true) and coalesce(is_recall_outcome, true) and not is_rescinded'),
    ('referral', 'referrals', 'referral_id', 'referral_date', 'referral_type', 'null', 'true'),
    ('death', 'offenders', 'offender_id', 'deceased_date', 'null', 'null', 'true'),
] -%}
with offenders as (
    select * from {{ ref('stg_probation__offenders') }}
),

events as (
    select * from {{ ref('stg_probation__events') }}
),

staged_requirements as (
    select * from {{ ref('stg_probation__requirements') }}
),

staged_reports as (
    select * from {{ ref('stg_probation__court_reports') }}
),

staged_releases as (
    select * from {{ ref('stg_probation__releases') }}
),

staged_recalls as (
    select * from {{ ref('stg_probation__recalls') }}
),

staged_referrals as (
    select * from {{ ref('stg_probation__referrals') }}
),

custodies as (
    select
        custody_id,
        min(source_record_id) as source_record_id
    from events
    where custody_id is not null
    group by custody_id
),

requirements as (
    select
        events.source_record_id,
        staged_requirements.requirement_id,
        staged_requirements.commencement_date,
        staged_requirements.termination_date,
        staged_requirements.requirement_type,
        staged_requirements.termination_ended,
        staged_requirements.probation_area
    from staged_requirements
    inner join events on staged_requirements.event_id_hash = events.event_id_hash
),

reports as (
    select
        events.source_record_id,
        staged_reports.court_report_id,
        staged_reports.requested_date,
        staged_reports.completed_date,
        staged_reports.requested_type,
        staged_reports.delivered_type,
        staged_reports.court_code
    from staged_reports
    inner join events on staged_reports.event_id_hash = events.event_id_hash
),

releases as (
    select
        custodies.source_record_id,
        staged_releases.release_id,
        staged_releases.release_date,
        staged_releases.release_type,
        staged_releases.is_on_licence_type,
        staged_releases.prison_code
    from staged_releases
    inner join custodies on staged_releases.custody_id = custodies.custody_id
),

recalls as (
    select
        releases.source_record_id,
        staged_recalls.recall_id,
        staged_recalls.revocation_date,
        staged_recalls.return_to_custody_date,
        staged_recalls.recall_length_type,
        staged_recalls.is_licence_recall,
        staged_recalls.is_recall_outcome,
        staged_recalls.is_rescinded
    from staged_recalls
    inner join releases on staged_recalls.release_id = releases.release_id
),

referrals as (
    select
        events.source_record_id,
        staged_referrals.referral_id,
        staged_referrals.referral_date,
        staged_referrals.referral_type
    from staged_referrals
    inner join events on staged_referrals.event_id_hash = events.event_id_hash
),

{% for event_type, relation, key, event_date, event_detail, place, condition in kinds -%}
{{ event_type }}_events as (
    select
        source_record_id,
        {{ key }} as source_key,
        {{ event_date }} as event_date,
        '{{ event_type }}' as event_type,
        cast({{ event_detail }} as varchar) as event_detail,
        cast({{ place }} as varchar) as place
    from {{ relation }}
    where {{ event_date }} is not null and {{ condition }}
),

{% endfor -%}
all_events as (
    {%- for kind in kinds %}
    select * from {{ kind[0] }}_events
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        'probation' as source_dataset,
        source_record_id,
        {{ surrogate_key(['source_key', 'event_type']) }} as event_id,
        event_date,
        event_type,
        event_detail,
        place
    from all_events
)

select * from final
