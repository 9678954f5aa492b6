-- The Wilson interval against published examples (Newcombe 1998, Statistics in Medicine 17, method 3); rows are wrong answers.
with examples as (
    select
        published.x,
        published.n,
        published.lower_bound,
        published.upper_bound
    from (
        values
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718)
    ) as published (x, n, lower_bound, upper_bound)
),

computed as (
    select
        x,
        n,
        lower_bound,
        upper_bound,
        {{ wilson_lower('x', 'n') }} as computed_lower,
        {{ wilson_upper('x', 'n') }} as computed_upper
    from examples
),

-- Nobody of nobody has no rate and no interval; everybody of ten stays within 1.
edges as (
    select
        {{ rate('0', '0') }} as no_rate,
        {{ wilson_lower('0', '0') }} as no_lower,
        {{ wilson_upper('0', '0') }} as no_upper,
        {{ wilson_upper('10', '10') }} as full_upper
),

wrong as (
    select x as wrong_x from computed
    where
        computed_lower is null
        or computed_upper is null
        or abs(computed_lower - lower_bound) > 0.00005
        or abs(computed_upper - upper_bound) > 0.00005
    union all
    select -1 as wrong_x from edges
    where no_rate is not null or no_lower is not null or no_upper is not null or full_upper > 1
)

select * from wrong
