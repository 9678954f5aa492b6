"""Pooling an estimate over the drawn linkages: Rubin's rules.

Belongs here: the rules. Does not belong here: the draws (sampled_linkages), the estimates, which
are the analyst's own.

Rubin (1987), Multiple Imputation for Nonresponse in Surveys, chapter 3; degrees of freedom for
small samples after Barnard and Rubin (1999), Biometrika 86. The estimate should be roughly normal:
pool a rate far from 0 and 1 as it is, a ratio on its logarithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import fmean
from statistics import variance as variance_of

from scipy.stats import t as student


@dataclass(frozen=True)
class Pooled:
    """One estimate of many, with all the uncertainty that is known."""

    estimate: float
    variance: float
    """Within and between together."""
    within: float
    """Mean variance of the estimates: of sampling, as if the linkage were known."""
    between: float
    """Variance over the estimates: of linkage."""
    freedom: float
    """Degrees of freedom of the t distribution."""
    lower: float
    upper: float
    """Interval at the level asked for."""
    missing: float
    """Share of the variance that is due to linkage."""


def pool_estimates(
    estimates: Sequence[float],
    variances: Sequence[float],
    *,
    complete: float = inf,
    level: float = 0.95,
) -> Pooled:
    """Pool estimates of one quantity, one from each drawn linkage.

    Args:
        estimates: one from each draw.
        variances: variance of each, as if its linkage were known; all 0 for a count of everybody,
            who are no sample.
        complete: degrees of freedom that the estimate would have without uncertain links, for small
            samples.
        level: of the interval.

    Raises:
        ValueError: fewer than two draws, or lists of unlike length, or a variance below 0.
    """
    draws = len(estimates)
    if draws < 2 or len(variances) != draws:
        raise ValueError(
            f"[{draws}] estimates and [{len(variances)}] variances: "
            "give one of each a draw, from two draws or more"
        )
    if min(variances) < 0 or not all(map(isfinite, (*estimates, *variances))):
        raise ValueError("an estimate or variance is no finite number, or a variance is below 0")
    estimate, within, between = fmean(estimates), fmean(variances), variance_of(estimates)
    of_linkage = (1 + 1 / draws) * between
    variance = within + of_linkage
    missing = of_linkage / variance if variance else 0.0
    freedom = _freedom(draws, missing, complete)
    half = float(student.ppf((1 + level) / 2, freedom)) * sqrt(variance)
    return Pooled(
        estimate, variance, within, between, freedom, estimate - half, estimate + half, missing
    )


def _freedom(draws: int, missing: float, complete: float) -> float:
    """Degrees of freedom after Rubin.

    Where those of complete data are stated, they are after Barnard and Rubin.
    """
    plain = (draws - 1) / missing**2 if missing else inf
    if not isfinite(complete):
        return plain
    observed = (complete + 1) / (complete + 3) * complete * (1 - missing)
    if not observed:
        return plain
    return observed if plain == inf else plain * observed / (plain + observed)
