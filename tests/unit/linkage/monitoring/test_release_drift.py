from __future__ import annotations

from math import log
from pathlib import Path

import polars as pl
import pytest

from pipeline.linkage.monitoring import release_drift

Rows = dict[tuple[str, str, str], float]
BASE: Rows = {
    ("records", "all", "prison"): 10_000,
    ("records", "all", "probation"): 20_000,
    ("nodes", "all", "all"): 25_000,
    ("persons", "all", "medium"): 9_000,
    ("persons", "all", "high"): 9_100,
    ("persons_in_both", "prison x probation", "all"): 4_000,
    ("candidate_pairs", "all", "all"): 100_000,
    ("cluster_size", "all", "1"): 5_000,
    ("cluster_size", "all", "2"): 3_000,
    ("cluster_size", "all", "3-5"): 1_000,
    ("signs", "all", "other_number"): 12,
}


def frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(
        [(*key, float(value)) for key, value in rows.items()],
        schema=["measure", "source_pair", "category", "value"],
        orient="row",
    )


def told(changes: Rows, base: Rows = BASE) -> list[str]:
    return [str(alarm) for alarm in release_drift.find_alarms(frame(base | changes), frame(base))]


def test_nothing_moved_and_nothing_is_said() -> None:
    assert told({}) == []


def test_a_delivery_twice_as_large_is_no_alarm() -> None:
    assert told({key: 2 * value for key, value in BASE.items()}) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {("persons_in_both", "prison x probation", "all"): 3_000},
            ["persons_in_both prison x probation: relative change -0.25"],
        ),
        ({("candidate_pairs", "all", "all"): 130_000}, ["candidate_pairs: relative change 0.30"]),
        (
            {("cluster_size", "all", "1"): 3_000, ("cluster_size", "all", "2"): 5_000},
            ["cluster_size: population stability index 0.23"],
        ),
        ({("signs", "all", "other_number"): 60}, ["signs other_number: relative change 4.00"]),
        ({("records", "all", "prison"): 0}, ["records: population stability index"]),
    ],
)
def test_what_moved_is_named_with_how_much(changes: Rows, says: list[str]) -> None:
    found = told(changes)
    assert all(any(line.startswith(start) for line in found) for start in says), found


@pytest.mark.parametrize(
    "changes",
    [
        {("signs", "all", "other_number"): 18},
        {("persons_in_both", "prison x probation", "all"): 3_400},
        {("cluster_size", "all", "1"): 4_800, ("cluster_size", "all", "2"): 3_200},
    ],
    ids=["few, and chance may bring more", "fifteen in a hundred", "two in a hundred"],
)
def test_small_moves_are_no_alarm(changes: Rows) -> None:
    assert told(changes) == []


def test_a_measure_that_the_last_release_did_not_know_is_not_compared() -> None:
    without = {key: value for key, value in BASE.items() if key[0] != "signs"}
    assert release_drift.find_alarms(frame(BASE), frame(without)) == []


def test_the_index_is_that_of_the_textbook() -> None:
    index = release_drift.stability_index(pl.Series([50, 50]), pl.Series([40, 60]))
    assert index == pytest.approx(0.1 * log(0.5 / 0.4) - 0.1 * log(0.5 / 0.6))


def test_counts_of_a_release_are_kept_for_the_next(tmp_path: Path) -> None:
    (tmp_path / "linkage").mkdir()
    frame(BASE).write_parquet(tmp_path / "linkage" / release_drift.KEPT)
    release_drift.remember_counts(tmp_path / "linkage", tmp_path / "registry")
    assert pl.read_parquet(release_drift.kept_file(tmp_path / "registry")).equals(frame(BASE))
    assert (tmp_path / "registry").stat().st_mode & 0o777 == 0o700
