from __future__ import annotations

import random
from itertools import combinations

import polars as pl
import pytest

from pipeline.linkage.monitoring.truth_metrics import evaluate_links


def _frames(
    true: list[int], found: list[int | None], groups: list[str | None]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    ids = [f"r{number}" for number in range(len(true))]
    truth = pl.DataFrame(
        {"source_dataset": "s", "source_record_id": ids, "true_person_id": true, "sex": groups},
        schema_overrides={"sex": pl.String},
    )
    links = pl.DataFrame(
        {
            "source_dataset": "s",
            "source_record_id": ids,
            "person_id": [None if p is None else f"P{p}" for p in found],
        }
    )
    return truth, links.drop_nulls()


@pytest.mark.parametrize("seed", range(8))
def test_counts_agree_with_counting_every_pair(seed: int) -> None:
    rng = random.Random(seed)
    true = [rng.randrange(6) for _ in range(25)]
    found = [rng.randrange(6) if rng.random() < 0.9 else None for _ in range(25)]
    truth, links = _frames(true, found, [rng.choice(["male", "female"]) for _ in range(25)])
    together = [number + 100 if person is None else person for number, person in enumerate(found)]
    pairs = list(combinations(range(25), 2))
    both = sum(true[a] == true[b] and together[a] == together[b] for a, b in pairs)
    row = evaluate_links(links, truth).row(0, named=True)
    assert row["pair_precision"] == pytest.approx(
        both / sum(together[a] == together[b] for a, b in pairs)
    )
    assert row["pair_recall"] == pytest.approx(both / sum(true[a] == true[b] for a, b in pairs))
    shares = [
        sum(true[a] == true[b] and together[a] == together[b] for b in range(25)) for a in range(25)
    ]
    assert row["bcubed_precision"] == pytest.approx(
        sum(share / together.count(together[a]) for a, share in enumerate(shares)) / 25
    )
    assert row["bcubed_recall"] == pytest.approx(
        sum(share / true.count(true[a]) for a, share in enumerate(shares)) / 25
    )


def test_right_links_are_right_for_every_group() -> None:
    truth, links = _frames(
        [1, 1, 2, 2, 3], [7, 7, 8, 8, 9], ["male", "male", "female", "female", None]
    )
    rows = evaluate_links(links, truth, group="sex").rows(named=True)
    assert [row["category"] for row in rows] == [None, "female", "male", "unknown"]
    assert [row["pair_precision"] for row in rows] == [1.0, 1.0, 1.0, None]
    assert all(row["bcubed_recall"] == 1.0 for row in rows)


def test_a_missed_pair_counts_against_the_group_that_it_is_of() -> None:
    truth, links = _frames([1, 1, 2, 2], [7, 8, 9, 9], ["male", "male", "female", "female"])
    recall = {
        row["category"]: row["pair_recall"]
        for row in evaluate_links(links, truth, group="sex").rows(named=True)
    }
    assert recall == {None: 0.5, "male": 0.0, "female": 1.0}


def test_intervals_hold_the_share_and_stay_within_bounds() -> None:
    truth, links = _frames([1, 1, 1, 2], [7, 7, 7, 8], ["male"] * 4)
    row = evaluate_links(links, truth).row(0, named=True)
    assert 0 < row["pair_precision_low"] < row["pair_precision"] == row["pair_precision_high"] == 1
