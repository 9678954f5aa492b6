"""How births, homes and police numbers are written wrongly, in another form, or not at all.

Belongs here: what a mistake does to a date, a postcode or a number. Does not belong here: how
often, and about whom (identity_errors).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.corruption.identity_errors import (
    MAX_RATE,
    Marks,
    Profile,
    left_out,
    weigh_rate,
)
from pipeline.synthetic.population.homes import UNIT_LETTERS
from pipeline.synthetic.population.police_numbers import CHECK_LETTERS
from pipeline.synthetic.random_draws import Floats, Ints, draw_chance

NO_FIXED_ABODE = ("NF1 1NF", "NF1 1FA")
DEFAULT_BIRTHS = ("1900-01-01", "1970-01-01")
DUMMY_CRO = "000000/00Z"
SLIPS = ("1y", "-1y", "10y", "-10y", "1mo", "-1mo", "10mo", "1d", "-1d", "10d", "-10d", "2d")
"""How far one wrong figure moves a date."""
NEAR_DAYS = (60, 1_800)
"""How far from the true birth another one is that somebody gives."""


def corrupt_births(
    rng: np.random.Generator, held: pl.DataFrame, more: Floats, profile: Profile, marks: Marks
) -> pl.DataFrame:
    """The records with errors in the date of birth, at most one per record.

    Day and month are transposed, a digit is wrong, or there is another date, a default, or nothing.
    """
    size = len(held)
    kinds = ("birth_turned", "birth_slip", "birth_other", "birth_default", "birth_missing")
    edges = np.cumsum([float(getattr(profile, kind)) for kind in kinds])
    draw = rng.random(size) / np.minimum(more, MAX_RATE / edges[-1])
    rows = np.flatnonzero(draw < edges[-1])
    kind = np.searchsorted(edges, draw[rows], side="right")
    born = pl.DataFrame({"born": held["born"].gather(rows), "kind": kind})
    near = rng.integers(*NEAR_DAYS, len(rows)) * np.where(draw_chance(rng, 0.5, len(rows)), 1, -1)
    slip = pl.Series("slip", SLIPS).gather(rng.integers(0, len(SLIPS), len(rows)))
    default = (
        pl.Series("default", DEFAULT_BIRTHS)
        .str.to_date()
        .gather(rng.integers(0, len(DEFAULT_BIRTHS), len(rows)))
    )
    written = born.with_columns(slip, default, near=near).select(
        pl.when(pl.col("kind") == 0)
        .then(_turned(pl.col("born")))
        .when(pl.col("kind") == 1)
        .then(pl.col("born").dt.offset_by(pl.col("slip")))
        .when(pl.col("kind") == 2)
        .then(pl.col("born") + pl.duration(days=pl.col("near")))
        .when(pl.col("kind") == 3)
        .then("default")
    )
    changed = written.to_series().ne_missing(born["born"]).to_numpy()
    for place, name in enumerate(kinds):
        marks.add_at(name, rows[(kind == place) & changed])
    return held.with_columns(held["born"].scatter(rows, written.to_series()))


def _turned(born: pl.Expr) -> pl.Expr:
    """Day and month the other way about, where that is a date."""
    possible = born.dt.day() <= 12
    return (
        pl.when(possible)
        .then(pl.date(born.dt.year(), born.dt.day().cast(pl.Int32).clip(1, 12), born.dt.month()))
        .otherwise(born)
    )


def corrupt_addresses(
    rng: np.random.Generator, held: pl.DataFrame, more: Floats, profile: Profile, marks: Marks
) -> pl.DataFrame:
    """No fixed abode, no postcode, or a wrong letter in it; no area without a postcode."""
    size = len(held)
    draw = rng.random(size) / np.minimum(more, 8.0)
    edges = np.cumsum([profile.no_fixed_abode, profile.postcode_missing, profile.postcode_mistyped])
    nowhere, absent, wrong = (
        draw < edges[0],
        (draw >= edges[0]) & (draw < edges[1]),
        (draw >= edges[1]) & (draw < edges[2]),
    )
    rows = np.flatnonzero(wrong)
    letter = pl.Series("letter", UNIT_LETTERS).gather(rng.integers(0, len(UNIT_LETTERS), len(rows)))
    right = held["postcode"].gather(rows)
    typed = pl.DataFrame([right, letter]).select(
        pl.col("postcode").str.slice(0, pl.col("postcode").str.len_chars() - 1) + pl.col("letter")
    )
    marks.add("no_fixed_abode", nowhere)
    marks.add("postcode_missing", absent)
    marks.add_at("postcode_mistyped", rows[(typed.to_series() != right).to_numpy()])
    abode = pl.Series(NO_FIXED_ABODE).gather((rng.random(size) < 0.2).astype(np.int64))
    shown = held.with_columns(held["postcode"].scatter(rows, typed.to_series()))
    return shown.with_columns(
        postcode=pl.when(pl.Series(nowhere)).then(abode).when(~pl.Series(absent)).then("postcode"),
        lsoa=pl.when(~pl.Series(nowhere | absent)).then("lsoa"),
    )


def corrupt_numbers(
    rng: np.random.Generator,
    held: pl.DataFrame,
    more: Floats,
    profile: Profile,
    pnc_missing: float | Floats,
    marks: Marks,
) -> pl.DataFrame:
    """Police and prison numbers mistyped, in other forms, left out, or a dummy in their place."""
    size = len(held)
    there = {name: held[name].is_not_null().to_numpy() for name in ("pnc", "cro", "prison_number")}
    lost = {
        "pnc": draw_chance(rng, left_out(pnc_missing, more), size),
        "cro": draw_chance(rng, left_out(profile.cro_missing, more), size),
        "prison_number": draw_chance(rng, left_out(profile.prison_number_missing, more), size),
    }
    dummy = draw_chance(rng, weigh_rate(profile.cro_dummy, more), size) & lost["cro"]
    marks.add("cro_dummy", dummy)
    for name, where in lost.items():
        marks.add(f"{name}_missing", where & there[name] & ~(dummy if name == "cro" else False))
    for name, first, wrong, form, spell in (
        ("pnc", 5, profile.pnc_mistyped, profile.pnc_spelling, _other_pnc),
        ("cro", 0, profile.cro_mistyped, profile.cro_spelling, _other_cro),
    ):
        kept = there[name] & ~lost[name]
        rows = np.flatnonzero(draw_chance(rng, weigh_rate(wrong, more), size) & kept)
        held = held.with_columns(
            held[name].scatter(rows, _mistyped(rng, held[name].gather(rows), first))
        )
        marks.add_at(f"{name}_mistyped", rows)
        rows = np.flatnonzero(draw_chance(rng, form, size) & kept)
        held = held.with_columns(held[name].scatter(rows, spell(rng, held[name].gather(rows))))
        marks.add_at(f"{name}_spelling", rows)
    held = held.with_columns(
        pl.when(~pl.Series(where)).then(name).alias(name) for name, where in lost.items()
    )
    return held.with_columns(cro=pl.when(pl.Series(dummy)).then(pl.lit(DUMMY_CRO)).otherwise("cro"))


def _mistyped(rng: np.random.Generator, written: pl.Series, first: int) -> pl.Series:
    """A serial number with a wrong digit, two transposed digits, or a wrong check letter.

    The figure at `first`, which keeps the number in its reserved range, stays.
    """
    size = len(written)
    place = first + 1 + rng.integers(0, 4, size)
    figure, letter = rng.integers(1, 10, size), rng.integers(1, len(CHECK_LETTERS), size)
    text = pl.col("text")
    held = pl.DataFrame(
        {
            "text": written,
            "place": place,
            "figure": figure,
            "letter": letter,
            "way": rng.integers(0, 3, size),
        }
    )
    here, after = text.str.slice(pl.col("place"), 1), text.str.slice(pl.col("place") + 1, 1)
    wrong = ((here.cast(pl.Int64) + pl.col("figure")) % 10).cast(pl.String)
    check = text.str.slice(-1).replace_strict(
        {name: at for at, name in enumerate(CHECK_LETTERS)}, return_dtype=pl.Int64
    )
    other = pl.Series(CHECK_LETTERS)
    held = held.with_columns(
        other=other.gather(held.select((check + pl.col("letter")) % len(CHECK_LETTERS)).to_series())
    )
    head = text.str.slice(0, pl.col("place"))
    ways = (
        pl.when(pl.col("way") == 0)
        .then(text.str.slice(0, text.str.len_chars() - 1) + pl.col("other"))
        .when((pl.col("way") == 1) & (here != after))
        .then(head + after + here + text.str.slice(pl.col("place") + 2))
        .otherwise(head + wrong + text.str.slice(pl.col("place") + 1))
    )
    return held.select(ways).to_series()


def _other_pnc(rng: np.random.Generator, written: pl.Series) -> pl.Series:
    """10/1234567D, 20101234567D or 2010 1234567D for 2010/1234567D."""
    return _chosen(
        rng,
        written,
        [pl.col("text").str.slice(2), _unslashed(""), _unslashed(" ")],
        (0.8, 0.1, 0.1),
    )


def _other_cro(rng: np.random.Generator, written: pl.Series) -> pl.Series:
    """52345610A, or 523456/ 10A for 523456/10A."""
    return _chosen(rng, written, [_unslashed(""), _unslashed("/ ")], (0.6, 0.4))


def _unslashed(sign: str) -> pl.Expr:
    return pl.col("text").str.replace("/", sign, literal=True)


def _chosen(
    rng: np.random.Generator, written: pl.Series, ways: list[pl.Expr], shares: tuple[float, ...]
) -> pl.Series:
    way: Ints = np.searchsorted(np.cumsum(shares)[:-1], rng.random(len(written)), side="right")
    held = pl.DataFrame({"text": written, "way": way})
    chosen = ways[0]
    for place, expression in enumerate(ways[1:], start=1):
        chosen = pl.when(pl.col("way") == place).then(expression).otherwise(chosen)
    return held.select(chosen).to_series()
