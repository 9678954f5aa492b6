from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.errors import LinkageError
from pipeline.linkage.scoring import model as models
from pipeline.linkage.scoring.model import Model
from pipeline.linkage.training import fit_calibration
from pipeline.linkage.uncertainty import weight_calibration
from pipeline.linkage.uncertainty.weight_calibration import Calibration, Curve
from tests.support.uncertain_links import fill

CURVE = Curve(((-2.0, 0.1), (0.0, 0.5), (4.0, 0.9)))


def _drawn(size: int, seed: int) -> tuple[weight_calibration.Floats, weight_calibration.Bools]:
    """Weights whose true probability is that of the weight, three bits too confident."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(8, 8, size)
    return weights, rng.random(size) < 1 / (1 + np.exp2(3 - weights))


def test_straight_between_knots_and_level_beyond() -> None:
    assert CURVE([-9, -2, -1, 0, 1, 4, 99]) == pytest.approx([0.1, 0.1, 0.3, 0.5, 0.6, 0.9, 0.9])
    assert [CURVE.weight_of(chance) for chance in (0.05, 0.3, 0.95)] == pytest.approx(
        [-np.inf, -1, np.inf]
    )


def test_duckdb_says_the_same(database: duckdb.DuckDBPyConnection) -> None:
    weights = [-9.0, -2.0, -1.3, 0.0, 2.5, 4.0, 7.0]
    told = [
        database.execute(
            f"select {CURVE.sql('weight')} from (select cast(? as double) as weight)", [w]
        ).fetchone()
        for w in weights
    ]
    assert [row[0] for row in told if row] == pytest.approx(list(CURVE(weights)))
    assert database.execute(f"select {CURVE.sql('cast(null as double)')}").fetchone() == (None,)


@pytest.mark.parametrize(
    "knots",
    [
        (),
        ((1.0, 0.5), (0.0, 0.6)),
        ((0.0, 0.6), (1.0, 0.5)),
        ((0.0, 0.5), (0.0, 0.6)),
        ((0.0, 1.5),),
    ],
)
def test_what_does_not_rise_is_no_curve(knots: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        Curve(knots)


def test_a_fitted_curve_is_calibrated_on_others() -> None:
    """Mean absolute error over deciles at most .01, on pairs that it was not fitted on; the plain
    weight would miss by far more.
    """
    curve = weight_calibration.fit_curve(*_drawn(40_000, 1))
    weights, right = _drawn(200_000, 2)

    def error(told: weight_calibration.Floats) -> float:
        deciles = np.array_split(np.argsort(told, kind="stable"), 10)
        return float(np.mean([abs(told[rows].mean() - right[rows].mean()) for rows in deciles]))

    assert error(curve(weights)) <= 0.01
    assert error(1 / (1 + np.exp2(-weights))) > 0.03
    assert len(curve.knots) < 60


def test_the_same_pairs_in_any_order_give_the_same_curve() -> None:
    weights, right = _drawn(5000, 3)
    order = np.random.default_rng(4).permutation(5000)
    assert weight_calibration.fit_curve(weights, right) == weight_calibration.fit_curve(
        weights[order], right[order]
    )


def test_nothing_is_certain_without_many_pairs() -> None:
    weights = np.linspace(10, 20, 1000)
    (knot,) = weight_calibration.fit_curve(weights, weights > 0).knots
    assert knot == pytest.approx((15.0, 1000.5 / 1001), abs=1e-6)
    with pytest.raises(LinkageError, match="too few"):
        weight_calibration.fit_curve(weights[:10], weights[:10] > 0)


def test_a_run_takes_the_nearest_volume(tmp_path: Path) -> None:
    curve = Curve(((0.0, 0.5),))
    volumes = [
        weight_calibration.to_content(Calibration(records, curve, curve, curve, curve, (0.1, 0.2)))
        for records in (1000, 64_000)
    ]
    file = tmp_path / "person_test.json"
    file.write_text(json.dumps({"calibration": {"volumes": volumes}}))
    read = weight_calibration.read_calibrations(file)
    nearest = [weight_calibration.find_nearest(read, records) for records in (0, 7000, 9000, 10**8)]
    assert [fitted.records for fitted in nearest if fitted] == [1000, 1000, 64_000, 64_000]
    assert [weight_calibration.to_content(fitted) for fitted in read] == volumes


def test_a_model_that_was_never_calibrated_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "person_test.json").write_text("{}")
    assert (
        weight_calibration.find_nearest(
            weight_calibration.read_calibrations(tmp_path / "person_test.json"), 1000
        )
        is None
    )


def test_the_committed_model_is_calibrated() -> None:
    volumes = weight_calibration.read_calibrations(models.find_newest_model())
    assert volumes, "fit it with journeys model calibrate"
    assert all(fitted.certain_weight < 40 for fitted in volumes)


@pytest.mark.parametrize(
    "content", ['{"calibration": {"volumes": [{"records": 1}]}}', '{"calibration": 1}', "[]", "?"]
)
def test_a_calibration_that_cannot_be_is_told_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "person_test.json").write_text(content)
    with pytest.raises(LinkageError, match="fit one with journeys model calibrate"):
        weight_calibration.read_calibrations(tmp_path / "person_test.json")


def test_what_is_true_is_looked_up(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """True people: {2, 4, 8}, {6, 10}, {12}, {14, 16}. Found: {2, 4, 6} and each other alone; 8 is
    offered, rightly, and 12.
    """
    fill(
        database,
        [[2, 4, 6], [8], [10], [12], [14], [16]],
        [(2, 4, 29.0), (4, 6, 7.0), (4, 8, 2.0), (2, 12, -3.0)],
    )
    true = {2: "a", 4: "a", 8: "a", 6: "b", 10: "b", 12: "c", 14: "d", 16: "d"}
    pl.DataFrame(
        {
            "source_dataset": "prison",
            "source_record_id": [f"r{node}" for node in true],
            "true_person_id": list(true.values()),
        }
    ).write_parquet(tmp_path / "truth.parquet")
    model = Model("person_test", 1.0, {"high": 12.0, "medium": 5.0, "low": 1.0}, 1000, {})
    world = fit_calibration.look_up_truth(database, model, tmp_path / "truth.parquet", 8)
    told = {
        name: dict(zip(weights.tolist(), right.tolist(), strict=True))
        for name, (weights, right) in world.seen.items()
    }
    assert told == {
        "pairs": {-3.0: False, 2.0: True, 7.0: False, 29.0: True},
        "within": {7.0: False, 29.0: True},
        "lone": {2.0: True, -3.0: False},
        "group": {},
    }
    assert world.is_group.tolist() == [True, False, False, False, False, False]
    assert world.unseen.tolist() == [False, False, False, False, True, True]


def test_small_worlds_are_taken_together() -> None:
    rng = np.random.default_rng(5)
    worlds = []
    for records in (900, 1000, 64_000):
        seen = {name: _drawn(500, records) for name in weight_calibration.CURVES}
        worlds.append(
            fit_calibration.World(records, seen, rng.random(400) < 0.25, np.arange(400) % 2 == 0)
        )
    small, large = [fit_calibration.fit_worlds(like) for like in fit_calibration._by_volume(worlds)]
    assert (small.records, large.records) == (950, 64_000)
    assert all(0.1 < share < 0.4 for share in (*small.unseen, *large.unseen))


def test_a_larger_volume_is_added_and_one_alike_is_replaced(tmp_path: Path) -> None:
    file, chosen = (
        tmp_path / models.find_newest_model().name,
        models.read_model(models.find_newest_model()),
    )
    file.write_text(models.find_newest_model().read_text(encoding="utf-8"), encoding="utf-8")
    rng = np.random.default_rng(6)

    def world(records: int) -> fit_calibration.World:
        seen = {name: _drawn(500, records) for name in weight_calibration.CURVES}
        return fit_calibration.World(records, seen, rng.random(400) < 0.25, np.arange(400) % 2 == 0)

    fit_calibration.write_calibration(file, chosen, [world(1000)])
    fit_calibration.write_calibration(file, chosen, [world(64_000)], keep=True)
    assert [volume.records for volume in weight_calibration.read_calibrations(file)] == [
        1000,
        64_000,
    ]
    fit_calibration.write_calibration(file, chosen, [world(1500)], keep=True)
    assert [volume.records for volume in weight_calibration.read_calibrations(file)] == [
        1500,
        64_000,
    ]
    fit_calibration.write_calibration(file, chosen, [world(1500)])
    assert [volume.records for volume in weight_calibration.read_calibrations(file)] == [1500]
