with allocations as (
    select * from {{ source('probation', 'officer_allocations') }}
),

areas as (
    select * from {{ ref('probation_areas') }}
),

final as (
    select
        allocations.allocation_id,
        allocations.event_id_hash,
        allocations.officer_id,
        {{ real_date('allocations.allocation_date') }} as allocation_date,
        {{ real_date('allocations.end_date') }} as end_date,
        allocations.allocation_reason_desc as allocation_reason,
        allocations.probation_area_desc as probation_area,
        coalesce(areas.provider_kind, 'unknown') as provider_kind,
        coalesce(areas.region, 'unknown') as region,
        allocations.contract_flags
    from allocations
    left join areas on allocations.probation_area_desc = areas.code
)

select * from final
