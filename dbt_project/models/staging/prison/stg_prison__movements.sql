with movements as (
    select * from {{ source('prison', 'movements') }}
),

movement_reasons as (
    select * from {{ ref('movement_reasons') }}
),

statuses as (
    select * from {{ ref('imprisonment_statuses') }}
),

final as (
    select
        movements.movement_id,
        movements.offender_book_id,
        movements.movement_seq,
        {{ real_date('movements.movement_date') }} as movement_date,
        movements.movement_type,
        movements.movement_reason_code,
        movement_reasons.effect as movement_effect,
        movements.direction_code,
        movements.from_agy_loc_id as from_place,
        movements.to_agy_loc_id as to_place,
        movements.imprisonment_status as status,
        statuses.legal_status,
        coalesce(statuses.is_recall, false) as is_recall_status,
        statuses.fixed_term_days,
        coalesce(statuses.from_hdc, false) as is_status_from_hdc,
        movements.contract_flags
    from movements
    left join movement_reasons on movements.movement_reason_code = movement_reasons.code
    left join statuses on movements.imprisonment_status = statuses.code
)

select * from final
