"""Scores are held against their limits, and the last run of each size is what growth is told of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.synthetic import world
from tests.benchmarks.nation import report
from tests.benchmarks.nation.__main__ import ordered

EVENTS = ("recalls", "sentences", "pre_sentence_reports", "releases")


def scored(found: float | None, invented: float, precision: float = 1.0) -> dict[str, Any]:
    links = {"pair_precision": precision, "pair_recall": 0.97}
    return {"links": links, **{kind: {"found": found, "invented": invented} for kind in EVENTS}}


def failing(score: dict[str, Any]) -> list[str]:
    return report.failing({"score": report.verdicts(score), "verified": {"verify": True}})


def test_a_score_at_its_limit_passes() -> None:
    assert len(report.verdicts(scored(0.98, 0.01))) == 10
    assert failing(scored(0.98, 0.01)) == []


def test_a_score_beyond_its_limit_fails_by_name() -> None:
    assert failing(scored(0.98, 0.01, precision=0.9949)) == ["links pair_precision"]
    assert failing(scored(0.9799, 0.01)) == [f"{kind} found" for kind in EVENTS]
    assert failing(scored(0.98, 0.0101)) == [f"{kind} invented" for kind in EVENTS]


def test_where_nothing_was_to_be_found_nothing_passes() -> None:
    assert failing(scored(None, 0.0)) == [f"{kind} found" for kind in EVENTS]


def test_a_release_that_is_not_what_it_says_fails() -> None:
    assert report.failing({"score": [], "verified": {"score": True, "verify": False}}) == ["verify"]


def test_the_last_run_of_each_size_and_format_is_kept_smallest_first(tmp_path: Path) -> None:
    runs = {
        "nation-1-3-parquet": (1.0, 20),
        "nation-1-7-parquet": (1.0, 10),
        "nation-0.1-3-parquet": (0.1, 30),
        "nation-0.01-3-csv": (0.01, 40),
        "failed-0.01-3-parquet": (0.01, 50),
    }
    for name, (share, began) in runs.items():
        facts = {"share": share, "began": began}
        (tmp_path / f"{name}.json").write_text(json.dumps(facts), encoding="utf-8")
    assert [run["began"] for run in report.kept(tmp_path, "parquet")] == [30, 20]


def test_shares_seed_and_format_say_where_a_nation_lies(tmp_path: Path) -> None:
    given = {"NATION_SHARES": "0.01 1.0", "NATION_SEED": "7", "NATION_FORMAT": "csv"}
    small, whole = ordered(tmp_path, given)
    assert (small.share, small.name) == (0.01, "0.01-7-csv")
    assert whole.delivery == tmp_path / "nation" / "1-7-csv" / "delivery"
    assert whole.truth == tmp_path / "nation" / "1-7-csv" / "truth"


@pytest.mark.slow
def test_a_delivery_that_is_given_says_itself_what_it_is(tmp_path: Path) -> None:
    made = tmp_path / "made"
    world.synthesise_world(made, tmp_path / "made-truth", people=1_344, seed=5, workers=1)
    (given,) = ordered(tmp_path, {"NATION_DELIVERY": str(made)})
    assert (given.name, given.delivery) == ("0.0002-5-parquet", made)
    assert given.truth == tmp_path / "made-truth"
