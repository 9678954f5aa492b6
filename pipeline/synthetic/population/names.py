"""Names and their variants.

Names are drawn from frequency lists by origin and sex. A variant is a way in which one name is
written as another.

Belongs here: true names, aliases, variants. Does not belong here: how often a system gets a name
wrong (identity_errors).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from pipeline.synthetic.code_lists import DATA
from pipeline.synthetic.random_draws import Bools, Floats, Ints, draw_places

ORIGINS = (
    "british",
    "irish",
    "caribbean",
    "african",
    "south_asian_hindu_sikh",
    "south_asian_muslim",
    "chinese",
    "east_european",
    "arab",
)
LISTED_AS = {"caribbean": "british"}
ORIGIN_OF = (0, 1, 1, 7, 2, 3, 3, 4, 5, 5, 6, 5, 0, 3, 5, 0, 8, 8)
"""Origin of the names of each ethnicity, in the order of `people.ETHNICITIES`."""
HYPHENATED = 0.012


def draw_origins(ethnicity: Ints) -> Ints:
    """Origin of the names of people of these ethnicities, as places in `ORIGINS`."""
    found: Ints = np.array(ORIGIN_OF)[ethnicity]
    return found


@cache
def _listed(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / f"{name}.csv")


def _from_list(rng: np.random.Generator, listed: pl.DataFrame, size: int) -> pl.Series:
    return listed["name"].gather(draw_places(rng, listed["weight"].to_numpy(), size))


def _forenames(rng: np.random.Generator, female: Bools, origin: Ints) -> pl.Series:
    drawn = np.full(len(origin), "", dtype=object)
    for place, name in enumerate(ORIGINS):
        for is_female in (False, True):
            here = np.flatnonzero((origin == place) & (female == is_female))
            kept = _listed("forenames").filter(
                pl.col("origin") == LISTED_AS.get(name, name),
                pl.col("sex") == ("female" if is_female else "male"),
            )
            drawn[here] = _from_list(rng, kept, len(here)).to_numpy()
    return pl.Series(drawn, dtype=pl.String)


def _surnames(rng: np.random.Generator, origin: Ints) -> pl.Series:
    drawn = np.full(len(origin), "", dtype=object)
    for place, name in enumerate(ORIGINS):
        here = np.flatnonzero(origin == place)
        kept = _listed("surnames").filter(pl.col("origin") == LISTED_AS.get(name, name))
        drawn[here] = _from_list(rng, kept, len(here)).to_numpy()
    return pl.Series(drawn, dtype=pl.String)


def draw_names(
    rng: np.random.Generator, female: Bools, ethnicity: Ints
) -> tuple[pl.Series, pl.Series, pl.Series, pl.Series]:
    """Forename, middle name (null for some), surname, and surname on marriage.

    The last is the surname that would be taken on marriage.
    """
    origin = draw_origins(ethnicity)
    forename, middle = _forenames(rng, female, origin), _forenames(rng, female, origin)
    surname, married, other = _surnames(rng, origin), _surnames(rng, origin), _surnames(rng, origin)
    held = pl.DataFrame(
        {
            "middle": middle,
            "surname": surname,
            "other": other,
            "has_middle": rng.random(len(origin)) < 0.72,
            "hyphenated": rng.random(len(origin)) < HYPHENATED,
        }
    ).select(
        pl.when("has_middle").then("middle").alias("middle"),
        pl.when("hyphenated")
        .then(pl.format("{}-{}", "surname", "other"))
        .otherwise("surname")
        .alias("surname"),
    )
    return forename, held["middle"], held["surname"], married


def draw_aliases(
    rng: np.random.Generator, forename: pl.Series, surname: pl.Series, has: Bools
) -> pl.Series:
    """Another name for some people; null for the rest.

    It is a forename of someone else with the person's own surname, or the reverse.
    """
    count = len(forename)
    other = rng.permutation(count)
    first = rng.random(count) < 0.5
    held = pl.DataFrame(
        {
            "f": forename,
            "s": surname,
            "of": forename.gather(other),
            "os": surname.gather(other),
            "first": first,
            "has": has,
        }
    )
    either = (
        pl.when("first")
        .then(pl.format("{} {}", "of", "s"))
        .otherwise(pl.format("{} {}", "f", "os"))
    )
    return held.select(pl.when("has").then(either)).to_series()


VARIANT_WEIGHTS = {"transliteration": 1.0, "nickname": 0.33, "phonetic": 0.33}
"""How readily a name is written as a variant of each kind.
A spelling from another alphabet is the least settled.
"""


@dataclass(frozen=True)
class Variants:
    """Every other way of writing every name, laid out on a line.

    The variants of a name lie side by side, each as wide as it is likely.
    """

    spans: pl.DataFrame
    """For each name where its variants begin on the line, and how wide they are together."""
    ends: Floats
    written: pl.Series
    kinds: Ints
    """Kind of each variant, as a place in `VARIANT_WEIGHTS`."""

    def span(self, named: pl.Series) -> tuple[Floats, Floats]:
        """Begin and width of the variants of each name; width 0 for names without any."""
        found = (
            pl.DataFrame({"name": named})
            .join(self.spans, on="name", how="left", maintain_order="left")
            .fill_null(0.0)
        )
        return found["begin"].to_numpy(), found["width"].to_numpy()

    def at(self, where: Floats) -> tuple[pl.Series, Ints]:
        """Variants, and their kinds, at places on the line."""
        place = np.clip(np.searchsorted(self.ends, where, side="right"), 0, len(self.ends) - 1)
        return self.written.gather(place), self.kinds[place]


@cache
def list_variants() -> Variants:
    """All listed variants; a kind is as wide as its weight, shared by its variants."""
    listed = _listed("name_variants").sort("name", maintain_order=True)
    weight = pl.col("kind").replace_strict(
        VARIANT_WEIGHTS, return_dtype=pl.Float64
    ) / pl.len().over("name", "kind")
    held = listed.with_columns(weight=weight).with_columns(end=pl.col("weight").cum_sum())
    spans = held.group_by("name", maintain_order=True).agg(
        begin=(pl.col("end") - pl.col("weight")).min(), width=pl.col("weight").sum()
    )
    kind = pl.col("kind").replace_strict(
        {name: place for place, name in enumerate(VARIANT_WEIGHTS)}, return_dtype=pl.Int64
    )
    return Variants(
        spans, held["end"].to_numpy(), held["variant"], held.select(kind).to_series().to_numpy()
    )
