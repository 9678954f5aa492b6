{#- A reconviction is judged only where all 18 months of follow-up lie within the window of both courts. -#}
with courts_window as (
    select min(coverage_to) as window_end
    from {{ ref('int_coverage') }}
    where source_dataset in ('crown_court', 'magistrates')
),

reconvictions as (
    select * from {{ ref('fct_reconviction') }}
)

select reconvictions.reconviction_id
from reconvictions
cross join courts_window
where
    reconvictions.follow_up_complete <> (reconvictions.conviction_window_end <= courts_window.window_end)
    or (reconvictions.court_reconviction_12m_18m is null) = reconvictions.follow_up_complete
    or reconvictions.first_reoffence_date <= reconvictions.index_date
    or reconvictions.first_reoffence_date > reconvictions.offence_window_end
    or reconvictions.first_reconviction_date > reconvictions.conviction_window_end
