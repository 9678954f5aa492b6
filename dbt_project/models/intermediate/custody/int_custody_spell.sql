with journeys as{{ read_anew() }} (
    select * from {{ ref('int_prison_journey') }}
),

movements as (
    select * from {{ ref('int_prison_movement') }}
),

-- The moments at which a person goes in or comes out; transfers, court days and temporary absences are not among them.
journey_starts as (
    select
        custodial_journey_id,
        booking_begin_date as point_date,
        cast(0 as bigint) as point_order,
        'in' as direction,
        reception_legal_status as legal_status,
        is_recall_reception as is_recall,
        prison_code,
        cast(null as varchar) as effect
    from journeys
    where booking_begin_date is not null
),

movement_points as (
    select
        custodial_journey_id,
        movement_date as point_date,
        movement_seq as point_order,
        case when direction_code = 'IN' then 'in' else 'out' end as direction,
        legal_status,
        (direction_code = 'IN' and (movement_effect = 'recall_admission' or is_recall_status)) as is_recall,
        case when direction_code = 'IN' then to_place else from_place end as prison_code,
        case when direction_code = 'OUT' then movement_effect end as effect
    from movements
    where
        (direction_code = 'IN' and (movement_type = 'ADM' or movement_effect = 'recall_admission'))
        or (direction_code = 'OUT' and movement_type = 'REL' and movement_effect <> 'merge')
),

journey_releases as (
    select
        custodial_journey_id,
        release_date as point_date,
        cast(1000000 as bigint) as point_order,
        'out' as direction,
        cast(null as varchar) as legal_status,
        false as is_recall,
        release_prison_code as prison_code,
        coalesce(release_effect, 'other') as effect
    from journeys
    where release_date >= booking_begin_date and coalesce(release_effect, 'other') <> 'merge'
),

journey_ends as (
    select
        custodial_journey_id,
        booking_end_date as point_date,
        cast(1000001 as bigint) as point_order,
        'out' as direction,
        cast(null as varchar) as legal_status,
        false as is_recall,
        release_prison_code as prison_code,
        coalesce(release_effect, 'other') as effect
    from journeys
    where booking_end_date >= booking_begin_date
),

points as (
    select * from journey_starts
    union all
    select * from movement_points
    union all
    select * from journey_releases
    union all
    select * from journey_ends
),

compared as (
    select
        custodial_journey_id,
        point_date,
        point_order,
        direction,
        legal_status,
        bool_or(is_recall) over (partition by custodial_journey_id, point_date, direction) as is_recall,
        prison_code,
        effect,
        lag(direction, 1, 'out') over (
            partition by custodial_journey_id order by point_date, point_order, direction, effect, prison_code, legal_status
        ) as direction_before
    from points
),

turns as (
    select * from compared where direction <> direction_before
),

paired as (
    select
        custodial_journey_id,
        point_order,
        direction,
        point_date as start_date,
        lead(point_date) over turns_in_order as end_date,
        lead(effect) over turns_in_order as end_effect,
        lead(prison_code) over turns_in_order as end_prison_code,
        legal_status,
        is_recall,
        prison_code
    from turns
    window turns_in_order as (partition by custodial_journey_id order by point_date, point_order, direction)
),

stays as (
    select
        paired.custodial_journey_id,
        journeys.person_id,
        paired.point_order,
        paired.start_date,
        paired.end_date,
        paired.end_effect,
        paired.prison_code,
        paired.end_prison_code,
        journeys.sentence_start_date,
        case
            when paired.is_recall then 'recall'
            when paired.legal_status in ('remand', 'convicted_unsentenced') then 'remand'
            when paired.legal_status in ('sentenced', 'indeterminate_sentence') then 'sentence'
            when journeys.sentence_start_date <= paired.start_date then 'sentence'
            else 'other'
        end as admission_kind
    from paired
    inner join journeys on paired.custodial_journey_id = journeys.custodial_journey_id
    where paired.direction = 'in'
),

