with case_links as (
    select * from {{ ref('int_case_link') }}
),

cases as (
    select * from {{ ref('int_court_case') }}
),

persons as{{ read_anew() }} (
    select * from {{ ref('int_person_record') }}
),

persons_at_magistrates as (
    select * from persons
    where source_dataset = 'magistrates'
),

persons_at_crown as (
    select * from persons
    where source_dataset = 'crown_court'
),

final as (
    select
        {{ surrogate_key(['case_links.mc_source_record_id', 'case_links.cc_source_record_id']) }} as case_link_id,
        case_links.mc_source_record_id,
        case_links.cc_source_record_id,
        cases.court_case_id,
        case_links.basis,
        case_links.match_score,
        case_links.days_apart,
        case_links.case_kind,
        case_links.is_followed,
        coalesce(persons_at_magistrates.person_id = persons_at_crown.person_id, false) as is_same_person
    from case_links
    left join cases on case_links.mc_source_record_id = cases.magistrates_record_id
    left join persons_at_magistrates on case_links.mc_source_record_id = persons_at_magistrates.source_record_id
    left join persons_at_crown on case_links.cc_source_record_id = persons_at_crown.source_record_id
)

select * from final
order by case_link_id
