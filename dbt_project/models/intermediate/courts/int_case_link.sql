with case_links as (
    select * from {{ source('linkage', 'case_links') }}
),

magistrates as (
    select * from {{ ref('stg_magistrates__defendants') }}
),

crown as (
    select * from {{ ref('stg_crown_court__defendants') }}
),

between_delivered_rows as (
    select
        case_links.mc_source_record_id,
        case_links.cc_source_record_id,
        case_links.basis,
        case_links.match_score,
        case_links.days_apart,
        crown.case_kind,
        crown.case_kind = 'appeal' as is_appeal
    from case_links
    inner join magistrates on case_links.mc_source_record_id = magistrates.source_record_id
    inner join crown on case_links.cc_source_record_id = crown.source_record_id
),

{#- A case is followed along one link only: the best of its magistrates' row and of its Crown row alike. -#}
ranked as (
    select
        *,
        row_number() over (
            partition by mc_source_record_id
            order by is_appeal asc, match_score desc nulls last, abs(days_apart) nulls last, cc_source_record_id asc
        ) as rank_for_magistrates,
        row_number() over (
            partition by cc_source_record_id
            order by is_appeal asc, match_score desc nulls last, abs(days_apart) nulls last, mc_source_record_id asc
        ) as rank_for_crown
    from between_delivered_rows
),

final as (
    select
        mc_source_record_id,
        cc_source_record_id,
        basis,
        match_score,
        days_apart,
        case_kind,
        is_appeal,
        (not is_appeal and rank_for_magistrates = 1 and rank_for_crown = 1) as is_followed
    from ranked
)

select * from final
