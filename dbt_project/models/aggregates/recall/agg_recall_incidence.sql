{#- Aalen-Johansen cumulative incidence of recall with its competing ends, and one minus Kaplan-Meier, at every month of the first year. -#}
with cohort as (
    select * from {{ ref('int_release_cohort') }}
),

licences as (
    select * from {{ ref('int_licence_period') }}
),

members as (
    select
        case when licences.is_first_release then 'first release' else 're-release' end as release_order,
        licences.length_class,
        cohort.time_at_risk_days,
        cohort.event
    from cohort
    inner join licences on cohort.release_id = licences.release_id
    where cohort.is_in_cohort
),

strata_members as (
    select
        release_order,
        length_class,
        time_at_risk_days,
        event
    from members
    union all
    select
        release_order,
        'all' as length_class,
        time_at_risk_days,
        event
    from members
    union all
    select
        'all' as release_order,
        length_class,
        time_at_risk_days,
        event
    from members
    union all
    select
        'all' as release_order,
        'all' as length_class,
        time_at_risk_days,
        event
    from members
),

sizes as (
    select
        release_order,
        length_class,
        count(*) as releases
    from strata_members
    group by release_order, length_class
),

days as (
    select
        release_order,
        length_class,
        time_at_risk_days as day,
        sum(case when event = 'recall' then 1 else 0 end) as recalls,
        sum(case when event in ('death', 'new_custody', 'licence_end') then 1 else 0 end) as competing,
        count(*) as leaving
    from strata_members
    group by release_order, length_class, time_at_risk_days
),

at_risk as (
    select
        days.release_order,
        days.length_class,
        days.day,
        cast(days.recalls as double) as recalls,
        cast(days.recalls + days.competing as double) as ends,
        cast(
            sizes.releases - coalesce(sum(days.leaving) over (
                partition by days.release_order, days.length_class
                order by days.day
                rows between unbounded preceding and 1 preceding
            ), 0) as double
        ) as risk_set
    from days
    inner join sizes
        on
            days.release_order = sizes.release_order
            and days.length_class = sizes.length_class
),

-- A product of factors is the exponential of a sum of logarithms; a factor of zero is counted apart.
factors as (
    select
        *,
        case when ends < risk_set then ln(1.0 - ends / risk_set) else 0.0 end as log_factor,
        case when ends < risk_set then 0 else 1 end as zero_factor,
        case when recalls < risk_set then ln(1.0 - recalls / risk_set) else 0.0 end as log_recall_factor,
        case when recalls < risk_set then 0 else 1 end as zero_recall_factor
    from at_risk
),

survival as (
    select
        *,
        case
            when coalesce(sum(zero_factor) over earlier_days, 0) > 0 then 0.0
            else exp(coalesce(sum(log_factor) over earlier_days, 0.0))
        end as survival_before,
        case
            when sum(zero_recall_factor) over days_so_far > 0 then 0.0
            else exp(sum(log_recall_factor) over days_so_far)
        end as recall_free
    from factors
    window
        earlier_days as (
            partition by release_order, length_class order by day rows between unbounded preceding and 1 preceding
        ),
        days_so_far as (partition by release_order, length_class order by day rows unbounded preceding)
),

incidence as (
    select
        *,
        survival_before * recalls / risk_set as incidence_step,
        sum(survival_before * recalls / risk_set) over days_so_far as cumulative_incidence
    from survival
    window days_so_far as (partition by release_order, length_class order by day rows unbounded preceding)
),

-- Terms of the delta-method variance of the Aalen-Johansen estimate, so arranged that each is a running sum.
variance_terms as (
    select
        *,
        case when ends < risk_set then ends / (risk_set * (risk_set - ends)) else 0.0 end as hazard_term,
        survival_before * recalls / (risk_set * risk_set) as cross_term,
        survival_before * survival_before * recalls * (risk_set - recalls) / (risk_set * risk_set * risk_set) as recall_term
    from incidence
),

running as (
    select
        release_order,
        length_class,
        day,
        cumulative_incidence,
        1.0 - recall_free as one_minus_kaplan_meier,
        sum(recalls) over days_so_far as recalls_so_far,
        sum(ends - recalls) over days_so_far as competing_so_far,
        greatest(
            0.0,
            cumulative_incidence * cumulative_incidence * sum(hazard_term) over days_so_far
            - 2.0 * cumulative_incidence * sum(hazard_term * cumulative_incidence) over days_so_far
            + sum(hazard_term * cumulative_incidence * cumulative_incidence) over days_so_far
            + sum(recall_term) over days_so_far
            - 2.0 * cumulative_incidence * sum(cross_term) over days_so_far
            + 2.0 * sum(cross_term * cumulative_incidence) over days_so_far
        ) as incidence_variance
    from variance_terms
    window days_so_far as (partition by release_order, length_class order by day rows unbounded preceding)
),

months as (
    {%- for month in range(1, 13) %}
    select {{ month }} as month
    {%- if not loop.last %} union all{% endif %}
    {%- endfor %}
),

-- The value at a month is the one reached on the last day before it is complete.
reached as (
    select
        sizes.release_order,
        sizes.length_class,
        months.month,
        sizes.releases,
        max(running.day) as last_day
    from sizes
    cross join months
    left join running
        on
            sizes.release_order = running.release_order
            and sizes.length_class = running.length_class
            and running.day < months.month * {{ custody_rule('month_length') }}
    group by sizes.release_order, sizes.length_class, months.month, sizes.releases
),

followed as (
    select
        strata_members.release_order,
        strata_members.length_class,
        months.month,
        count(*) as still_followed
    from strata_members
    cross join months
    where strata_members.time_at_risk_days >= months.month * {{ custody_rule('month_length') }}
    group by strata_members.release_order, strata_members.length_class, months.month
),

final as (
    select
        reached.release_order,
        reached.length_class,
        reached.month,
        reached.releases,
        coalesce(followed.still_followed, 0) as still_followed,
        coalesce(cast(running.recalls_so_far as bigint), 0) as recalls,
        coalesce(cast(running.competing_so_far as bigint), 0) as competing_ends,
        round(greatest(0.0, least(1.0, coalesce(running.cumulative_incidence, 0.0))), 12) as cumulative_incidence,
        round(coalesce(running.one_minus_kaplan_meier, 0.0), 12) as one_minus_kaplan_meier,
        round(coalesce(running.incidence_variance, 0.0), 12) as incidence_variance
    from reached
    left join running
        on
            reached.release_order = running.release_order
            and reached.length_class = running.length_class
            and reached.last_day = running.day
    left join followed
        on
            reached.release_order = followed.release_order
            and reached.length_class = followed.length_class
            and reached.month = followed.month
)

select * from final
