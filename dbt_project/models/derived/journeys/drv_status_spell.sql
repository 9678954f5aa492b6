with custody_spells as (
    select * from {{ ref('fct_custody_spell') }}
),

licence_periods as (
    select * from {{ ref('fct_licence_period') }}
),

recalls as (
    select * from {{ ref('fct_recall') }}
),

orders as (
    select * from {{ ref('fct_order') }}
),

court_cases as{{ read_anew() }} (
    select * from {{ ref('fct_court_case') }}
),

in_custody as (
    select
        person_id,
        case spell_kind
            when 'sentence' then 'custody_sentence'
            when 'recall' then 'custody_recall'
            when 'remand' then 'remand'
            else 'custody_other'
        end as status,
        start_date as spell_start,
        end_date as spell_end
    from custody_spells
),

-- The day of expiry is the last day on licence; the day of a recall or a death is the first day off it.
on_licence as (
    select
        person_id,
        'licence' as status,
        licence_start as spell_start,
        case
            when end_reason in ('recalled', 'died') then licence_end_actual
            else {{ add_days('coalesce(licence_end_actual, licence_end_planned)', 1) }}
        end as spell_end
    from licence_periods
),

-- Supervision follows the planned end of the licence, whether or not the licence was served in the community.
on_supervision as (
    select
        person_id,
        'pss' as status,
        pss_start as spell_start,
        {{ add_days('pss_end', 1) }} as spell_end
    from licence_periods
    where pss_end >= pss_start and end_reason <> 'died'
),

-- Recalled and not back: off the licence, not yet in prison. A return on the day of the recall leaves nothing.
at_large as (
    select
        person_id,
        'unlawfully_at_large' as status,
        revocation_date as spell_start,
        return_to_custody_date as spell_end
    from recalls
    where is_counted
),

on_order as (
    select
        person_id,
        case order_kind
            when 'suspended_sentence' then 'suspended_order'
            else 'community_order'
        end as status,
        start_date as spell_start,
        case
            when actual_end_date >= start_date then actual_end_date
            when how_ended <> 'running' then planned_end_date
        end as spell_end
    from orders
    where exclude_reason is null
),

-- A case sent on of which no later row was found is known to wait until it was sent.
awaiting_trial as (
    select
        person_id,
        'awaiting_trial' as status,
        first_hearing_date as spell_start,
        coalesce(
            conviction_date,
            sentence_date,
            completion_date,
            case when outcome = 'sent_on_not_followed' then coalesce(sent_to_crown_date, first_hearing_date) end
        ) as spell_end
    from court_cases
    where not is_company
),

awaiting_sentence as (
    select
        person_id,
        'awaiting_sentence' as status,
        conviction_date as spell_start,
        coalesce(
            sentence_date,
            completion_date,
            case when outcome = 'sent_on_not_followed' then greatest(sent_to_crown_date, conviction_date) end
        ) as spell_end
    from court_cases
    where not is_company and is_convicted
),

-- A wait that ends on the day it began is none; a day in prison is a day in prison.
waits as (
    select * from awaiting_trial
    union all
    select * from awaiting_sentence
    union all
    select * from at_large
),

real_waits as (
    select * from waits
    where spell_end is null or spell_end > spell_start
),

all_spells as (
    select * from in_custody
    union all
    select * from on_licence
    union all
    select * from on_supervision
    union all
    select * from on_order
    union all
    select * from real_waits
),

final as (
    select
        person_id,
        status,
        spell_start,
        spell_end
    from all_spells
    where
        person_id is not null
        and spell_start is not null
        and (spell_end is null or spell_end >= spell_start)
)

select * from final
