with contacts as (
    select * from {{ source('probation', 'contacts') }}
),

contact_types as (
    select * from {{ ref('contact_types') }}
),

live as (
    select * from contacts where not soft_deleted
),

final as (
    select
        live.contact_id,
        live.event_id_hash,
        {{ real_date('live.contact_date') }} as contact_date,
        live.contact_type_desc as contact_type,
        coalesce(contact_types.contact_mode, 'unknown') as contact_mode,
        coalesce(contact_types.is_appointment, false) as is_appointment,
        live.officer_id,
        live.attended as is_attended,
        live.acceptable_absence as is_acceptable_absence,
        live.contract_flags
    from live
    left join contact_types on live.contact_type_desc = contact_types.code
)

select * from final
