{#-
  Nothing is sorted here, so rows keep the order in which they are stored. That holds of a cross join with one row; a join that looks
  keys up would let DuckDB store rows in any order.
-#}
with events as (
    select
        *,
        {{ person_text('person_key') }} as person_id,
        {{ place_in_table() }} - events_before as event_sequence
    from {{ ref('int_journey_event') }}
),

kinds as (
    select
        array_agg(event_type order by event_order) as event_types,
        array_agg(event_domain order by event_order) as event_domains
    from {{ ref('ref_event_order') }}
),

final as (
    select
        {{ sequence_key('events.person_id', 'events.event_sequence') }} as journey_event_id,
        events.person_id,
        events.event_sequence,
        events.event_date,
        {{ nth_of('kinds.event_types', 'events.event_order') }} as event_type,
        {{ nth_of('kinds.event_domains', 'events.event_order') }} as event_domain,
        events.event_detail,
        events.place,
        case events.source_order
            {%- for source_name in sources() | sort %}
            when {{ loop.index }} then '{{ source_name }}'
            {%- endfor %}
        end as source_dataset,
        {{ key_text('events.source_record_key') }} as source_record_id
    from events
    cross join kinds
)

select * from final
