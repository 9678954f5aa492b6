with reports as (
    select * from {{ ref('int_pre_sentence_report') }}
),

events as (
    select * from {{ ref('stg_probation__events') }}
),

sentences as{{ read_anew() }} (
    select * from {{ ref('fct_sentence') }}
),

disposals as (
    select * from {{ ref('ref_disposal') }}
),

completed as (
    select
        *,
        {{ add_days('completed_date', court_rule('report_window')) }} as window_end
    from reports
    where completed_date is not null
),

{#- First the disposal of the very event the report was written for. -#}
by_event as (
    select
        completed.court_report_id,
        'same_event' as link_basis,
        events.disposal_date as sentence_date,
        events.disposal_group
    from completed
    inner join events on completed.event_id_hash = events.event_id_hash
    where events.is_sentence and events.disposal_date >= completed.completed_date
),

{#- Else the first day after the report on which a court sentenced the person, and that day's principal disposal. -#}
by_person_ranked as (
    select
        completed.court_report_id,
        sentences.sentence_date,
        sentences.disposal_group,
        row_number() over (
            partition by completed.court_report_id
            order by sentences.sentence_date asc, sentences.is_principal_of_day desc, sentences.sentence_id asc
        ) as first_first
    from completed
    inner join sentences
        on
            completed.person_id = sentences.person_id
            and sentences.sentence_date between completed.completed_date and completed.window_end
    left join by_event on completed.court_report_id = by_event.court_report_id
    where by_event.court_report_id is null and sentences.disposal_group is not null
),

linked as (
    select
        court_report_id,
        link_basis,
        sentence_date,
        disposal_group
    from by_event
    union all
    select
        court_report_id,
        'same_person' as link_basis,
        sentence_date,
        disposal_group
    from by_person_ranked
    where first_first = 1
),

{#- Of several reports before one sentence the latest informed it. -#}
ranked as (
    select
        linked.court_report_id,
        reports.person_id,
        linked.link_basis,
        linked.sentence_date,
        disposals.disposal_group,
        disposals.disposal_class,
        disposals.disposal_rank,
        row_number() over (
            partition by reports.person_id, linked.sentence_date
            order by reports.completed_date desc, reports.requested_date desc nulls last, linked.court_report_id asc
        ) as latest_first
    from linked
    inner join reports on linked.court_report_id = reports.court_report_id
    inner join disposals on linked.disposal_group = disposals.disposal_group
),

{#- The court's own row of that sentence, where it is held: of the same class first, then the day's principal one. -#}
court_sentences as (
    select
        ranked.court_report_id,
        sentences.sentence_id,
        sentences.court_code,
        row_number() over (
            partition by ranked.court_report_id
            order by
                (sentences.disposal_class = ranked.disposal_class) desc nulls last,
                sentences.is_principal_of_day desc,
                sentences.sentence_id asc
        ) as best_first
    from ranked
    inner join sentences on ranked.person_id = sentences.person_id and ranked.sentence_date = sentences.sentence_date
),

final as (
    select
        ranked.court_report_id,
        ranked.link_basis,
        ranked.sentence_date,
        ranked.disposal_group,
        ranked.disposal_class,
        ranked.disposal_rank,
        ranked.latest_first = 1 as is_latest_report,
        court_sentences.sentence_id,
        court_sentences.court_code
    from ranked
    left join court_sentences
        on
            ranked.court_report_id = court_sentences.court_report_id
            and court_sentences.best_first = 1
)

select * from final
