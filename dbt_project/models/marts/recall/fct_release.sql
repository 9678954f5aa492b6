with releases as (
    select * from {{ ref('int_release') }}
),

final as (
    select
        release_id,
        person_id,
        source_dataset,
        source_record_id,
        seen_by,
        counted_release_id,
        custody_sentence_id as custody_id,
        release_date,
        prison_release_date,
        release_type,
        is_on_licence,
        is_licence_against_law,
        is_first_release,
        cast(order_in_sentence as bigint) as order_in_sentence,
        cast(order_in_life as bigint) as order_in_life,
        prison_code,
        prison_region as region,
        regime,
        disposal_group,
        sentence_days,
        sentence_band,
        under_12_months,
        length_class,
        exclude_reason,
        is_counted
    from releases
)

select * from final
order by release_id
