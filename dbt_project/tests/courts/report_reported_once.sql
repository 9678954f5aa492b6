{#- One report at most is counted for one sentence of one person, and it was completed on or before that sentence. -#}
with reports as (
    select * from {{ ref('fct_pre_sentence_report') }}
),

counted as (
    select
        person_id,
        sentence_date,
        count(*) as report_count,
        max(completed_date) as last_completed_date
    from reports
    where exclude_reason is null
    group by person_id, sentence_date
)

select * from counted
where report_count > 1 or last_completed_date > sentence_date
