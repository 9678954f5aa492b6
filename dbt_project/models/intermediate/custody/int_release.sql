with probation_releases as (
    select * from {{ ref('stg_probation__releases') }}
),

journeys as{{ read_anew() }} (
    select * from {{ ref('int_prison_journey') }}
),

movements as (
    select * from {{ ref('int_prison_movement') }}
),

sentences as{{ read_anew() }} (
    select * from {{ ref('int_custody_sentence') }}
),

release_types as (
    select * from {{ ref('ref_release_type') }}
),

prisons as (
    select * from {{ ref('prisons') }}
),

from_probation as (
    select
        probation_releases.release_id as source_release_id,
        'probation' as source_dataset,
        sentences.source_record_id,
        sentences.person_id,
        sentences.custody_sentence_id,
        probation_releases.release_date,
        probation_releases.release_type as recorded_type,
        probation_releases.prison_code,
        false as is_after_recall_reception
    from probation_releases
    inner join sentences
        on
            sentences.source_dataset = 'probation'
            and probation_releases.custody_id = sentences.source_sentence_id
),

movement_exits as (
    select
        movement_id as source_release_id,
        custodial_journey_id,
        movement_date as release_date,
        movement_reason_code as recorded_type,
        from_place as prison_code
    from movements
    where direction_code = 'OUT' and movement_type = 'REL'
),

-- The journey states its last release; it counts where no movement of that day does.
journey_exits as (
    select
        journeys.custodial_journey_id as source_release_id,
        journeys.custodial_journey_id,
        journeys.release_date,
        journeys.release_reason_code as recorded_type,
        journeys.release_prison_code as prison_code
    from journeys
    left join movement_exits
        on
            journeys.custodial_journey_id = movement_exits.custodial_journey_id
            and journeys.release_date = movement_exits.release_date
    where journeys.release_date is not null and movement_exits.source_release_id is null
),

exits as (
    select * from movement_exits
    union all
    select * from journey_exits
),

from_prison as (
    select
        exits.source_release_id,
        'prison' as source_dataset,
        journeys.source_record_id,
        journeys.person_id,
        sentences.custody_sentence_id,
        exits.release_date,
        exits.recorded_type,
        exits.prison_code,
        journeys.is_recall_reception as is_after_recall_reception
    from exits
    inner join journeys on exits.custodial_journey_id = journeys.custodial_journey_id
    inner join sentences
        on
            sentences.source_dataset = 'prison'
            and journeys.custodial_journey_id = sentences.source_sentence_id
    where exits.release_date >= coalesce(sentences.sentence_date, exits.release_date)
),

recorded as (
    select * from from_probation
    union all
    select * from from_prison
),

-- A licence that ends on the day of release or before is none, whatever the release is called.
-- Reasons of the prison that are no release from a sentence (bail, court, hospital) have no row in ref_release_type.
typed as (
    select
        recorded.source_release_id,
        recorded.source_dataset,
        recorded.source_record_id,
        recorded.person_id,
        recorded.custody_sentence_id,
        recorded.release_date,
        recorded.recorded_type,
        coalesce(release_types.release_type, 'other') as release_type,
        recorded.prison_code,
        sentences.regime,
        sentences.disposal_group,
        sentences.sentence_days,
        sentences.sentence_band,
        sentences.under_12_months,
        sentences.length_class,
        sentences.has_licence,
        (
            coalesce(release_types.is_on_licence, sentences.has_licence)
            and not coalesce(
                sentences.licence_end_source like 'recorded%' and sentences.licence_end_date <= recorded.release_date,
                false
            )
        ) as is_recorded_on_licence,
        (coalesce(release_types.is_re_release, false) or recorded.is_after_recall_reception) as is_re_release_by_type,
        case
            when recorded.release_date is null then 'release date unknown'
            when release_types.exclude_reason is not null then release_types.exclude_reason
            when recorded.source_dataset = 'prison' and release_types.recorded_type is null then 'not a release from a sentence'
        end as own_exclude_reason
    from recorded
    inner join sentences on recorded.custody_sentence_id = sentences.custody_sentence_id
    left join release_types
        on
            recorded.source_dataset = release_types.source_dataset
            and recorded.recorded_type = release_types.recorded_type
),

