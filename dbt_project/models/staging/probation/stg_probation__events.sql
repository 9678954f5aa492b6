with events as (
    select * from {{ source('probation', 'events') }}
),

disposal_types as (
    select * from {{ ref('disposal_types_delius') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

termination_reasons as (
    select * from {{ ref('disposal_termination_reasons') }}
),

areas as (
    select * from {{ ref('probation_areas') }}
),

live as (
    select * from events where not soft_deleted
),

final as (
    select
        live.event_id_hash,
        live.offender_id,
        live.offender_id as source_record_id,
        live.event_number,
        {{ real_date('live.referral_date') }} as referral_date,
        live.age_at_offence,
        live.probation_area_desc as probation_area,
        coalesce(areas.provider_kind, 'unknown') as provider_kind,
        coalesce(areas.region, 'unknown') as region,
        live.mo_code as offence_ho_code,
        live.mo_category_description as offence_category,
        {{ real_date('live.offence_date') }} as offence_date,
        {{ real_date('live.conviction_date') }} as conviction_date,
        live.court_code,
        live.disposal_type_description as disposal_type,
        disposal_types.kind as disposal_kind,
        disposal_types.era,
        disposal_types.disposal_group,
        disposals.disposal_class,
        disposals.disposal_rank,
        coalesce(disposal_types.disposal_group <> 'not_a_sentence', false) as is_sentence,
        {{ real_date('live.disposal_date') }} as disposal_date,
        {{ real_date('live.disposal_termination_date') }} as termination_date,
        live.disposal_termination_reason_desc as termination_reason,
        termination_reasons.ended as termination_ended,
        live.length as length_as_entered,
        live.length_in_days,
        live.recall_count,
        live.in_breach as is_in_breach,
        live.custody_id,
        live.custodial_status_code,
        {{ real_date('live.sentence_expiry_date') }} as sentence_expiry_date,
        {{ real_date('live.licence_expiry_date') }} as licence_expiry_date,
        {{ real_date('live.pss_start_date') }} as pss_start_date,
        {{ real_date('live.pss_end_date') }} as pss_end_date,
        live.contract_flags
    from live
    left join disposal_types on live.disposal_type_description = disposal_types.code
    left join disposals on disposal_types.disposal_group = disposals.disposal_group
    left join termination_reasons on live.disposal_termination_reason_desc = termination_reasons.code
    left join areas on live.probation_area_desc = areas.code
)

select * from final
