with records as (
    {% for source_name in sources() %}
    select
        source_dataset,
        source_record_id,
        sex,
        ethnicity_18,
        ethnic_group,
        ethnicity_basis,
        birth_year,
        recorded_date,
        region,
        is_person
    from {{ ref('stg_' ~ source_name ~ '__person_records') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

person_links as (
    select * from {{ source('linkage', 'person_links') }}
),

persons as (
    select * from {{ ref('int_person') }}
),

final as (
    select
        records.source_dataset,
        records.source_record_id,
        persons.person_number,
        person_links.person_id,
        person_links.person_id_high,
        person_links.person_id_low,
        person_links.match_weight,
        records.sex,
        records.ethnicity_18,
        records.ethnic_group,
        records.ethnicity_basis,
        records.birth_year,
        records.recorded_date,
        records.region,
        records.is_person
    from records
    left join person_links
        on
            records.source_dataset = person_links.source_dataset
            and records.source_record_id = person_links.source_record_id
    left join persons on person_links.person_id = persons.person_id
)

select * from final
