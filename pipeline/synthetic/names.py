"""Names: drawn from frequency lists by origin and sex, and the ways in which one name is written as another.

Belongs here: true names, aliases, variants. Does not belong here: how often a system gets a name wrong (errors).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from pipeline.synthetic.codebook import DATA
from pipeline.synthetic.draws import Bools, Ints, pick

ORIGINS = ("british", "irish", "caribbean", "african", "south_asian_hindu_sikh", "south_asian_muslim", "chinese", "east_european", "arab")
LISTED_AS = {"caribbean": "british"}
ORIGIN_OF = (0, 1, 1, 7, 2, 3, 3, 4, 5, 5, 6, 5, 0, 3, 5, 0, 8, 8)
"""Origin of the names of each ethnicity, in the order of `people.ETHNICITIES`."""
HYPHENATED = 0.012


@cache
def _listed(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / f"{name}.csv")


def _from_list(rng: np.random.Generator, listed: pl.DataFrame, size: int) -> pl.Series:
    return listed["name"].gather(pick(rng, listed["weight"].to_numpy(), size))


def _forenames(rng: np.random.Generator, female: Bools, origin: Ints) -> pl.Series:
    drawn = np.full(len(origin), "", dtype=object)
    for place, name in enumerate(ORIGINS):
        for is_female in (False, True):
            here = np.flatnonzero((origin == place) & (female == is_female))
            kept = _listed("forenames").filter(
                pl.col("origin") == LISTED_AS.get(name, name), pl.col("sex") == ("female" if is_female else "male")
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


def draw(rng: np.random.Generator, female: Bools, ethnicity: Ints) -> tuple[pl.Series, pl.Series, pl.Series, pl.Series]:
    """Forename, middle name (null for some), surname, and the surname that would be taken on marriage."""
    origin = np.array(ORIGIN_OF)[ethnicity]
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
        pl.when("hyphenated").then(pl.format("{}-{}", "surname", "other")).otherwise("surname").alias("surname"),
    )
    return forename, held["middle"], held["surname"], married


def aliases(rng: np.random.Generator, forename: pl.Series, surname: pl.Series, has: Bools) -> pl.Series:
    """Another name for some people: a forename of someone else with the own surname, or the other way about."""
    count = len(forename)
    other = rng.permutation(count)
    first = rng.random(count) < 0.5
    held = pl.DataFrame(
        {"f": forename, "s": surname, "of": forename.gather(other), "os": surname.gather(other), "first": first, "has": has}
    )
    either = pl.when("first").then(pl.format("{} {}", "of", "s")).otherwise(pl.format("{} {}", "f", "os"))
    return held.select(pl.when("has").then(either)).to_series()


@cache
def variants(kind: str) -> pl.DataFrame:
    """Name, and one other way of writing it, of a kind: nickname, phonetic or transliteration; first listed wins."""
    listed = pl.read_csv(DATA / "name_variants.csv")
    return listed.filter(pl.col("kind") == kind).unique("name", keep="first", maintain_order=True).select("name", "variant")
