with spells as (
    select * from {{ ref('int_custody_spell') }}
),

journeys as (
    select * from {{ ref('int_prison_journey') }}
),

sentences as (
    select * from {{ ref('int_custody_sentence') }}
),

prisons as (
    select * from {{ ref('prisons') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

prison_window as (
    select max(coverage_to) as coverage_to
    from coverage
    where source_dataset = 'prison'
),

final as (
    select
        spells.custody_spell_id,
        spells.person_id,
        journeys.source_record_id,
        spells.start_date,
        spells.end_date,
        spells.spell_kind,
        case
            when spells.end_date is null then 'still in custody'
            when spells.end_effect = 'sentenced' then 'sentenced'
            when spells.end_effect = 'release' then 'released'
            when spells.end_effect = 'bail' then 'bailed'
            when spells.end_effect = 'death' then 'died'
            when spells.end_effect = 'deported' then 'removed from the country'
            when spells.end_effect = 'merge' then 'record merged'
            else 'other'
        end as end_reason,
        spells.end_date is null as is_open,
        spells.prison_code,
        coalesce(prisons.region, 'unknown') as region,
        spells.end_prison_code,
        case when spells.spell_kind in ('sentence', 'recall') then sentences.disposal_group end as disposal_group,
        case when spells.spell_kind in ('sentence', 'recall') then sentences.sentence_days end as sentence_days,
        case when spells.spell_kind in ('sentence', 'recall') then sentences.sentence_band end as sentence_band,
        case when spells.spell_kind in ('sentence', 'recall') then journeys.sentence_start_date end as sentence_start_date,
        journeys.conditional_release_date,
        journeys.licence_expiry_date,
        journeys.sentence_expiry_date,
        journeys.is_date_overridden,
        {{ days_between('spells.start_date', 'coalesce(spells.end_date, greatest(prison_window.coverage_to, spells.start_date))') }}
            as days_served,
        cast(spells.merged_parts as bigint) as merged_parts
    from spells
    cross join prison_window
    inner join journeys on spells.custodial_journey_id = journeys.custodial_journey_id
    left join sentences
        on
            sentences.source_dataset = 'prison'
            and spells.custodial_journey_id = sentences.source_sentence_id
    left join prisons on spells.prison_code = prisons.code
)

select * from final
order by custody_spell_id