-- One release seen in several records: releases of a person that lie within a few days of each other.
spaced as (
    select
        *,
        case
            when
                {{ days_between(
                    'lag(release_date) over (partition by person_id, own_exclude_reason is null order by release_date, source_release_id)',
                    'release_date'
                ) }} <= {{ custody_rule('same_release_window') }}
                then 0
            else 1
        end as starts_group
    from typed
),

grouped as (
    select
        *,
        sum(starts_group) over (
            partition by person_id, own_exclude_reason is null
            order by release_date, source_release_id
            rows unbounded preceding
        ) as release_group
    from spaced
),

-- Of several records of one release the one of probation is kept, on licence before not, the longest sentence first.
ranked as (
    select
        *,
        case when own_exclude_reason is null then row_number() over (
            partition by person_id, own_exclude_reason is null, release_group
            order by
                case when source_dataset = 'probation' then 0 else 1 end,
                case when is_recorded_on_licence and has_licence then 0 else 1 end,
                coalesce(sentence_days, 1000000) desc,
                release_date asc,
                source_release_id asc
        ) end as record_rank,
        first_value(source_release_id) over (
            partition by person_id, own_exclude_reason is null, release_group
            order by
                case when source_dataset = 'probation' then 0 else 1 end,
                case when is_recorded_on_licence and has_licence then 0 else 1 end,
                coalesce(sentence_days, 1000000) desc,
                release_date asc,
                source_release_id asc
        ) as kept_source_release_id,
        max(case when source_dataset = 'probation' then 1 else 0 end) over (
            partition by person_id, own_exclude_reason is null, release_group
        ) as seen_by_probation,
        max(case when source_dataset = 'prison' then 1 else 0 end) over (
            partition by person_id, own_exclude_reason is null, release_group
        ) as seen_by_prison,
        max(case when source_dataset = 'prison' then release_date end) over (
            partition by person_id, own_exclude_reason is null, release_group
        ) as prison_release_date,
        bool_or(is_re_release_by_type) over (
            partition by person_id, own_exclude_reason is null, release_group
        ) as is_re_release_by_any_type
    from grouped
),

judged as (
    select
        *,
        case
            when own_exclude_reason is not null then own_exclude_reason
            when record_rank > 1 then 'same release in another record'
        end as exclude_reason
    from ranked
),

ordered as (
    select
        *,
        case when exclude_reason is null then row_number() over (
            partition by person_id, custody_sentence_id, exclude_reason is null
            order by release_date, source_release_id
        ) end as order_in_sentence,
        case when exclude_reason is null then row_number() over (
            partition by person_id, exclude_reason is null
            order by release_date, source_release_id
        ) end as order_in_life
    from judged
),

final as (
    select
        {{ surrogate_key(['ordered.source_dataset', 'ordered.source_release_id']) }} as release_id,
        ordered.person_id,
        ordered.source_dataset,
        ordered.source_record_id,
        ordered.source_release_id,
        case
            when ordered.own_exclude_reason is null
                then (case
                    when ordered.seen_by_probation = 1 and ordered.seen_by_prison = 1 then 'both'
                    when ordered.seen_by_probation = 1 then 'probation'
                    else 'prison'
                end)
            else ordered.source_dataset
        end as seen_by,
        case
            when ordered.own_exclude_reason is null
                then {{ surrogate_key([
                    "case when ordered.seen_by_probation = 1 then 'probation' else 'prison' end", 'ordered.kept_source_release_id'
                ]) }}
        end as counted_release_id,
        ordered.custody_sentence_id,
        ordered.release_date,
        case when ordered.own_exclude_reason is null then ordered.prison_release_date end as prison_release_date,
        ordered.release_type,
        (ordered.is_recorded_on_licence and ordered.has_licence and ordered.own_exclude_reason is null) as is_on_licence,
        (ordered.is_recorded_on_licence and not ordered.has_licence) as is_licence_against_law,
        case
            when ordered.exclude_reason is null
                then ordered.order_in_sentence = 1 and not ordered.is_re_release_by_any_type
        end as is_first_release,
        ordered.order_in_sentence,
        ordered.order_in_life,
        ordered.prison_code,
        coalesce(prisons.region, 'unknown') as prison_region,
        ordered.regime,
        ordered.disposal_group,
        ordered.sentence_days,
        ordered.sentence_band,
        ordered.under_12_months,
        ordered.length_class,
        ordered.exclude_reason,
        ordered.exclude_reason is null as is_counted
    from ordered
    left join prisons on ordered.prison_code = prisons.code
)

select * from final
