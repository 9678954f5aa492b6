{#- Signs that can hardly be innocent, and those that may be; what each says stands at source linkage.link_signs. -#}
{%- set signs = {
    'missed': {'sure': ['number_elsewhere'], 'possible': ['weak_pair', 'joined_at_low', 'too_little']},
    'false': {'sure': ['other_number', 'other_birth'], 'possible': ['parted_at_high']},
} -%}
with person_records as (
    select * from {{ ref('int_person_record') }}
),

link_signs as (
    select * from {{ source('linkage', 'link_signs') }}
),

signed_records as (
    select
        source_dataset,
        source_record_id,
        {% for error, by_weight in signs.items() %}
        max(
            case sign
                {% for sign in by_weight.sure %}
                when '{{ sign }}' then 1
                {% endfor %}
                else 0
            end
        ) as {{ error }}_at_least,
        max(
            case sign
                {% for sign in by_weight.sure + by_weight.possible %}
                when '{{ sign }}' then 1
                {% endfor %}
                else 0
            end
        ) as {{ error }}_at_most
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from link_signs
    group by source_dataset, source_record_id
),

judged as (
    select
        person_records.source_dataset,
        person_records.sex,
        person_records.ethnic_group,
        {{ age_band(year_of('person_records.recorded_date'), 'person_records.birth_year') }} as age_band,
        coalesce(cast({{ year_of('person_records.recorded_date') }} as varchar), 'unknown') as recorded_year,
        coalesce(signed_records.missed_at_least, 0) as missed_at_least,
        coalesce(signed_records.missed_at_most, 0) as missed_at_most,
        coalesce(signed_records.false_at_least, 0) as false_at_least,
        coalesce(signed_records.false_at_most, 0) as false_at_most
    from person_records
    left join signed_records
        on
            person_records.source_dataset = signed_records.source_dataset
            and person_records.source_record_id = signed_records.source_record_id
    where person_records.is_person
),

record_groups as (
    select
        source_dataset,
        sex,
        ethnic_group,
        age_band,
        recorded_year,
        count(*) as row_count,
        sum(missed_at_least) as missed_at_least,
        sum(missed_at_most) as missed_at_most,
        sum(false_at_least) as false_at_least,
        sum(false_at_most) as false_at_most
    from judged
    group by source_dataset, sex, ethnic_group, age_band, recorded_year
),

final as (
    {% for error in signs %}
    {% for side in ['at_least', 'at_most'] %}
    {{ share_by_category('record_groups', "'" ~ error ~ "_links_" ~ side ~ "'", 'null', error ~ '_' ~ side, [
        ('all', "'all'"), ('source', 'source_dataset'), ('sex', 'sex'), ('ethnic_group', 'ethnic_group'), ('age_band', 'age_band'),
        ('year', 'recorded_year'),
    ]) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
