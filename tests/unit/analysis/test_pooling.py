from __future__ import annotations

from math import inf, isinf

import pytest
from scipy.stats import t

from pipeline.analysis.pooling import pool_estimates


def test_rubins_rules_by_hand() -> None:
    """Mean 11; within (1 + 2 + 3) / 3 = 2; between (1 + 0 + 1) / 2 = 1; total 2 + 4/3 = 10/3;
    freedom 2 x (1 + 2 / (4/3))^2 = 12.5.
    """
    pooled = pool_estimates([10.0, 11.0, 12.0], [1.0, 2.0, 3.0])
    assert pooled.estimate == pytest.approx(11)
    assert (pooled.within, pooled.between) == pytest.approx((2, 1))
    assert pooled.variance == pytest.approx(10 / 3)
    assert pooled.freedom == pytest.approx(12.5)
    assert pooled.missing == pytest.approx(0.4)
    half = t.ppf(0.975, 12.5) * (10 / 3) ** 0.5
    assert (pooled.lower, pooled.upper) == pytest.approx((11 - half, 11 + half))


def test_small_samples_have_fewer_degrees_of_freedom() -> None:
    """Barnard and Rubin with 20: observed 21/23 x 20 x 0.6, then 1 / (1/12.5 + 1/observed)."""
    observed = 21 / 23 * 20 * 0.6
    assert pool_estimates(
        [10.0, 11.0, 12.0], [1.0, 2.0, 3.0], complete=20
    ).freedom == pytest.approx(1 / (1 / 12.5 + 1 / observed))


def test_linkage_that_changes_nothing_leaves_the_plain_interval() -> None:
    pooled = pool_estimates([0.2] * 20, [0.0001] * 20)
    assert isinf(pooled.freedom)
    assert (pooled.lower, pooled.upper) == pytest.approx((0.2 - 0.0196, 0.2 + 0.0196), abs=1e-5)
    assert pool_estimates([0.2] * 20, [0.0001] * 20, complete=30).freedom == pytest.approx(
        31 / 33 * 30
    )


def test_everybody_counted_leaves_the_variance_of_linkage_alone() -> None:
    pooled = pool_estimates([1.0, 3.0], [0.0, 0.0])
    assert (pooled.variance, pooled.freedom, pooled.missing) == pytest.approx((3, 1, 1))
    sure = pool_estimates([2.0, 2.0], [0.0, 0.0])
    assert (sure.lower, sure.estimate, sure.upper, sure.missing) == (2, 2, 2, 0)


@pytest.mark.parametrize(
    ("estimates", "variances"),
    [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [1.0, -1.0]), ([1.0, inf], [1.0, 1.0])],
)
def test_what_cannot_be_pooled_is_refused(estimates: list[float], variances: list[float]) -> None:
    with pytest.raises(ValueError, match=r"variance"):
        pool_estimates(estimates, variances)
