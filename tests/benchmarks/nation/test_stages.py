"""Samples are laid to the stages of a run: what grows is shared out, what is the most is found."""

from __future__ import annotations

import pytest

from tests.benchmarks.nation.observe import Sample
from tests.benchmarks.nation.stages import Took, took
from tests.benchmarks.nation.windows import Node, Record, Stage, nodes, stages, without

GB = 10**9


def sample(at: float, cpu: float, memory: int, spilled: int = 0, written: int = 0) -> Sample:
    return Sample(at, cpu, written * GB, memory * GB, 0, spilled * GB, 0, 0)


SAMPLES = [
    sample(100, 0, 1),
    sample(102, 4, 3, spilled=2, written=1),
    sample(104, 5, 2, written=4),
    sample(110, 17, 7, written=4),
]


def of(*spans: tuple[float, float]) -> Took:
    return took(Stage("x", spans, rows=30), SAMPLES)


def test_what_grows_is_shared_out_evenly_between_two_samples() -> None:
    half = of((101, 103))
    assert (half.wall, half.cpu, half.written) == (2, 2.5, 2.0)


def test_the_most_is_that_of_the_samples_within() -> None:
    assert (of((100, 104)).peak, of((100, 104)).spilled) == (3, 2)
    assert (of((103, 105)).peak, of((103, 105)).spilled) == (2, 0)


def test_a_stage_too_short_for_a_sample_has_the_two_around_it() -> None:
    assert of((100.5, 101.5)).peak == 3
    assert of((105, 106)).peak == 7


def test_spans_that_overlap_count_once_and_a_gap_between_spans_does_not() -> None:
    twice = of((100, 102), (101, 102), (104, 107))
    assert (twice.wall, twice.cpu) == (5, 10)
    assert twice.pace == 6


def test_after_the_last_sample_nothing_more_is_taken_and_before_the_first_nothing_was() -> None:
    assert of((90, 100)).cpu == 0
    assert of((110, 120)).cpu == 0
    assert took(Stage("x", ((0, 9),)), []).cpu == 0


def test_what_is_left_of_a_span() -> None:
    assert without((0, 10), [(2, 3), (5, 7), (6, 8)]) == [(0, 2), (3, 5), (8, 10)]
    assert without((0, 10), [(0, 10)]) == []
    assert without((0, 10), []) == [(0, 10)]


def test_every_second_of_a_run_is_in_one_stage_and_parts_are_within_theirs() -> None:
    steps = {
        "landing__delivery": (10.0, 11.0),
        "prison__movements": (11.0, 15.0),
        "prison_movements_references": (15.0, 16.0),
        "ledger": (16.0, 17.0),
        "linkage": (18.0, 28.0),
        "dbt": (28.0, 48.0),
        "release": (48.0, 50.0),
    }
    rows = {"prison.movements": 40, "linkage.person_links": 7, "marts.fct_recall": 3, "release": 9}
    ran = [
        Node("seed", "ref_x", None, (30, 31)),
        Node("model", "fct_recall", "marts", (32, 40)),
        Node("model", "seen", "marts", (40, 41)),
        Node("test", "unique_x", None, (41, 46)),
    ]
    found = stages(Record(steps, rows), ran, (5.0, 52.0))
    whole = {stage.name: stage for stage in found if not stage.level}
    walls = {name: took(stage, []).wall for name, stage in whole.items()}
    assert walls == {
        "start": 5,
        "landing": 6,
        "ledger": 1,
        "linkage": 10,
        "dbt": 20,
        "release": 2,
        "between steps and end": 3,
    }
    assert sum(walls.values()) == 52 - 5
    parts = {stage.name: took(stage, []).wall for stage in found if stage.level}
    assert (parts["prison.movements"], parts["references"]) == (4, 1)
    assert [parts[name] for name in ("seeds", "models: marts", "tests", "around them")] == [
        1,
        9,
        5,
        5,
    ]
    told = {stage.name: stage.rows for stage in found}
    assert told["landing"] == told["prison.movements"] == 40
    assert (told["linkage"], told["dbt"], told["models: marts"], told["release"]) == (7, 3, 3, 9)


def test_a_run_that_never_came_to_a_step_is_all_start() -> None:
    found = {stage.name: took(stage, []).wall for stage in stages(Record({}, {}), [], (5.0, 9.0))}
    assert found["start"] == 4
    assert sum(found.values()) == 4


def test_times_of_dbt_are_those_of_the_execution_and_what_was_skipped_has_none() -> None:
    times = [
        {
            "name": "compile",
            "started_at": "2026-01-01T00:00:00Z",
            "completed_at": "2026-01-01T00:00:01Z",
        },
        {
            "name": "execute",
            "started_at": "2026-01-01T00:00:01Z",
            "completed_at": "2026-01-01T00:00:03.5Z",
        },
    ]
    results = [
        {
            "unique_id": "model.p.fct_recall",
            "timing": times,
            "relation_name": '"warehouse"."marts"."fct_recall"',
        },
        {"unique_id": "test.p.unique_x.f00", "timing": times, "relation_name": None},
        {"unique_id": "test.p.skipped.f01", "timing": [], "relation_name": None},
    ]
    model, test = nodes({"results": results})
    assert (model.kind, model.name, model.schema) == ("model", "fct_recall", "marts")
    assert (test.kind, test.name, test.schema) == ("test", "unique_x", None)
    assert model.span[1] - model.span[0] == pytest.approx(2.5)
