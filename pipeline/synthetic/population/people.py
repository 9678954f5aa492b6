"""Who lives in the world: birth, sex, ethnicity, names, death.

Some people are twins, and some are fathers and sons of one name.

Belongs here: what is true of a person. Does not belong here: where they live (homes), what they do,
or how systems record them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, WORLD_FROM, WORLD_TO, Days
from pipeline.synthetic.code_lists import REGION_WEIGHTS, REGIONS
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population import names, police_numbers
from pipeline.synthetic.random_draws import (
    Bools,
    Floats,
    Ints,
    draw_chance,
    draw_places,
    open_stream,
    pick_each,
)

ETHNICITIES = (
    "W1",
    "W2",
    "W3",
    "W9",
    "B1",
    "B2",
    "B9",
    "A1",
    "A2",
    "A3",
    "A4",
    "A9",
    "M1",
    "M2",
    "M3",
    "M9",
    "O2",
    "O9",
)
ETHNICITY_SHARES = (
    0.712,
    0.012,
    0.008,
    0.068,
    0.038,
    0.045,
    0.02,
    0.014,
    0.026,
    0.01,
    0.003,
    0.017,
    0.015,
    0.004,
    0.004,
    0.006,
    0.003,
    0.009,
)
MINORITY_TILT = {
    "London": 2.6,
    "West Midlands": 1.3,
    "North East": 0.35,
    "South West": 0.4,
    "Wales": 0.4,
}
GROUPS = ("White", "Black", "Asian", "Mixed", "Other")
GROUP_OF = {"W": 0, "B": 1, "A": 2, "M": 3, "O": 4}
ETHNIC_GROUP = np.array([GROUP_OF[code[0]] for code in ETHNICITIES])
FOREIGN = np.array([code in ("W9", "B2", "B9", "A4", "A9", "O2", "O9") for code in ETHNICITIES])

DECILES = 10
DEPRIVATION_SHARES = (0.19, 0.16, 0.135, 0.115, 0.1, 0.085, 0.07, 0.06, 0.05, 0.035)
"""Share of people before courts who live in each tenth of areas, the most deprived first.
The shares are ours, not a published figure.
"""
PRONENESS_SHAPE = 1.2
"""Shape of the gamma distribution of how often a person is recorded wrongly.
A few people gather many errors, and many gather none.
"""
MARRIED_SHARE = 0.2
TWIN_SHARE, NAMESAKE_SHARE = 0.003, 0.005
"""Share of people who are proposed as twins, or as sons of their father's name.
It is the share before chance of region and sex.
"""

YEAR = 365.25
EARLY_ENTRY = 1.32
"""Above 1, more careers are under way from the start, so volumes do not grow by year."""


@dataclass(frozen=True)
class People:
    """One entry a person in every field."""

    town: Town
    female: Bools
    ethnicity: Ints
    region: Ints
    born: Days
    died: Days
    entry: Days
    """About when the person first comes before a court."""
    forename: pl.Series
    middle: pl.Series
    surname: pl.Series
    married_name: pl.Series
    married: Days
    alias: pl.Series
    pnc: pl.Series
    cro: pl.Series
    prison_number: pl.Series
    home: Ints
    """Whose moves this person shares until they part: their own, their twin's or their father's."""
    moves_from: Days
    stays: Days
    twin_of: Ints
    """Place of the twin who is listed first, -1 for all others."""
    namesake_of: Ints
    """Place of the father whose name this person bears, -1 for all others."""
    decile: Ints
    """Tenth of areas in which the person mostly lives, from 0, the most deprived."""
    proneness: Floats
    """How much more often than others of their kind this person is recorded wrongly; mean 1."""

    def __len__(self) -> int:
        """Number of people."""
        return len(self.born)

    def numbers(self, person: Ints) -> Ints:
        """Numbers of people in the whole world, from their places in this town."""
        return self.town.first_person + person

    @cached_property
    def spellings(self) -> dict[str, tuple[Floats, Floats]]:
        """Where the variants of each person's names lie (names.Variants).

        The names are forename, surname and married surname.
        """
        held = (
            ("forename", self.forename),
            ("surname", self.surname),
            ("married_name", self.married_name),
        )
        return {name: names.list_variants().span(named) for name, named in held}

    @property
    def twin(self) -> Bools:
        """Either of two twins."""
        return _either(self.twin_of)

    @property
    def namesake(self) -> Bools:
        """Father or son of a name."""
        return _either(self.namesake_of)

    @property
    def group(self) -> Ints:
        """Ethnic group, as a place in `GROUPS`."""
        return ETHNIC_GROUP[self.ethnicity]


def make_people(town: Town) -> People:
    """The people of a town; the same town makes the same people."""
    rng, count = open_stream(town, "people"), town.people
    region = draw_places(rng, REGION_WEIGHTS, count)
    tilt = np.array([MINORITY_TILT.get(name, 1.0) for name in REGIONS])[region]
    shares = np.tile(np.array(ETHNICITY_SHARES), (count, 1))
    shares[:, 1:] *= tilt[:, None]
    ethnicity = pick_each(rng, shares)
    female = draw_chance(rng, 0.155, count)
    entry = WORLD_FROM + (rng.random(count) ** EARLY_ENTRY * (WORLD_TO + 1 - WORLD_FROM)).astype(
        np.int64
    )
    age = np.clip(12 + rng.gamma(2.2, 8.0, count), 11, 82)
    born = (entry - age * YEAR).astype(np.int64)
    forename, middle, surname, married_name = names.draw_names(rng, female, ethnicity)
    home = np.arange(count)

    first_arrest = entry - np.where(
        draw_chance(rng, 0.7, count), rng.random(count) * np.maximum(age - 13, 0) * YEAR, 0
    ).astype(np.int64)
    relative = _relatives(rng, region, female)
    twin, son, parent = relative.twin, relative.son, relative.of
    standing = open_stream(town, "deprivation and proneness")
    ethnicity = np.where(twin | son, ethnicity[parent], ethnicity)
    born = np.where(
        twin,
        born[parent],
        np.where(son, born[parent] + (rng.integers(20, 36, count) * YEAR).astype(np.int64), born),
    )
    entry = np.where(son, np.maximum(entry, born + int(14 * YEAR)), entry)
    surname = surname.gather(np.where(twin | son, parent, home))
    forename = forename.gather(np.where(son, parent, home))
    home = np.where(twin | son, parent, home)
    return People(
        town=town,
        female=female,
        ethnicity=ethnicity,
        region=region,
        born=born,
        died=_deaths(rng, born, count),
        entry=entry,
        forename=forename,
        middle=middle,
        surname=surname,
        married_name=married_name,
        married=np.where(
            female & draw_chance(rng, MARRIED_SHARE, count),
            entry + rng.integers(-900, 2500, count),
            NEVER,
        ),
        alias=names.draw_aliases(rng, forename, surname, draw_chance(rng, 0.12, count)),
        pnc=police_numbers.make_pnc(town, first_arrest),
        cro=police_numbers.make_cro(town, first_arrest),
        prison_number=police_numbers.prison_numbers(town.first_person + np.arange(count)),
        home=home,
        moves_from=rng.integers(0, 3000, count)[home],
        stays=(180 + rng.exponential(1100, count)).astype(np.int64)[home],
        twin_of=np.where(twin, parent, -1),
        namesake_of=np.where(son, parent, -1),
        decile=draw_places(standing, DEPRIVATION_SHARES, count),
        proneness=standing.gamma(PRONENESS_SHAPE, 1.0 / PRONENESS_SHAPE, count),
    )


def _either(other: Ints) -> Bools:
    """Those who have another, and those who are another's."""
    one = other >= 0
    one[other[one]] = True
    return one


