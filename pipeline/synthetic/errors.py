"""Mistakes of identity: what clerks, callers and systems do to names, births, homes and numbers.

Belongs here: kinds of mistake, how often each system makes them, and for whom more often. Does not belong here: faults that
break a contract (faults).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.synthetic import names
from pipeline.synthetic.draws import Bools, Floats, Ints, chance

GROUP_RATE = np.array([1.0, 1.35, 1.55, 1.15, 1.7])
"""How much more often names and births go wrong, by ethnic group: linkage bias exists to be found."""
MARKERS = ("MIG_ERROR_", "NO_SHOW_", "DUPLICATE_")
NO_FIXED_ABODE = ("NF1 1NF", "NF1 1FA")
DEFAULT_BIRTHS = ("1900-01-01", "1970-01-01")
NOT_ENTERED = "NOT ENTERED"
LETTERS = list("AEIOURSTNLMHDCB")
SLIPS_OF_DATE = (-3653, -366, -365, -31, -10, -1, 1, 2, 10, 30, 365, 366)
"""Days by which a wrong digit moves a date."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How often a system makes each kind of mistake, before the person's group is weighed in."""

    typing: float = 0.012
    variant: float = 0.25
    """Of names with a known variant, how many are written so, times a third for nicknames and sounds."""
    swapped: float = 0.003
    birth: float = 0.008
    birth_missing: float = 0.004
    birth_default: float = 0.0
    middle_missing: float = 0.3
    old_address: float = 0.05
    postcode_missing: float = 0.03
    no_fixed_abode: float = 0.01
    pnc_missing: float = 0.08
    pnc_wrong: float = 0.002
    pnc_spelling: float = 0.0
    cro_missing: float = 0.55
    prison_number_missing: float = 0.0
    marker: float = 0.0
    alias_missing: float = 0.5


PROFILES = {
    "magistrates": Profile(typing=0.02, variant=0.12, birth=0.012, middle_missing=0.45, pnc_missing=0.10, cro_missing=0.6),
    "crown_court": Profile(typing=0.010, variant=0.06, middle_missing=0.35, pnc_missing=0.05, cro_missing=0.35),
    "prison": Profile(
        typing=0.010, variant=0.10, middle_missing=0.4, no_fixed_abode=0.06, pnc_missing=0.07, cro_missing=0.25, old_address=0.1
    ),
    "probation": Profile(
        typing=0.012,
        variant=0.12,
        birth_default=0.006,
        no_fixed_abode=0.05,
        pnc_missing=0.09,
        pnc_spelling=0.3,
        cro_missing=0.4,
        marker=0.006,
        prison_number_missing=0.15,
    ),
}
SUMMARY_PNC_MISSING = 0.35


def spoil(rng: np.random.Generator, truth: pl.DataFrame, group: Ints, profile: Profile, summary: Bools | None) -> pl.DataFrame:
    """The records as a system wrote them down; `summary` marks summary cases, where police numbers are often missing."""
    size, more = len(truth), GROUP_RATE[group]
    held = _write_otherwise(rng, truth, profile, more)
    for column in ("forename", "surname"):
        held = _mistype(rng, held, column, profile.typing * more)
    held = _swap(held, chance(rng, profile.swapped * more, size))
    held = _births(rng, held, profile, more)
    absent = np.where(summary, SUMMARY_PNC_MISSING, profile.pnc_missing) if summary is not None else profile.pnc_missing
    return _numbers_and_homes(rng, held, profile, absent)


def _write_otherwise(rng: np.random.Generator, held: pl.DataFrame, profile: Profile, more: Floats) -> pl.DataFrame:
    """Transliterations often, nicknames and sound-alikes less."""
    size = len(held)
    for kind, weight in (("transliteration", 1.0), ("nickname", 0.33), ("phonetic", 0.33)):
        listed = names.variants(kind)
        for column in ("forename", "surname"):
            held = held.join(listed.rename({"name": column, "variant": "_v"}), on=column, how="left", maintain_order="left")
            use = pl.Series(chance(rng, np.minimum(profile.variant * weight * more, 0.6), size)) & held["_v"].is_not_null()
            held = held.with_columns(pl.when(use).then("_v").otherwise(column).alias(column)).drop("_v")
    return held


