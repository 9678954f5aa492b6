with events as (
    select * from {{ ref('stg_probation__events') }}
),

requirements as (
    select * from {{ ref('stg_probation__requirements') }}
),

persons as (
    select * from {{ ref('int_person_record') }}
),

sentences as (
    select * from {{ ref('fct_sentence') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

persons_at_probation as (
    select * from persons
    where source_dataset = 'probation'
),

probation_coverage as (
    select * from coverage
    where source_dataset = 'probation'
),

requirement_counts as (
    select
        event_id_hash,
        count(*) as requirement_count
    from requirements
    group by event_id_hash
),

orders as (
    select
        {{ surrogate_key(['events.event_id_hash', "'order'"]) }} as order_id,
        persons_at_probation.person_id,
        events.event_id_hash,
        events.disposal_class as order_kind,
        events.era,
        events.region,
        events.provider_kind,
        events.court_code,
        events.referral_date,
        events.conviction_date,
        events.disposal_date as start_date,
        events.length_in_days,
        case when events.length_in_days > 0 then {{ add_days('events.disposal_date', 'events.length_in_days') }} end as planned_end_date,
        events.termination_date as actual_end_date,
        events.termination_reason,
        events.termination_ended,
        events.is_in_breach,
        coalesce(requirement_counts.requirement_count, 0) as requirement_count
    from events
    left join persons_at_probation on events.source_record_id = persons_at_probation.source_record_id
    left join requirement_counts on events.event_id_hash = requirement_counts.event_id_hash
    where events.disposal_class in ('community_order', 'suspended_sentence')
),

{#- Without an end date an order runs on, or its end was never entered: the planned end tells which. -#}
ended as (
    select
        orders.*,
        probation_coverage.coverage_to as window_end,
        case
            when orders.termination_ended is not null then orders.termination_ended
            when orders.actual_end_date is not null then 'reason_not_recorded'
            when orders.planned_end_date < probation_coverage.coverage_to then 'end_not_recorded'
            else 'running'
        end as how_ended
    from orders
    left join probation_coverage on true
),

court_sentences as (
    select
        ended.order_id,
        sentences.sentence_id,
        row_number() over (
            partition by ended.order_id
            order by sentences.disposal_rank asc, sentences.order_length_days desc nulls last, sentences.sentence_id asc
        ) as principal_first
    from ended
    inner join sentences
        on
            ended.person_id = sentences.person_id
            and ended.start_date = sentences.sentence_date
            and ended.order_kind = sentences.disposal_class
),

final as (
    select
        ended.order_id,
        ended.person_id,
        ended.event_id_hash,
        court_sentences.sentence_id,
        ended.order_kind,
        ended.era,
        ended.region,
        ended.provider_kind,
        ended.court_code,
        ended.referral_date,
        ended.start_date,
        ended.length_in_days,
        ended.planned_end_date,
        ended.actual_end_date,
        ended.how_ended,
        ended.termination_reason,
        coalesce(ended.how_ended = 'completed', false) as is_completed,
        (ended.how_ended = 'breach' or coalesce(ended.is_in_breach, false)) as was_breached,
        ended.how_ended = 'running' as is_censored,
        case when ended.how_ended = 'running' then ended.window_end end as censor_date,
        coalesce(ended.actual_end_date < ended.start_date, false) as has_negative_length,
        case
            when ended.actual_end_date >= ended.start_date then {{ days_between('ended.start_date', 'ended.actual_end_date') }}
        end as days_served,
        ended.requirement_count,
        case
            when ended.person_id is null then 'no person'
            when ended.start_date is null then 'start date unknown'
            when ended.how_ended = 'quashed' then 'quashed'
            when ended.how_ended = 'artefact' then 'record artefact'
        end as exclude_reason
    from ended
    left join court_sentences
        on
            ended.order_id = court_sentences.order_id
            and court_sentences.principal_first = 1
)

select * from final
order by order_id
