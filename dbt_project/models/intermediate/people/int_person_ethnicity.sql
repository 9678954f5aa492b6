with person_records as (
    select * from {{ ref('int_person_record') }}
),

codes as (
    select
        person_number,
        ethnic_group,
        ethnicity_18,
        recorded_date,
        ethnic_group not in ('Not stated', 'Unknown') as is_stated,
        ethnicity_basis = 'self_defined' as is_self_defined
    from person_records
),

-- How often and how lately each group was recorded for a person, self-defined or not.
group_tallies as (
    select
        person_number,
        ethnic_group,
        is_stated,
        is_self_defined,
        count(*) as record_count,
        max(recorded_date) as last_recorded
    from codes
    group by person_number, ethnic_group, is_stated, is_self_defined
),

-- What the person says of themselves goes before what an officer saw; within either, the usual before the latest.
self_defined_first as (
    select
        person_number,
        ethnic_group,
        row_number() over (
            partition by person_number
            order by is_stated desc, is_self_defined desc, record_count desc, last_recorded desc nulls last, ethnic_group asc
        ) as preference
    from group_tallies
),

pooled_tallies as (
    select
        person_number,
        ethnic_group,
        is_stated,
        sum(record_count) as record_count,
        max(last_recorded) as last_recorded
    from group_tallies
    group by person_number, ethnic_group, is_stated
),

pooled_preferences as (
    select
        person_number,
        ethnic_group,
        row_number() over (
            partition by person_number
            order by is_stated desc, last_recorded desc nulls last, record_count desc, ethnic_group asc
        ) as preference_by_date,
        row_number() over (
            partition by person_number
            order by is_stated desc, record_count desc, last_recorded desc nulls last, ethnic_group asc
        ) as preference_by_count
    from pooled_tallies
),

-- The usual 18-group code within the chosen group; a group seen by an officer has none.
code_tallies as (
    select
        codes.person_number,
        codes.ethnicity_18,
        count(*) as record_count,
        max(codes.recorded_date) as last_recorded,
        codes.ethnicity_18 = 'UN' as is_unknown_code
    from codes
    inner join self_defined_first
        on
            codes.person_number = self_defined_first.person_number
            and codes.ethnic_group = self_defined_first.ethnic_group
    where self_defined_first.preference = 1
    group by codes.person_number, codes.ethnicity_18
),

code_preferences as (
    select
        person_number,
        ethnicity_18,
        row_number() over (
            partition by person_number
            order by is_unknown_code asc, record_count desc, last_recorded desc nulls last, ethnicity_18 asc
        ) as preference
    from code_tallies
),

stated as (
    select
        person_number,
        count(distinct case when is_stated then ethnic_group end) as stated_groups,
        count(case when is_stated then 1 end) as stated_records
    from codes
    group by person_number
),

final as (
    select
        stated.person_number,
        code_preferences.ethnicity_18,
        self_defined_first.ethnic_group as ethnic_group_self_defined_first,
        by_date.ethnic_group as ethnic_group_most_recent,
        by_count.ethnic_group as ethnic_group_most_frequent,
        stated.stated_groups > 1 as is_ethnicity_conflict,
        stated.stated_records as ethnicity_stated_records
    from stated
    inner join self_defined_first on stated.person_number = self_defined_first.person_number and self_defined_first.preference = 1
    inner join pooled_preferences as by_date on stated.person_number = by_date.person_number and by_date.preference_by_date = 1
    inner join pooled_preferences as by_count on stated.person_number = by_count.person_number and by_count.preference_by_count = 1
    inner join code_preferences on stated.person_number = code_preferences.person_number and code_preferences.preference = 1
)

select * from final
