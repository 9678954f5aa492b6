from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import LinkageError
from pipeline.linkage.scoring import model as models
from pipeline.linkage.scoring.comparisons import COMPARISONS
from pipeline.linkage.training.measure_model import measure_model
from pipeline.linkage.training.model_card import write_card
from pipeline.linkage.training.train import train_model
from tests.support.identity import digest, stranger, write_identity

COMMITTED = models.find_newest_model()


def test_committed_model_fits_the_rules_and_bears_its_date() -> None:
    model = models.read_model(COMMITTED)
    assert date.fromisoformat(COMMITTED.stem.removeprefix("person_"))
    assert model.thresholds["high"] > model.thresholds["medium"] > model.thresholds["low"]
    for comparison in COMPARISONS:
        weights = [model.weight(comparison.name, level) for level in comparison.level_names]
        assert max(weights) >= 0 >= min(weights)


def test_committed_card_says_what_the_model_says_and_was_measured() -> None:
    content = json.loads(COMMITTED.read_text())
    assert COMMITTED.with_suffix(".md").read_text() == write_card(
        content, models.read_model(COMMITTED)
    )
    assert content["measured"]["shares"]["medium"]["pair_precision"] >= 0.99
    assert content["measured"]["shares"]["medium"]["pair_recall"] >= 0.93


def test_prior_follows_the_number_of_records() -> None:
    model = models.Model("m", 5.0, {}, 1000, {})
    assert model.prior(1001) == pytest.approx(0.005)
    assert model.prior(100_001) == pytest.approx(0.00005)
    assert model.prior(1) == 0.5


def test_thresholds_follow_the_prior_half_the_way_beyond_the_volume_they_are_stated_for() -> None:
    model = models.Model("m", 5.0, {"high": 12.0, "medium": 5.0, "low": 1.0}, 1_000_000, {})
    assert (
        model.of_volume(999).thresholds == model.of_volume(1_000_000).thresholds == model.thresholds
    )
    told = model.of_volume(16_000_000).thresholds
    assert told == {
        name: pytest.approx(weight - 2, abs=1e-4) for name, weight in model.thresholds.items()
    }


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content.pop("parameters"), "is not a model file"),
        (lambda content: content["parameters"].pop("birth"), "other comparisons"),
        (lambda content: content["parameters"]["birth"].pop("swapped"), "other comparisons"),
        (lambda content: content["thresholds"].pop("low"), "must state thresholds"),
        (lambda content: content["thresholds"].update(low=99), "must state thresholds"),
    ],
)
def test_a_file_that_is_no_model_of_today_is_refused(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], message: str
) -> None:
    content = json.loads(COMMITTED.read_text())
    spoil(content)
    (tmp_path / "person_x.json").write_text(json.dumps(content))
    with pytest.raises(LinkageError, match=message):
        models.read_model(tmp_path / "person_x.json")


def test_training_is_the_same_twice_and_good_enough_to_link(tmp_path: Path) -> None:
    people = [stranger(number) for number in range(700)]
    rows = [{**person, "pnc": f"2003/{number:07d}X"} for number, person in enumerate(people)]
    again = [
        row
        | {
            "id": digest(row["id"]),
            "source": "prison",
            "surname": f"{row['surname']}E",
            "postcode": None,
        }
        for row in rows[:400]
    ]
    third = [
        row
        | {
            "id": digest(row["id"], 3),
            "pnc": None,
            "date_of_birth": row["date_of_birth"].replace(day=1),
        }
        for row in rows[:200]
    ]
    identity = write_identity(tmp_path / "identity", [*rows, *again, *third])
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for folder in ("one", "two"):
        train_model(identity, tmp_path / folder / "person_test.json", what="strangers")
    for suffix in ("json", "md"):
        assert (tmp_path / "one" / f"person_test.{suffix}").read_bytes() == (
            tmp_path / "two" / f"person_test.{suffix}"
        ).read_bytes()
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == [
        "person_test.json",
        "person_test.md",
    ]

    truth = [
        {"source_dataset": row["source"], "source_record_id": row["id"], "true_person_id": place}
        for place, row in enumerate(rows)
    ]
    truth += [
        {"source_dataset": row["source"], "source_record_id": row["id"], "true_person_id": place}
        for place, row in enumerate(again)
    ]
    truth += [
        {"source_dataset": row["source"], "source_record_id": row["id"], "true_person_id": place}
        for place, row in enumerate(third)
    ]
    import polars as pl

    pl.DataFrame(truth).write_parquet(tmp_path / "truth.parquet")
    measure_model(
        tmp_path / "one" / "person_test.json",
        identity,
        tmp_path / "truth.parquet",
        what="the same strangers",
    )
    measured = json.loads((tmp_path / "one" / "person_test.json").read_text())["measured"]
    assert measured["shares"]["medium"]["pair_precision"] > 0.99
    assert measured["shares"]["medium"]["pair_recall"] > 0.9


def test_training_on_records_that_never_agree_says_so(tmp_path: Path) -> None:
    identity = write_identity(tmp_path / "identity", [stranger(number) for number in range(20)])
    with pytest.raises(LinkageError, match="train on more records"):
        train_model(identity, tmp_path / "person_test.json")
    shutil.rmtree(identity)
    assert list(tmp_path.iterdir()) == []