@dataclass(frozen=True)
class _Relatives:
    twin: Bools
    son: Bools
    of: Ints


def _relatives(rng: np.random.Generator, region: Ints, female: Bools) -> _Relatives:
    """Makes some people the twin or son of the nearest earlier one of their region and sex."""
    count = len(region)
    place = np.argsort(region, kind="stable")
    before = np.empty(count, dtype=np.int64)
    before[place] = np.concatenate([place[:1], place[:-1]])
    draw = rng.random(count)
    kin = (
        (draw < TWIN_SHARE + NAMESAKE_SHARE)
        & (region[before] == region)
        & (before != np.arange(count))
    )
    kin &= ~kin[before] & (female[before] == female)
    return _Relatives(
        twin=kin & (draw < TWIN_SHARE), son=kin & (draw >= TWIN_SHARE) & ~female, of=before
    )


def _deaths(rng: np.random.Generator, born: Days, count: int) -> Days:
    """Day of death, at the hazards of people before courts.

    These are higher than those of the population.
    """
    age_2011 = np.maximum((WORLD_FROM - born) / YEAR, 10)
    yearly = 0.0016 * np.exp(0.05 * (age_2011 - 30))
    dies = WORLD_FROM + (rng.exponential(1.0, count) / np.minimum(yearly, 0.2) * YEAR).astype(
        np.int64
    )
    return np.where(dies <= WORLD_TO, dies, NEVER)
