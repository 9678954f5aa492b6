"""When people offend, and what: how many cases a life holds, how far apart, with whom.

Belongs here: offences and their dates before any court sees them. Does not belong here: what courts do, or custody that keeps
people from it (timeline).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from pipeline.synthetic.codebook import offences
from pipeline.synthetic.days import WORLD_TO
from pipeline.synthetic.draws import Floats, Ints, chance, pick, repeat_index, stream
from pipeline.synthetic.people import YEAR, People
from pipeline.synthetic.town import Town

CLASSES = ("CM", "CS", "CE", "CI", "other")
KINDS = ("once", "now and then", "prolific")
KIND_SHARES = (0.60, 0.28, 0.12)
CLASS_SHARES = ((0.44, 0.25, 0.24, 0.018, 0.048), (0.32, 0.27, 0.32, 0.024, 0.05), (0.18, 0.31, 0.41, 0.028, 0.07))
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
MURDER = 9999
JOINT_SHARE = 0.045


@cache
def _offence_weights() -> Floats:
    """How likely each offence is within each class."""
    listed = offences()
    held = pl.DataFrame({"category": listed.category, "group": listed.group, "maximum": listed.maximum_months})
    rank = pl.int_range(pl.len()).over("category", "group") + 1
    held = held.with_columns((1.0 / rank**RANK_POWER * pl.when(pl.col("maximum") == MURDER).then(0.4).otherwise(1.0)).alias("weight"))
    share = pl.col("weight") / pl.col("weight").sum().over("category", "group")
    inside = held.select(share).to_series().to_numpy()
    weights = np.zeros((len(CLASSES), len(inside)))
    for place, name in enumerate(CLASSES[:-1]):
        for group, likely in GROUP_SHARES[name].items():
            weights[place] += np.where((held["category"] == name) & (held["group"] == group), inside * likely, 0.0)
    for category, likely in OTHER_MATTERS.items():
        in_category = (held["category"] == category).to_numpy()
        weights[-1] += np.where(in_category, likely / in_category.sum(), 0.0)
    return weights


def make_careers(town: Town, people: People) -> pl.DataFrame:
    """One row per offence that brings someone to court: person, offence, offence date, and who shares the case.

    Returns:
        Columns `person, offence, offence_date, joint, kind`, ordered by person and date. `joint` is equal for co-defendants.
    """
    rng = stream(town, "careers")
    count = len(people)
    kind = pick(rng, KIND_SHARES, count)
    cases = _numbers(rng, kind)
    person, number = repeat_index(cases)
    pace = np.array([1.0, 620.0, 250.0])[kind] * np.exp(rng.normal(0, 0.5, count))
    gap = np.where(number == 0, 0, 1 + rng.exponential(1.0, len(person)) * pace[person])
    total = np.cumsum(gap)
    since = total - np.repeat(total[np.cumsum(cases) - cases], cases)
    offence_date = people.entry[person] - 60 + since.astype(np.int64)
    career = pl.DataFrame(
        {
            "person": person,
            "offence": _which(rng, kind[person]),
            "offence_date": offence_date,
            "joint": town.numbers(len(person)),
            "kind": kind[person],
        }
    )
    career = pl.concat([career, _joined(rng, career, people)])
    age = (career["offence_date"].to_numpy() - people.born[career["person"].to_numpy()]) / YEAR
    alive = career["offence_date"].to_numpy() < people.died[career["person"].to_numpy()]
    fits = pl.Series(alive & (age >= 10.5)) & (career["offence_date"] <= WORLD_TO)
    return career.filter(fits).sort("person", "offence_date", "joint", maintain_order=True)


def _numbers(rng: np.random.Generator, kind: Ints) -> Ints:
    """Cases in a life: one; a few; or a heavy tail."""
    few = 1 + rng.geometric(0.42, len(kind))
    many = 4 + rng.poisson(rng.gamma(1.3, 9.0, len(kind)))
    return np.select([kind == 0, kind == 1], [np.ones(len(kind), dtype=np.int64), few], many)


def _which(rng: np.random.Generator, kind: Ints) -> Ints:
    weights = _offence_weights()
    chosen = np.zeros(len(kind), dtype=np.int64)
    class_of = np.zeros(len(kind), dtype=np.int64)
    for place, shares in enumerate(CLASS_SHARES):
        here = kind == place
        class_of[here] = pick(rng, shares, int(here.sum()))
    for place in range(len(CLASSES)):
        here = class_of == place
        chosen[here] = pick(rng, weights[place], int(here.sum()))
    return chosen


def _joined(rng: np.random.Generator, career: pl.DataFrame, people: People) -> pl.DataFrame:
    """Co-defendants: someone of the same region and near in the list of people joins the case."""
    lead = career.filter(pl.Series(chance(rng, JOINT_SHARE, len(career))))
    order = np.argsort(people.region, kind="stable")
    place = np.empty(len(people), dtype=np.int64)
    place[order] = np.arange(len(people))
    person = lead["person"].to_numpy()
    mate = order[(place[person] + rng.integers(1, 9, len(lead))) % len(people)]
    return lead.with_columns(pl.Series("person", mate)).filter(pl.Series(people.region[mate] == people.region[person]))
