"""What a rule over a whole table or over time finds, and the arithmetic of chance that such rules share.

Belongs here: the form of such a finding; whether two counts or shares differ by more than chance. Does not belong here: any tolerance
(data_contracts.expectations) and any rule (coverage, drift, references).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

import polars as pl

from data_contracts.rules import Severity

MOST_NAMED = 6
"""Months or codes that a text names; the tables beside it have all."""


@dataclass(frozen=True, kw_only=True)
class TableFinding:
    """One thing that a table as a whole breaks; no value in it but codes of code lists."""

    table: str
    column: str
    rule: str
    severity: Severity
    rows: int
    text: str
    """For people."""
    advice: str = ""
    """What can be done."""


def bound(level: float) -> float:
    """How many standard deviations chance alone exceeds with this probability, to either side."""
    return NormalDist().inv_cdf(1 - level / 2)


def count_distance(now: float, then: float, clustering: float = 1.0) -> float:
    """Difference of two counts in standard deviations; square roots of counts vary alike, however small the counts."""
    return 2 * (sqrt(now) - sqrt(then)) / sqrt(2 * clustering)


def chance_of_so_few(rows: float, usual: float) -> float:
    """Upper bound (Chernoff's) of the chance that single events with this mean are so few; exact where there are none."""
    if rows >= usual:
        return 1.0
    return exp(rows - usual - (rows * log(rows / usual) if rows else 0.0))


def effect(now: pl.Expr, then: pl.Expr) -> pl.Expr:
    """Difference of two shares as Cohen's h: the angles of shares vary alike, however small the shares."""
    return 2 * (now.sqrt().arcsin() - then.sqrt().arcsin())


def share_distance(difference: pl.Expr, rows_now: pl.Expr, rows_then: pl.Expr, clustering: float) -> pl.Expr:
    """Difference of two shares, given as Cohen's h, in standard deviations."""
    return difference / (clustering * (1 / rows_now + 1 / rows_then)).sqrt()


def named(things: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = len(things) - MOST_NAMED
    return ", ".join(things[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
