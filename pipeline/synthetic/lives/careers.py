"""When people offend, and what: how many cases a life holds, how far apart, with whom.

Belongs here: offences and their dates before any court sees them, and which orders keep people from
them. Does not belong here: what courts do, or custody that keeps people from it (timeline).
"""

from __future__ import annotations

from enum import IntEnum
from functools import cache

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import WORLD_TO, Days, day_number
from pipeline.synthetic.code_lists import CLASSES, OffenceClass, read_offences
from pipeline.synthetic.lives.sentencing import COMMUNITY
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import YEAR, People
from pipeline.synthetic.random_draws import (
    Bools,
    Floats,
    Ints,
    draw_chance,
    draw_places,
    open_stream,
    pick_each,
    repeat_index,
)


class Career(IntEnum):
    """How often someone offends in a life."""

    ONCE = 0
    NOW_AND_THEN = 1
    PROLIFIC = 2


CAREERS = ("once", "now and then", "prolific")
"""Words of the truth, in the order of `Career`."""
KIND_SHARES = (0.645, 0.248, 0.107)
CLASS_SHARES = (
    (0.61, 0.205, 0.125, 0.014, 0.046),
    (0.47, 0.255, 0.2, 0.016, 0.059),
    (0.175, 0.54, 0.19, 0.015, 0.08),
)
"""Of each kind of career, in the middle of 2016."""
INDICTABLE_FALL, FALL_FROM, FALL_TO, MIDDLE = (
    0.053,
    day_number(2011, 1),
    day_number(2018, 4),
    day_number(2016, 7),
)
"""Yearly fall of the log weight of offences triable on indictment, and from when to when.
Prosecutions for them fell much faster than others (MoJ, CJSQ). The size is ours.
"""
THEFT_TILT = (0.19, 0.72, 1.75)
"""Theft is the offence of those who come back: its weight in each kind of career."""
GROUP_SHARES: dict[str, dict[str, float]] = {
    "CM": {"Summary motoring": 1.0},
    "CS": {
        "Violence against the person": 0.36,
        "Public order": 0.2,
        "Miscellaneous": 0.2,
        "Possession of weapons": 0.02,
        "Theft": 0.03,
        "Drugs": 0.02,
        "Summary motoring": 0.17,
    },
    "CE": {
        "Theft": 0.34,
        "Drugs": 0.19,
        "Violence against the person": 0.18,
        "Public order": 0.1,
        "Possession of weapons": 0.06,
        "Criminal damage and arson": 0.05,
        "Fraud": 0.04,
        "Sexual": 0.02,
        "Miscellaneous": 0.02,
    },
    "CI": {
        "Robbery": 0.22,
        "Violence against the person": 0.26,
        "Sexual": 0.24,
        "Theft": 0.08,
        "Drugs": 0.12,
        "Criminal damage and arson": 0.04,
        "Possession of weapons": 0.02,
        "Fraud": 0.02,
    },
}
OTHER_MATTERS = {"CB": 0.5, "VP": 0.3, "CR": 0.2}
RANK_POWER = 0.9
NOW_AND_THEN = 850.0
"""Mean days between cases of those who offend now and then."""
TYPICAL_CASES, PACE, PACE_POWER = 17, 103.0, 0.7
"""Cases of a typical prolific career, mean days between them, and how fast these days fall.
They are shorter in longer careers: the more cases, the faster they follow, and the longer they go
on.
"""
MURDER = 9999
JOINT_SHARE = 0.045
DAYS_TO_COURT = 60
"""From the first offence of a career to about the first time in court."""
COMMUNITY_ON_REOFFENDING = 0.92
"""Planted: risk of any offence within a year of a community order, against short custody.
Both are for the same person. MoJ's matched studies of 2013 to 2019 find three to four in a hundred
fewer who reoffend, of some sixty.
"""
YEAR_AFTER = 365
"""Days that an order which works keeps its person from offending."""


@cache
def _offence_weights() -> Floats:
    """How likely each offence is within each class."""
    listed = read_offences()
    held = pl.DataFrame(
        {"category": listed.category, "group": listed.group, "maximum": listed.maximum_months}
    )
    rank = pl.int_range(pl.len()).over("category", "group") + 1
    held = held.with_columns(
        (
            1.0 / rank**RANK_POWER * pl.when(pl.col("maximum") == MURDER).then(0.4).otherwise(1.0)
        ).alias("weight")
    )
    share = pl.col("weight") / pl.col("weight").sum().over("category", "group")
    inside = held.select(share).to_series().to_numpy()
    weights = np.zeros((len(CLASSES), len(inside)))
    for place, name in enumerate(CLASSES[:-1]):
        for group, likely in GROUP_SHARES[name].items():
            weights[place] += np.where(
                (held["category"] == name) & (held["group"] == group), inside * likely, 0.0
            )
    for category, likely in OTHER_MATTERS.items():
        in_category = (held["category"] == category).to_numpy()
        weights[-1] += np.where(in_category, likely / in_category.sum(), 0.0)
    return weights


