{#- Nothing is joined or sorted here, so rows keep the order in which they are stored. -#}
with events as (
    select
        *,
        {{ person_text('person_key') }} as person_id,
        {{ place_in_table() }} - events_before as event_sequence
    from {{ ref('int_journey_event') }}
),

final as (
    select
        {{ sequence_key('person_id', 'event_sequence') }} as journey_event_id,
        person_id,
        event_sequence,
        event_date,
        event_type,
        event_domain,
        event_detail,
        place,
        case source_order
            {%- for source_name in sources() | sort %}
            when {{ loop.index }} then '{{ source_name }}'
            {%- endfor %}
        end as source_dataset,
        {{ key_text('source_record_key') }} as source_record_id
    from events
)

select * from final
