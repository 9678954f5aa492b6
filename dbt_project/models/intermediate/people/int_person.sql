with person_links as (
    select * from {{ source('linkage', 'person_links') }}
),

persons as (
    select distinct person_id
    from person_links
    where person_id is not null
),

-- A number is a narrow stand-in for the pseudonym: it joins, groups and sorts as that does.
final as (
    select
        cast(row_number() over (order by person_id) as integer) as person_number,
        person_id
    from persons
)

select * from final
