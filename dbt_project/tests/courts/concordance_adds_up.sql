{#- Every report is concordant, more severe, less severe or excluded, and only one of them; what is concordant is in the tier. -#}
select
    court_report_id,
    concordance,
    is_concordant,
    is_concordant_community_tier,
    exclude_reason
from {{ ref('fct_pre_sentence_report') }}
where
    (concordance is null) = (exclude_reason is null)
    or (is_concordant is null) <> (concordance is null)
    or is_concordant <> (concordance = 'exact')
    or (is_concordant and not is_concordant_community_tier)
