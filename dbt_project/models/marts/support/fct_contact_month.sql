with contacts as (
    select * from {{ ref('stg_probation__contacts') }}
),

supervised as (
    select * from {{ ref('int_event_person') }}
),

dated as (
    select
        contacts.contact_id,
        contacts.event_id_hash,
        {{ month_start('contacts.contact_date') }} as month_start,
        contacts.contact_mode,
        contacts.is_appointment,
        contacts.officer_id,
        contacts.is_attended,
        contacts.is_acceptable_absence
    from contacts
    where contacts.contact_date is not null
),

-- Four ends of an appointment: attended, missed, absent with leave, not recorded. A message is no appointment.
months as (
    select
        event_id_hash,
        month_start,
        count(*) as contacts,
        count(case when is_appointment then 1 end) as planned_appointments,
        count(case when is_appointment and is_attended then 1 end) as attended_appointments,
        count(case when is_appointment and not is_attended and not coalesce(is_acceptable_absence, false) then 1 end)
            as missed_appointments,
        count(case when is_appointment and not is_attended and is_acceptable_absence then 1 end) as acceptable_absences,
        count(case when is_appointment and is_attended is null then 1 end) as outcomes_not_recorded,
        count(case when is_appointment and contact_mode = 'face_to_face' then 1 end) as face_to_face_appointments,
        count(case when is_appointment and contact_mode = 'remote' then 1 end) as remote_appointments,
        count(case when is_appointment and contact_mode = 'activity' then 1 end) as activity_appointments,
        count(case when contact_mode = 'message' then 1 end) as messages,
        count(distinct officer_id) as officers_seen
    from dated
    group by event_id_hash, month_start
),

final as (
    select
        {{ surrogate_key(['months.event_id_hash', 'months.month_start']) }} as contact_month_id,
        supervised.person_id,
        months.event_id_hash,
        months.month_start,
        supervised.disposal_group,
        months.contacts,
        months.planned_appointments,
        months.attended_appointments,
        months.missed_appointments,
        months.acceptable_absences,
        months.outcomes_not_recorded,
        months.face_to_face_appointments,
        months.remote_appointments,
        months.activity_appointments,
        months.messages,
        months.officers_seen,
        case when supervised.person_id is null then 'event not delivered' end as exclude_reason
    from months
    left join supervised on months.event_id_hash = supervised.event_id_hash
)

select * from final
order by contact_month_id
