with sentences as (
    select * from {{ ref('fct_sentence') }}
),

persons as (
    select * from {{ ref('dim_person') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

classes as (
    select distinct disposal_class from disposals
),

sentenced as (
    select
        coalesce(persons.sex, 'unknown') as sex,
        coalesce(persons.ethnic_group, 'Unknown') as ethnic_group,
        sentences.disposal_class
    from sentences
    left join persons on sentences.person_id = persons.person_id
    where sentences.exclude_reason is null
),

groups_sentenced as (
    select
        sex,
        ethnic_group,
        count(*) as sentenced_count
    from sentenced
    group by sex, ethnic_group
),

counted as (
    select
        sex,
        ethnic_group,
        disposal_class,
        count(*) as disposal_count
    from sentenced
    group by sex, ethnic_group, disposal_class
),

final as (
    select
        groups_sentenced.sex,
        groups_sentenced.ethnic_group,
        classes.disposal_class,
        coalesce(counted.disposal_count, 0) as disposal_count,
        groups_sentenced.sentenced_count
    from groups_sentenced
    cross join classes
    left join counted
        on
            groups_sentenced.sex = counted.sex
            and groups_sentenced.ethnic_group = counted.ethnic_group
            and classes.disposal_class = counted.disposal_class
)

select * from final
