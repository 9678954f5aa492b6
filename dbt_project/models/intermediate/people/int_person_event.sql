{%- for source_name in sources() | sort %}
{% if loop.first %}with {% endif %}{{ source_name }}_events as (
    select
        cast({{ loop.index }} as tinyint) as source_order,
        {{ narrow_key('source_record_id') }} as source_record_key,
        event_date,
        event_type,
        event_detail,
        place
    from {{ ref('stg_' ~ source_name ~ '__journey_events') }}
),

{{ source_name }}_persons as (
    select
        {{ narrow_key('source_record_id') }} as source_record_key,
        person_number
    from {{ ref('int_person_record') }}
    where source_dataset = '{{ source_name }}' and is_person
),

{% endfor -%}
final as (
    {%- for source_name in sources() | sort %}
    select
        {{ source_name }}_events.source_order,
        {{ source_name }}_events.source_record_key,
        {{ source_name }}_persons.person_number,
        {{ source_name }}_events.event_date,
        {{ source_name }}_events.event_type,
        {{ source_name }}_events.event_detail,
        {{ source_name }}_events.place
    from {{ source_name }}_events
    inner join {{ source_name }}_persons
        on {{ source_name }}_events.source_record_key = {{ source_name }}_persons.source_record_key
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select * from final
