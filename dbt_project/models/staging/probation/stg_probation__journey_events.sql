{#- relation, its key, its events: event type, date, detail, place, condition -#}
{%- set on_order = "disposal_class in ('community_order', 'suspended_sentence')" -%}
{%- set is_recall = 'coalesce(is_licence_recall, true) and coalesce(is_recall_outcome, true) and not is_rescinded' -%}
{%- set relations = [
    ('events', 'event_id_hash', [
        ('offence', 'offence_date', 'offence_category', 'null', 'true'),
        ('conviction', 'conviction_date', 'offence_category', 'court_code', 'true'),
        ('sentence', 'disposal_date', 'disposal_group', 'court_code', 'is_sentence'),
        ('order_start', 'disposal_date', 'disposal_group', 'probation_area', on_order),
        ('order_end', 'termination_date', 'termination_ended', 'probation_area', on_order),
    ]),
    ('requirements', 'requirement_id', [
        ('requirement_start', 'commencement_date', 'requirement_type', 'probation_area', 'true'),
        ('requirement_end', 'termination_date', 'termination_ended', 'probation_area', 'true'),
    ]),
    ('reports', 'court_report_id', [
        ('report_requested', 'requested_date', 'requested_type', 'court_code', 'true'),
        ('report_completed', 'completed_date', 'delivered_type', 'court_code', 'true'),
    ]),
    ('releases', 'release_id', [
        ('licence_release', 'release_date', 'release_type', 'prison_code', 'is_on_licence_type'),
    ]),
    ('recalls', 'recall_id', [
        ('recall', 'revocation_date', 'recall_length_type', 'null', is_recall),
        ('return_to_custody', 'return_to_custody_date', 'recall_length_type', 'null', is_recall),
    ]),
    ('referrals', 'referral_id', [
        ('referral', 'referral_date', 'referral_type', 'null', 'true'),
    ]),
    ('offenders', 'offender_id', [
        ('death', 'deceased_date', 'null', 'null', 'true'),
    ]),
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

final as (
    select * from {{ journey_events('probation', relations) }} as journey_events
)

select * from final
