with counted as (
    select * from {{ ref('agg_disposal_by_ethnicity_sex') }}
),

withheld as (
    select * from {{ withhold(
        'counted',
        'disposal_count',
        within=[['sex', 'ethnic_group'], ['sex', 'disposal_class']],
        order_by=['sex', 'ethnic_group', 'disposal_class'],
        primary_reason=share_reason('disposal_count', 'sentenced_count')
    ) }} as withheld_cells
),

released as (
    select
        sex,
        ethnic_group,
        disposal_class,
        {{ shown_cell('disposal_count', 'sentenced_count') }}
    from withheld
),

{#- Each group is set against White people of the same sex, both as released. -#}
reference_group as (
    select * from released
    where ethnic_group = 'White'
),

compared as (
    select
        released.*,
        released.ethnic_group = 'White' as is_reference_group,
        reference_group.numerator as reference_numerator,
        reference_group.denominator as reference_denominator
    from released
    left join reference_group
        on
            released.sex = reference_group.sex
            and released.disposal_class = reference_group.disposal_class
            and released.ethnic_group <> 'White'
),

final as (
    select
        {{ surrogate_key(['sex', 'ethnic_group', 'disposal_class']) }} as cell_id,
        sex,
        ethnic_group,
        disposal_class,
        numerator,
        denominator,
        rate,
        rate_lower,
        rate_upper,
        is_reference_group,
        {{ relative_rate('numerator', 'denominator', 'reference_numerator', 'reference_denominator') }} as relative_rate_index,
        {{ relative_rate('numerator', 'denominator', 'reference_numerator', 'reference_denominator', -1) }} as relative_rate_index_lower,
        {{ relative_rate('numerator', 'denominator', 'reference_numerator', 'reference_denominator', 1) }} as relative_rate_index_upper,
        is_suppressed,
        suppression_reason
    from compared
)

select * from final
order by cell_id
