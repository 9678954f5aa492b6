with incidence as (
    select * from {{ ref('agg_recall_incidence') }}
),

-- Estimates are shown on the grid of what rounded counts could give, so that none leads back to an exact count.
bounded as (
    select
        *,
        {{ log_log_bound('cumulative_incidence', 'incidence_variance', '+') }} as incidence_upper,
        {{ log_log_bound('cumulative_incidence', 'incidence_variance', '-') }} as incidence_lower,
        cast(floor(cumulative_incidence * releases + 0.5) as bigint) as incidence_count,
        cast(floor(one_minus_kaplan_meier * releases + 0.5) as bigint) as kaplan_meier_count
    from incidence
),

judged as (
    select
        *,
        case
            when {{ is_small('still_followed') }} then 'too few still followed'
            else {{ share_reason('recalls', 'releases') }}
        end as suppression_reason
    from bounded
),

gridded as (
    select
        *,
        suppression_reason is not null as is_suppressed,
        {{ rounded_count('releases') }} as rounded_releases,
        {{ rounded_count('incidence_count') }} as rounded_incidence,
        {{ rounded_count('kaplan_meier_count') }} as rounded_kaplan_meier,
        floor(incidence_lower * releases / {{ rounding_base() }}) * {{ rounding_base() }} as lower_count,
        ceil(incidence_upper * releases / {{ rounding_base() }}) * {{ rounding_base() }} as upper_count
    from judged
),

final as (
    select
        {{ surrogate_key(['release_order', 'length_class', 'month']) }} as cell_id,
        release_order,
        length_class,
        month,
        {{ safe_count('recalls', 'is_suppressed') }} as numerator,
        {{ safe_count('releases') }} as denominator,
        case when not is_suppressed then cast(rounded_incidence as double) / rounded_releases end as rate,
        case
            when not is_suppressed
                then greatest(0.0, least(cast(rounded_incidence as double), lower_count) / rounded_releases)
        end as rate_lower,
        case
            when not is_suppressed
                then least(1.0, greatest(cast(rounded_incidence as double), upper_count) / rounded_releases)
        end as rate_upper,
        case when not is_suppressed then cast(rounded_kaplan_meier as double) / rounded_releases end as one_minus_kaplan_meier,
        {{ safe_count('still_followed', 'is_suppressed') }} as still_followed,
        {{ safe_count('competing_ends', 'is_suppressed') }} as competing_ends,
        is_suppressed,
        suppression_reason
    from gridded
)

select * from final
order by cell_id
