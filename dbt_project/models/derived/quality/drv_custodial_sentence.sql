with sentences as (
    select * from {{ ref('fct_sentence') }}
),

coverage as (
    select * from {{ ref('int_coverage') }}
),

state_priority as (
    select * from {{ ref('ref_state_priority') }}
),

custody_window as (
    select
        max(coverage.coverage_from) as coverage_from,
        min(coverage.coverage_to) as coverage_to
    from state_priority
    inner join coverage on state_priority.window_source = coverage.source_dataset
    where state_priority.status = 'custody_sentence'
),

final as (
    select
        sentences.sentence_id,
        sentences.person_id,
        sentences.sentence_date
    from sentences
    inner join custody_window
        on
            sentences.sentence_date >= coalesce(custody_window.coverage_from, sentences.sentence_date)
            and sentences.sentence_date <= custody_window.coverage_to
    where sentences.disposal_class = 'immediate_custody'
)

select * from final
