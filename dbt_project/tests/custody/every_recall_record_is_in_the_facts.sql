-- No live recall record whose release is known is lost on the way to fct_recall.
with staged as (
    select * from {{ ref('stg_probation__recalls') }}
),

releases as (
    select * from {{ ref('int_release') }}
),

recalls as (
    select * from {{ ref('int_recall') }}
)

select staged.recall_id
from staged
inner join releases
    on
        releases.source_dataset = 'probation'
        and staged.release_id = releases.source_release_id
left join recalls
    on
        recalls.source_dataset = 'probation'
        and staged.recall_id = recalls.source_recall_id
where recalls.recall_id is null