-- A stay that begins without a sentence becomes one on the day the sentence begins.
classified as (
    select
        *,
        case
            when admission_kind in ('remand', 'other') and sentence_start_date <= start_date then 'sentence'
            else admission_kind
        end as first_kind,
        (
            admission_kind in ('remand', 'other')
            and sentence_start_date > start_date
            and sentence_start_date <= coalesce(end_date, {{ far_future() }})
        ) as is_split
    from stays
),

first_parts as (
    select
        custodial_journey_id,
        person_id,
        point_order,
        1 as part,
        start_date,
        case when is_split then sentence_start_date else end_date end as end_date,
        case when is_split then 'sentenced' else end_effect end as end_effect,
        prison_code,
        case when is_split then prison_code else end_prison_code end as end_prison_code,
        first_kind as spell_kind
    from classified
),

sentence_parts as (
    select
        custodial_journey_id,
        person_id,
        point_order,
        2 as part,
        sentence_start_date as start_date,
        end_date,
        end_effect,
        prison_code,
        end_prison_code,
        'sentence' as spell_kind
    from classified
    where is_split
),

parts as (
    select * from first_parts
    union all
    select * from sentence_parts
),

-- Parts of one kind that touch or overlap are one spell, unless the person was released between.
reached as (
    select
        *,
        max(coalesce(end_date, {{ far_future() }})) over (
            partition by person_id, spell_kind
            order by start_date, coalesce(end_date, {{ far_future() }}), custodial_journey_id, point_order, part
            rows between unbounded preceding and 1 preceding
        ) as reached_before,
        lag(end_effect) over (
            partition by person_id, spell_kind
            order by start_date, coalesce(end_date, {{ far_future() }}), custodial_journey_id, point_order, part
        ) as effect_before
    from parts
),

marked as (
    select
        *,
        case
            when start_date < reached_before then 0
            when
                start_date <= {{ add_days('reached_before', custody_rule('wait_for_spell')) }}
                and coalesce(effect_before, 'other') not in ('release', 'bail', 'deported')
                then 0
            else 1
        end as starts_spell
    from reached
),

numbered as (
    select
        *,
        sum(starts_spell) over (
            partition by person_id, spell_kind
            order by start_date, coalesce(end_date, {{ far_future() }}), custodial_journey_id, point_order, part
            rows unbounded preceding
        ) as spell_number
    from marked
),

ranked as (
    select
        *,
        row_number() over (
            partition by person_id, spell_kind, spell_number
            order by start_date, coalesce(end_date, {{ far_future() }}), custodial_journey_id, point_order, part
        ) as from_first,
        row_number() over (
            partition by person_id, spell_kind, spell_number
            order by
                coalesce(end_date, {{ far_future() }}) desc, start_date desc, custodial_journey_id desc, point_order desc, part desc
        ) as from_last
    from numbered
),

spells as (
    select
        person_id,
        spell_kind,
        spell_number,
        max(case when from_first = 1 then custodial_journey_id end) as custodial_journey_id,
        max(case when from_last = 1 then custodial_journey_id end) as last_custodial_journey_id,
        max(case when from_first = 1 then start_date end) as start_date,
        max(case when from_last = 1 then end_date end) as end_date,
        max(case when from_last = 1 then end_effect end) as end_effect,
        max(case when from_first = 1 then prison_code end) as prison_code,
        max(case when from_last = 1 then end_prison_code end) as end_prison_code,
        count(*) as merged_parts
    from ranked
    group by person_id, spell_kind, spell_number
),

final as (
    select
        {{ surrogate_key(['person_id', 'spell_kind', 'custodial_journey_id', 'start_date']) }} as custody_spell_id,
        person_id,
        custodial_journey_id,
        last_custodial_journey_id,
        spell_kind,
        start_date,
        end_date,
        case when end_date is null then null else coalesce(end_effect, 'other') end as end_effect,
        prison_code,
        case when end_date is null then null else end_prison_code end as end_prison_code,
        merged_parts
    from spells
)

select * from final
