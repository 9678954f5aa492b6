-- Disclosure control on a table with known rows and columns; rows are cells that came out otherwise than they must.
with counted as (
    select
        cells.region,
        cells.sentence,
        cells.n,
        cells.truth
    from (
        values
        ('north', 'custody', 4, 'below_threshold'),
        -- Hidden with the cell above, or its row would give it away.
        ('north', 'fine', 30, 'secondary'),
        ('north', 'order', 80, null),
        -- Hidden with custody in the north, or its column would give it away.
        ('south', 'custody', 40, 'secondary'),
        -- Hidden in the second sweep, or its row would give custody away.
        ('south', 'fine', 60, 'secondary'),
        ('south', 'order', 90, null),
        -- Hidden in the second sweep, or its row would give fines away.
        ('west', 'custody', 50, 'secondary'),
        -- Hidden with fines in the north, or its column would give it away.
        ('west', 'fine', 55, 'secondary'),
        ('west', 'order', 95, null)
    ) as cells (region, sentence, n, truth)
),

withheld as (
    select * from {{ withhold('counted', 'n', within=[['region'], ['sentence']], order_by=['region', 'sentence']) }} as cells
),

shown as (
    select
        region,
        sentence,
        truth,
        suppression_reason,
        is_suppressed,
        {{ safe_count('n', 'is_suppressed') }} as shown_count
    from withheld
),

-- To the nearest 5: 12 to 10, 13 to 15. A tally of none is none; a tally of 1 to 9 is hidden.
tallies as (
    select
        known.n,
        known.truth
    from (values (10, 10), (12, 10), (13, 15), (9, null), (1, null), (0, 0)) as known (n, truth)
),

wrong as (
    select region || ' ' || sentence as cell from shown
    where
        coalesce(suppression_reason, 'shown') <> coalesce(truth, 'shown')
        or is_suppressed <> (truth is not null)
        or is_suppressed <> (shown_count is null)
    union all
    select 'tally ' || cast(n as varchar) as cell from tallies
    where coalesce({{ safe_tally('n') }}, -1) <> coalesce(truth, -1)
)

select * from wrong