def _mistype(rng: np.random.Generator, held: pl.DataFrame, column: str, rate: Floats) -> pl.DataFrame:
    """One slip of the finger: a letter lost, doubled, replaced, or two letters turned round."""
    size = len(held)
    hit = chance(rng, rate, size)
    part = held.filter(pl.Series(hit)).select(pl.col(column).alias("t"))
    count = len(part)
    length = part["t"].str.len_chars().to_numpy()
    place = 1 + (rng.random(count) * np.maximum(length - 1, 1)).astype(np.int64)
    part = part.with_columns(
        p=pl.Series(np.minimum(place, length - 1)),
        kind=pl.Series(rng.integers(0, 4, count)),
        letter=pl.Series(LETTERS).gather(rng.integers(0, len(LETTERS), count)),
    )
    before, this, after = (
        pl.col("t").str.slice(0, pl.col("p")),
        pl.col("t").str.slice(pl.col("p"), 1),
        pl.col("t").str.slice(pl.col("p") + 1),
    )
    turned = pl.col("t").str.slice(0, pl.col("p") - 1) + this + pl.col("t").str.slice(pl.col("p") - 1, 1) + after
    slip = (
        pl.when(pl.col("kind") == 0)
        .then(before + after)
        .when(pl.col("kind") == 1)
        .then(before + this + this + after)
        .when(pl.col("kind") == 2)
        .then(before + pl.col("letter") + after)
        .otherwise(turned)
    )
    return _put(held, column, hit, part.select(pl.when(pl.col("t").str.len_chars() > 2).then(slip).otherwise("t")).to_series())


def _put(held: pl.DataFrame, column: str, hit: Bools, values: pl.Series) -> pl.DataFrame:
    """The values in the rows hit, in order."""
    place = np.where(hit, np.cumsum(hit) - 1, 0)
    padded = values if len(values) else pl.Series([None], dtype=held[column].dtype)
    return held.with_columns(pl.when(pl.Series(hit)).then(padded.gather(place)).otherwise(column).alias(column))


def _swap(held: pl.DataFrame, hit: Bools) -> pl.DataFrame:
    chosen = pl.Series(hit)
    return held.with_columns(
        forename=pl.when(chosen).then("surname").otherwise("forename"), surname=pl.when(chosen).then("forename").otherwise("surname")
    )


def _births(rng: np.random.Generator, held: pl.DataFrame, profile: Profile, more: Floats) -> pl.DataFrame:
    """Day and month turned round, a digit wrong, a default, or nothing."""
    size = len(held)
    draw = rng.random(size) / more
    born = pl.col("born")
    can_turn = pl.Series(draw < profile.birth * 0.5) & (held["born"].dt.day() <= 12)
    turned = pl.date(born.dt.year(), born.dt.day().cast(pl.Int32).clip(1, 12), born.dt.month())
    slipped = pl.Series((draw >= profile.birth * 0.5) & (draw < profile.birth))
    away = pl.lit(pl.Series(rng.choice(np.array(SLIPS_OF_DATE), size)))
    default = pl.Series(DEFAULT_BIRTHS).gather(rng.integers(0, 2, size)).str.to_date()
    use_default = pl.Series(chance(rng, profile.birth_default * more, size))
    missing = pl.Series(chance(rng, profile.birth_missing * more, size))
    wrong = (
        pl.when(can_turn)
        .then(turned)
        .when(slipped)
        .then(born + pl.duration(days=away))
        .when(use_default)
        .then(default)
        .when(~missing)
        .then(born)
    )
    return held.with_columns(born=wrong)


def _numbers_and_homes(rng: np.random.Generator, held: pl.DataFrame, profile: Profile, pnc_missing: Floats | float) -> pl.DataFrame:
    size = len(held)

    def hit(rate: Floats | float) -> pl.Series:
        return pl.Series(chance(rng, rate, size))

    marker = pl.Series(MARKERS).gather(rng.integers(0, len(MARKERS), size))
    abode = pl.Series(NO_FIXED_ABODE).gather((rng.random(size) < 0.2).astype(np.int64))
    digit = pl.Series(rng.integers(1, 10, size)).cast(pl.String)
    mistyped = pl.col("pnc").str.slice(0, 8) + digit + pl.col("pnc").str.slice(9)
    short = pl.col("pnc").str.slice(2)
    return held.with_columns(
        forename=pl.when(hit(profile.marker)).then(marker + pl.col("forename")).otherwise("forename"),
        middle=pl.when(~hit(profile.middle_missing)).then("middle"),
        aliases=pl.when(~hit(profile.alias_missing)).then("aliases"),
        postcode=pl.when(hit(profile.no_fixed_abode)).then(abode).when(~hit(profile.postcode_missing)).then("postcode"),
        pnc=pl.when(hit(profile.pnc_wrong)).then(mistyped).when(hit(profile.pnc_spelling)).then(short).otherwise("pnc"),
        cro=pl.when(~hit(profile.cro_missing)).then("cro"),
        prison_number=pl.when(~hit(profile.prison_number_missing)).then("prison_number"),
    ).with_columns(
        pnc=pl.when(~hit(pnc_missing)).then("pnc"),
        middle=pl.when(hit(profile.marker)).then(pl.lit(NOT_ENTERED)).otherwise("middle"),
    )
