with sentences as{{ read_anew() }} (
    select * from {{ ref('fct_sentence') }}
),

releases as (
    select * from {{ ref('fct_release') }}
),

custodial_sentences as (
    select * from sentences
    where disposal_class = 'immediate_custody' and exclude_reason is null and is_principal_of_day
),

{#- The sentence served is the latest custodial one passed on or before the release. -#}
released_from as (
    select
        releases.release_id,
        custodial_sentences.sentence_id,
        custodial_sentences.offence_group,
        row_number() over (
            partition by releases.release_id
            order by custodial_sentences.sentence_date desc, custodial_sentences.sentence_id asc
        ) as latest_first
    from releases
    inner join custodial_sentences
        on
            releases.person_id = custodial_sentences.person_id
            and releases.release_date >= custodial_sentences.sentence_date
),

from_releases as (
    select
        'release' as index_kind,
        releases.release_id as index_id,
        releases.person_id,
        releases.release_date as index_date,
        released_from.sentence_id,
        releases.disposal_group,
        'immediate_custody' as disposal_class,
        releases.length_class as sentence_band,
        releases.under_12_months,
        released_from.offence_group,
        false as is_breach,
        true as is_principal_of_day
    from releases
    left join released_from
        on
            releases.release_id = released_from.release_id
            and released_from.latest_first = 1
    where releases.is_counted and releases.is_first_release
),

from_court_disposals as (
    select
        'court_disposal' as index_kind,
        sentence_id as index_id,
        person_id,
        sentence_date as index_date,
        sentence_id,
        disposal_group,
        disposal_class,
        cast(null as varchar) as sentence_band,
        cast(null as boolean) as under_12_months,
        offence_group,
        is_breach,
        is_principal_of_day
    from sentences
    where exclude_reason is null and disposal_class <> 'immediate_custody'
),

both_kinds as (
    select * from from_releases
    union all
    select * from from_court_disposals
),

final as (
    select
        *,
        row_number() over (
            partition by person_id, index_date
            order by case when index_kind = 'release' then 0 else 1 end, is_principal_of_day desc, index_id asc
        ) as order_in_day
    from both_kinds
    where person_id is not null and index_date is not null
)

select * from final
