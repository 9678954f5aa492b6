"""The sheet on which tallies are noted, and the periods that published figures speak of.

Belongs here: how a tally is written down. Does not belong here: what is tallied (the other modules
of this folder), or what the figure should be (targets.csv).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import day_number
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import Bools, Ints

NUMERATOR, DENOMINATOR, BASE_NUMERATOR, BASE_DENOMINATOR = (
    "numerator",
    "denominator",
    "base_numerator",
    "base_denominator",
)
VALUE = "value"
"""A bar of a histogram: so many with this value.
Medians and means are taken from it once all towns are added.
"""
SQUARES = "squares"
"""Sum of squares over people of what each adds to a count.
It gives the variance of a count to which a few people add much.
"""
SCHEMA = {"measure": pl.String, "part": pl.String, "value": pl.Int64, "n": pl.Float64}

Tables = Mapping[tuple[str, str], pl.DataFrame]
Period = tuple[int, int]
"""First and last day."""


@dataclass(frozen=True)
class Made:
    """One part of the world: its people, what happened to them, and what is delivered.

    Four systems deliver it.
    """

    tables: Tables
    lives: Lives
    people: People


class Sheet:
    """Collects tallies; each method notes one measure."""

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []

    def count(self, measure: str, number: float, squares: float | None = None) -> None:
        """A number of things, and the sum of squares over people where things come in clusters."""
        self._note(measure, {NUMERATOR: number} | ({} if squares is None else {SQUARES: squares}))

    def share(self, measure: str, hits: Bools, among: Bools | None = None) -> None:
        """How many of those `among` are `hits`."""
        held = np.ones(len(hits), dtype=np.bool_) if among is None else among
        self.ratio(measure, int((hits & held).sum()), int(held.sum()))

    def ratio(self, measure: str, number: float, other: float) -> None:
        """Two counts, one to be divided by the other."""
        self._note(measure, {NUMERATOR: number, DENOMINATOR: other})

    def relative(self, measure: str, hits: Bools, exposed: Bools, base: Bools) -> None:
        """The share of hits among the exposed, to be divided by that of the base."""
        self._note(
            measure,
            {
                NUMERATOR: int((hits & exposed).sum()),
                DENOMINATOR: int(exposed.sum()),
                BASE_NUMERATOR: int((hits & base).sum()),
                BASE_DENOMINATOR: int(base.sum()),
            },
        )

    def values(self, measure: str, values: Ints) -> None:
        """Whole numbers, of which a mean or a median is to be taken."""
        value, number = np.unique(values, return_counts=True)
        bars = pl.DataFrame({"value": value.astype(np.int64), "n": number.astype(np.float64)})
        self._frames.append(
            bars.select(pl.lit(measure).alias("measure"), pl.lit(VALUE).alias("part"), "value", "n")
        )

    def _note(self, measure: str, parts: Mapping[str, float]) -> None:
        held = {
            "measure": [measure] * len(parts),
            "part": list(parts),
            "value": [0] * len(parts),
            "n": [float(n) for n in parts.values()],
        }
        self._frames.append(pl.DataFrame(held, schema=SCHEMA))

    def frame(self) -> pl.DataFrame:
        """All tallies noted so far."""
        return pl.concat([pl.DataFrame(schema=SCHEMA), *self._frames])


def year_period(of: int) -> Period:
    """A calendar year."""
    return day_number(of, 1), day_number(of, 12, 31)


def financial_year(of: int) -> Period:
    """April of a year to March of the next."""
    return day_number(of, 4), day_number(of + 1, 3, 31)


def quarter_period(of: int, number: int) -> Period:
    """A quarter of a calendar year, from 1 to 4."""
    first = day_number(of, 3 * number - 2)
    return first, (day_number(of + 1, 1) if number == 4 else day_number(of, 3 * number + 1)) - 1


def fall_within(days: Ints | pl.Series, period: Period) -> Bools:
    """Which days fall into the period."""
    held = days.to_numpy() if isinstance(days, pl.Series) else days
    inside: Bools = (held >= period[0]) & (held <= period[1])
    return inside
