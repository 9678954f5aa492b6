with person_crosswalk as (
    select * from {{ source('linkage', 'person_crosswalk') }}
),

final as (
    select
        {{ surrogate_key(['threshold', 'previous_person_id', 'person_id']) }} as crosswalk_id,
        threshold,
        previous_person_id,
        person_id,
        kind as change_kind,
        records as record_count
    from person_crosswalk
)

select * from final
order by crosswalk_id
