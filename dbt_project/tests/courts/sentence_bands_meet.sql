{#- Bands follow one another without a gap or an overlap in days, and 12 months (365 days) parts the short from the long. -#}
with bands as (
    select
        sentence_band,
        from_days,
        to_days,
        under_12_months,
        lead(from_days) over (order by band_order) as next_from_days
    from {{ ref('ref_sentence_band') }}
)

select * from bands
where
    next_from_days <> to_days + 1
    or to_days < from_days
    or under_12_months <> (to_days < 365)
    or (under_12_months and from_days >= 365)
