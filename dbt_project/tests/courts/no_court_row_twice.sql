{#- A source row is in one defendant-case alone, so no sentence can be counted twice, and none of the rows is lost. -#}
with cases as (
    select * from {{ ref('int_court_case') }}
),

used as (
    select
        'magistrates' as source_dataset,
        magistrates_record_id as source_record_id
    from cases
    where magistrates_record_id is not null
    union all
    select
        'crown_court' as source_dataset,
        crown_record_id as source_record_id
    from cases
    where crown_record_id is not null
),

delivered as (
    select
        'magistrates' as source_dataset,
        source_record_id
    from {{ ref('stg_magistrates__defendants') }}
    union all
    select
        'crown_court' as source_dataset,
        source_record_id
    from {{ ref('stg_crown_court__defendants') }}
),

tallied as (
    select
        delivered.source_dataset,
        delivered.source_record_id,
        count(used.source_record_id) as times_used
    from delivered
    left join used
        on
            delivered.source_dataset = used.source_dataset
            and delivered.source_record_id = used.source_record_id
    group by delivered.source_dataset, delivered.source_record_id
)

select * from tallied
where times_used <> 1
