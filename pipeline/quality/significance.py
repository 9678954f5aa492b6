"""Effect sizes and probabilities: whether a table differs from its history by more than noise."""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import NormalDist

import polars as pl


def compute_bound(level: float) -> float:
    """How many standard deviations chance alone exceeds with this probability, to either side."""
    return NormalDist().inv_cdf(1 - level / 2)


def count_distance(now: float, then: float, clustering: float = 1.0) -> float:
    """Difference of two counts in standard deviations.

    Square roots of counts vary alike, however small the counts are.
    """
    return 2 * (sqrt(now) - sqrt(then)) / sqrt(2 * clustering)


def chance_of_so_few(rows: float, usual: float) -> float:
    """Upper bound (Chernoff's) of the probability that single events with this mean are so few.

    The bound is exact where there are no events.
    """
    if rows >= usual:
        return 1.0
    return exp(rows - usual - (rows * log(rows / usual) if rows else 0.0))


def compute_effect(now: pl.Expr, then: pl.Expr) -> pl.Expr:
    """Difference of two shares as Cohen's h.

    The angles of shares vary alike, however small the shares are.
    """
    return 2 * (now.sqrt().arcsin() - then.sqrt().arcsin())


def share_distance(
    difference: pl.Expr, rows_now: pl.Expr, rows_then: pl.Expr, clustering: float
) -> pl.Expr:
    """Difference of two shares, given as Cohen's h, in standard deviations."""
    return difference / (clustering * (1 / rows_now + 1 / rows_then)).sqrt()