def make_careers(town: Town, people: People) -> pl.DataFrame:
    """One row per offence that brings someone to court.

    It holds the person, the offence, its date, and who shares the case.

    Returns:
        Columns `person, offence, offence_date, joint, kind, pace, career_until`, ordered by person
        and date. `joint` is equal for co-defendants; `pace` is the mean of days between the
        person's offences, `career_until` the last of them, if ever it comes to that.
    """
    rng = open_stream(town, "careers")
    count = len(people)
    kind = draw_places(rng, KIND_SHARES, count)
    cases = _numbers(rng, kind)
    person, number = repeat_index(cases)
    pace = np.select(
        [kind == Career.NOW_AND_THEN, kind == Career.PROLIFIC],
        [NOW_AND_THEN, PACE * (TYPICAL_CASES / cases) ** PACE_POWER],
        1.0,
    )
    pace = pace * np.exp(rng.normal(0, 0.4, count))
    gap = np.where(number == 0, 0, 1 + rng.exponential(1.0, len(person)) * pace[person])
    total = np.cumsum(gap)
    since = total - np.repeat(total[np.cumsum(cases) - cases], cases)
    offence_date = people.entry[person] - DAYS_TO_COURT + since.astype(np.int64)
    career = pl.DataFrame(
        {
            "person": person,
            "offence": _which(rng, kind[person], offence_date),
            "offence_date": offence_date,
            "joint": town.numbers(len(person)),
            "kind": kind[person],
        }
    )
    career = pl.concat([career, _joined(rng, career, people)])
    age = (career["offence_date"].to_numpy() - people.born[career["person"].to_numpy()]) / YEAR
    alive = career["offence_date"].to_numpy() < people.died[career["person"].to_numpy()]
    fits = pl.Series(alive & (age >= 10.5)) & (career["offence_date"] <= WORLD_TO)
    owner, last = career["person"].to_numpy(), offence_date[np.cumsum(cases) - 1]
    career = career.with_columns(pace=pace[owner], career_until=last[owner])
    return career.filter(fits).sort("person", "offence_date", "joint", maintain_order=True)


def find_averting(town: Town, cases: pl.DataFrame) -> Bools:
    """Which cases end in an order that keeps an adult from every offence of the year after it."""
    works = draw_chance(open_stream(town, "averting"), 1 - COMMUNITY_ON_REOFFENDING, len(cases))
    works &= (cases["disposal"].to_numpy() == COMMUNITY) & (cases["age"].to_numpy() >= 18)
    return works


def _numbers(rng: np.random.Generator, kind: Ints) -> Ints:
    """Cases in a life: one; a few; or a heavy tail."""
    few = 1 + rng.geometric(0.42, len(kind))
    many = 5 + rng.poisson(rng.gamma(1.1, 14.3, len(kind)))
    return np.select([kind == 0, kind == 1], [np.ones(len(kind), dtype=np.int64), few], many)


def _which(rng: np.random.Generator, kind: Ints, date: Days) -> Ints:
    weights = _offence_weights()
    theft = (read_offences().group == "Theft").to_numpy()
    chosen = np.zeros(len(kind), dtype=np.int64)
    shares, years = (
        np.array(CLASS_SHARES)[kind],
        (np.clip(date, FALL_FROM, FALL_TO) - MIDDLE) / YEAR,
    )
    shares[:, [OffenceClass.CE, OffenceClass.CI]] *= np.exp(-INDICTABLE_FALL * years)[:, None]
    class_of = pick_each(rng, shares)
    for of, tilt in enumerate(THEFT_TILT):
        tilted = weights * np.where(theft, tilt, 1.0)
        for place in range(len(CLASSES)):
            here = (class_of == place) & (kind == of)
            chosen[here] = draw_places(rng, tilted[place], int(here.sum()))
    return chosen


def _joined(rng: np.random.Generator, career: pl.DataFrame, people: People) -> pl.DataFrame:
    """Co-defendants: someone of the same region and near in the list of people joins the case."""
    lead = career.filter(pl.Series(draw_chance(rng, JOINT_SHARE, len(career))))
    order = np.argsort(people.region, kind="stable")
    place = np.empty(len(people), dtype=np.int64)
    place[order] = np.arange(len(people))
    person = lead["person"].to_numpy()
    mate = order[(place[person] + rng.integers(1, 9, len(lead))) % len(people)]
    return lead.with_columns(pl.Series("person", mate)).filter(
        pl.Series(people.region[mate] == people.region[person])
    )
