"""What grows faster than n log n is told, and where a machine ends; numbers worked out by hand."""

from __future__ import annotations

import pytest

from tests.benchmarks.nation.growth import End, Measure, ends, exponent, grows_too_fast, records_at


def size(records: int, cpu: float, peak: float = 0.0, disk: float = 0.0) -> Measure:
    return Measure(records, cpu, peak, disk)


# a thousand times as many records, each with twice the logarithm: 2,000 times the work
FEW, MANY = 1_000, 1_000_000


@pytest.mark.parametrize(
    ("cpu", "power"),
    [(2_000.0, 1.0), (4_000_000.0, 2.0), (1.0, 0.0)],
)
def test_the_power_is_that_of_n_log_n(cpu: float, power: float) -> None:
    assert exponent(size(FEW, 1), size(MANY, cpu)) == pytest.approx(power)


def test_no_time_or_no_growth_of_size_has_no_power() -> None:
    assert exponent(size(FEW, 0), size(MANY, 5)) is None
    assert exponent(size(FEW, 1), size(FEW, 5)) is None


def test_a_stage_is_flagged_beyond_the_tolerance_alone() -> None:
    # 2,000 to the power 1.1 is 4,277
    assert not grows_too_fast(size(FEW, 1), size(MANY, 4_200))
    assert grows_too_fast(size(FEW, 1), size(MANY, 4_400))


def test_a_stage_that_takes_no_time_to_speak_of_is_never_flagged() -> None:
    assert not grows_too_fast(size(FEW, 0.0001), size(MANY, 4.9))
    assert grows_too_fast(size(FEW, 0.0001), size(MANY, 5.1))


def test_a_size_passes_the_most_on_a_straight_line() -> None:
    # 2 GB more for 10 records more: 6 GB are 10 records beyond
    assert records_at((10, 2.0), (20, 4.0), 6.0) == 30
    assert records_at((10, 2.0), (20, 4.0), 3.0) == 15
    assert records_at((10, 4.0), (20, 4.0), 6.0) is None


def test_the_first_end_stands_first_and_comes_of_the_last_two_sizes() -> None:
    stages = {
        "linkage": [size(1, 1, peak=90), size(10, 1, peak=2, disk=5), size(20, 1, peak=4, disk=5)],
        "dbt": [size(10, 1, peak=3, disk=10), size(20, 1, peak=3, disk=20)],
        "new": [size(20, 1, peak=4)],
    }
    assert ends(stages, memory=6.0, disk=25.0) == [
        End("dbt", "disk", 25),
        End("linkage", "memory", 30),
    ]
