{#-
  Events from rows that hold several dates. Belongs here: turning dates in columns into rows. Not here: which events a source has.
-#}

{#-
  One row per date that is known: the record, the key, event_type, event_date, event_detail and place. `kinds` lists (event type, date, detail,
  place, condition); the relation is read once, however many kinds there are, and the events of one row stay side by side.
-#}
{% macro dated_events(relation, key, kinds) -%}
(
    select
        source_record_id, source_key, event_type, event_date, event_detail, place
    from (
        select
            dated.source_record_id,
            dated.{{ key }} as source_key,
            kinds.event_type,
            case kinds.event_type
                {%- for event_type, event_date, _, _, condition in kinds %}
                when '{{ event_type }}' then {% if condition == 'true' %}{{ event_date }}{% else %}case when {{ condition }} then {{ event_date }} end{% endif %}
                {%- endfor %}
            end as event_date,
            case kinds.event_type
                {%- for event_type, _, event_detail, _, _ in kinds %}
                when '{{ event_type }}' then cast({{ event_detail }} as varchar)
                {%- endfor %}
            end as event_detail,
            case kinds.event_type
                {%- for event_type, _, _, place, _ in kinds %}
                when '{{ event_type }}' then cast({{ place }} as varchar)
                {%- endfor %}
            end as place
        from {{ relation }} as dated
        cross join (
            {%- for kind in kinds %}
            select cast('{{ kind[0] }}' as varchar) as event_type
            {%- if not loop.last %} union all{% endif %}
            {%- endfor %}
        ) as kinds
    ) as possible_events
    where event_date is not null
)
{%- endmacro %}

{#-
  What every source's journey_events has: the events of its relations in the shape that sources share. `relations` lists
  (relation, its key, kinds); a kind is as in `dated_events`. An event is named by the row that it is on and by its kind.
-#}
{% macro journey_events(source_name, relations) -%}
(
    select
        cast('{{ source_name }}' as varchar) as source_dataset,
        source_record_id,
        {{ surrogate_key(['source_key', 'event_type']) }} as event_id,
        event_date,
        event_type,
        event_detail,
        place
    from (
        {%- for relation, key, kinds in relations %}
        select * from {{ dated_events(relation, key, kinds) }} as {{ relation }}_events
        {%- if not loop.last %}
        union all
        {%- endif %}
        {%- endfor %}
    ) as all_events
)
{%- endmacro %}
