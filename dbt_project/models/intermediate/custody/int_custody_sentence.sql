with events as (
    select * from {{ ref('stg_probation__events') }}
),

journeys as (
    select * from {{ ref('int_prison_journey') }}
),

person_records as (
    select * from {{ ref('int_person_record') }}
),

offences as (
    select * from {{ ref('offences') }}
),

rules as (
    select * from {{ ref('ref_release_rule') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

offence_groups as (
    select
        ho_code,
        min(offence_group) as offence_group
    from offences
    group by ho_code
),

ordered_events as (
    select
        *,
        row_number() over (partition by custody_id order by disposal_rank asc nulls last, event_id_hash asc) as custody_order
    from events
    where custody_id is not null
),

probation_sentences as (
    select
        ordered_events.custody_id as custody_sentence_id,
        'probation' as source_dataset,
        ordered_events.source_record_id,
        person_records.person_id,
        person_records.birth_year,
        ordered_events.event_id_hash,
        ordered_events.disposal_group,
        ordered_events.disposal_date as sentence_date,
        ordered_events.offence_date,
        case
            when ordered_events.era like 'ORA%' or ordered_events.era like 'SA2020%' then true
            when ordered_events.era in ('CJA2003', 'pre-CJA2003') then false
        end as is_ora_by_name,
        offence_groups.offence_group,
        ordered_events.length_in_days as sentence_days,
        ordered_events.sentence_expiry_date,
        ordered_events.licence_expiry_date,
        ordered_events.pss_start_date,
        ordered_events.pss_end_date,
        cast(null as date) as conditional_release_date,
        ordered_events.termination_date,
        ordered_events.termination_ended,
        ordered_events.region
    from ordered_events
    inner join person_records
        on
            person_records.source_dataset = 'probation'
            and ordered_events.source_record_id = person_records.source_record_id
    left join offence_groups on ordered_events.offence_ho_code = offence_groups.ho_code
    where ordered_events.custody_order = 1
),

prison_sentences as (
    select
        journeys.custodial_journey_id as custody_sentence_id,
        'prison' as source_dataset,
        journeys.source_record_id,
        journeys.person_id,
        journeys.birth_year,
        cast(null as varchar) as event_id_hash,
        case
            when journeys.disposal_group is not null then journeys.disposal_group
            when journeys.last_legal_status = 'indeterminate_sentence' then 'life'
            else 'determinate_custody'
        end as disposal_group,
        journeys.sentence_start_date as sentence_date,
        journeys.offence_date,
        case when journeys.sentence_calc_type like '%ORA' then true end as is_ora_by_name,
        offences.offence_group,
        journeys.sentence_days,
        journeys.sentence_expiry_date,
        journeys.licence_expiry_date,
        cast(null as date) as pss_start_date,
        journeys.supervision_expiry_date as pss_end_date,
        journeys.conditional_release_date,
        cast(null as date) as termination_date,
        cast(null as varchar) as termination_ended,
        journeys.release_prison_region as region
    from journeys
    left join offences on journeys.offence_code = offences.code
    where
        journeys.sentence_start_date is not null
        or journeys.disposal_group is not null
        or journeys.is_recall_reception
),

sentences as (
    select * from probation_sentences
    union all
    select * from prison_sentences
),

-- The Act applies by the day of the offence. Where that is not known, the name of the sentence tells on which side of the
-- Act it lies, and else the day of the sentence.
dated as (
    select
        *,
        offence_date is null as is_offence_date_assumed,
        case
            when offence_date is not null then offence_date
            when is_ora_by_name then greatest(coalesce(sentence_date, {{ custody_rule_date('ora') }}), {{ custody_rule_date('ora') }})
            when not is_ora_by_name
                then least(
                    coalesce(sentence_date, {{ add_days(custody_rule_date('ora'), -1) }}), {{ add_days(custody_rule_date('ora'), -1) }}
                )
            else sentence_date
        end as law_offence_date
    from sentences
),

candidates as (
    select
        dated.*,
        disposals.unbanded_class,
        rules.regime,
        rules.release_numerator,
        rules.release_denominator,
        rules.release_authority,
        rules.has_licence,
        rules.licence_kind,
        rules.licence_end_basis,
        rules.may_have_supervision,
        row_number() over (
            partition by dated.source_dataset, dated.custody_sentence_id order by rules.rule_order asc nulls last
        ) as rule_choice
    from dated
    left join disposals on dated.disposal_group = disposals.disposal_group
    left join rules
        on
            dated.disposal_group = rules.disposal_group
            and coalesce(dated.sentence_days, -1) between rules.from_days and rules.to_days
            and case
                when rules.date_basis = 'offence' then dated.law_offence_date
                else coalesce(dated.sentence_date, dated.law_offence_date)
            end
            between coalesce(rules.from_date, date '1900-01-01') and coalesce(rules.to_date, {{ far_future() }})
            and (
                rules.listed_offence_groups is null
                or ';' || rules.listed_offence_groups || ';' like '%;' || dated.offence_group || ';%'
            )
),

chosen as (
    select * from candidates where rule_choice = 1
),

computed as (
    select
        *,
        {{ custodial_days('sentence_days', 'release_numerator', 'release_denominator') }} as custodial_part_days,
        {{ sentence_expiry('sentence_date', 'sentence_days') }} as sentence_expiry_computed_date
    from chosen
),

final as (
    select
        {{ surrogate_key(['source_dataset', 'custody_sentence_id']) }} as custody_sentence_id,
        custody_sentence_id as source_sentence_id,
        source_dataset,
        source_record_id,
        person_id,
        birth_year,
        event_id_hash,
        disposal_group,
        sentence_date,
        offence_date,
        law_offence_date,
        is_offence_date_assumed,
        offence_group,
        sentence_days,
        case
            when disposal_group is not null and unbanded_class is null then {{ sentence_band('sentence_days') }}
        end as sentence_band,
        case
            when unbanded_class = 'extended determinate' then false
            when disposal_group is not null and unbanded_class is null then {{ under_12_months('sentence_days') }}
        end as under_12_months,
        coalesce(unbanded_class, {{ sentence_band('sentence_days') }}, 'length unknown') as length_class,
        coalesce(regime, 'unknown') as regime,
        release_authority,
        coalesce(has_licence, true) as has_licence,
        licence_kind,
        coalesce(licence_end_basis, 'sentence_expiry') as licence_end_basis,
        coalesce(may_have_supervision, false) as may_have_supervision,
        custodial_part_days,
        sentence_days - custodial_part_days as licence_part_days,
        conditional_release_date,
        {{ add_days('sentence_date', 'custodial_part_days - 1') }} as release_computed_date,
        sentence_expiry_date,
        sentence_expiry_computed_date,
        licence_expiry_date,
        case
            when licence_end_basis = 'indeterminate' then 'indeterminate'
            when not has_licence then 'none'
            when licence_expiry_date is not null then 'recorded licence expiry'
            when sentence_expiry_date is not null then 'recorded sentence expiry'
            when sentence_expiry_computed_date is not null then 'computed'
            else 'unknown'
        end as licence_end_source,
        case
            when licence_end_basis = 'indeterminate' or not has_licence then null
            else coalesce(licence_expiry_date, sentence_expiry_date, sentence_expiry_computed_date)
        end as licence_end_date,
        pss_start_date,
        pss_end_date,
        coalesce(
            may_have_supervision
            and law_offence_date >= {{ custody_rule_date('ora') }}
            and sentence_days between {{ custody_rule('supervision_sentence_from') }} and {{ custody_rule('supervision_sentence_to') }}
            and sentence_days - custodial_part_days <= {{ custody_rule('supervision_licence_to') }}
            and (
                birth_year is null
                or {{ year_of(add_days('sentence_date', 'custodial_part_days - 1')) }} - birth_year >= {{ custody_rule('supervision_age') }}
            ),
            false
        ) as is_supervision_eligible,
        termination_date,
        termination_ended,
        region
    from computed
)

select * from final
