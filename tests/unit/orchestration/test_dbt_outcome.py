"""The first cause of a failed dbt build, from results as dbt writes them."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from pipeline.orchestration.dbt_outcome import RESULTS, first_cause, show_words

MEMORY = """Runtime Error in model journey_event (models/marts/journeys/journey_event.sql)
  Out of Memory Error: failed to allocate data of size 8.0 KiB (38.1 MiB/38.1 MiB used)

  Possible solutions:
  * Reducing the number of threads (SET threads=X)"""
VALUE = """Runtime Error in model dim_person (models/marts/core/dim_person.sql)
  Conversion Error: Could not convert string 'SMITH' to INT32"""


def result(unique_id: str, status: str, message: str | None = None, **more: Any) -> dict[str, Any]:
    name = f"{unique_id.split('.')[0]}.justice_journeys.{unique_id.split('.')[1]}"
    return {"unique_id": name, "status": status, "message": message, "failures": None} | more


@pytest.fixture
def cause(tmp_path: Path) -> Any:
    def of(*results: dict[str, Any], exit_code: int = 1, errors: tuple[str, ...] = ()) -> str:
        if results:
            (tmp_path / RESULTS).write_text(json.dumps({"results": results}))
        return first_cause(tmp_path, exit_code=exit_code, errors=errors)

    return of


def test_the_first_broken_node_is_named_with_the_databases_words(cause: Any) -> None:
    line = cause(
        result("seed.courts", "success"),
        result("model.journey_event", "error", MEMORY),
        result("test.not_null_journey_event_person_id", "skipped"),
        result("test.keys_hold_dim_person", "error", MEMORY),
    )
    assert line.startswith("dbt model journey_event was not built: Out of Memory Error: failed to")
    assert "JOURNEYS_MEMORY" in line
    assert "1 more failed, 1 after it never ran" in line
    assert "\n" not in line


def test_a_test_that_found_rows_says_how_many(cause: Any) -> None:
    line = cause(result("test.keys_hold_x", "fail", "Got 3 results", failures=1234))
    assert line.startswith("dbt test keys_hold_x does not hold for 1,234 rows")


def test_broken_promises_about_keys_are_named(tmp_path: Path) -> None:
    results = [result("test.keys_hold_x", "fail", "Got 1 result", failures=1)]
    (tmp_path / RESULTS).write_text(json.dumps({"results": results}))
    promises = {"keys_hold_x": ["event_id is null in 2 rows", "event_id repeats in 3 rows"]}
    line = first_cause(tmp_path, exit_code=1, errors=(), promises=promises)
    assert line.endswith(": event_id is null in 2 rows; event_id repeats in 3 rows")


def test_a_test_that_could_not_run_is_no_failed_check(cause: Any) -> None:
    line = cause(result("test.keys_hold_x", "error", MEMORY))
    assert line.startswith("dbt test keys_hold_x could not run: Out of Memory Error")


def test_words_that_may_hold_a_value_are_withheld(cause: Any) -> None:
    line = cause(result("model.dim_person", "error", VALUE))
    assert "Conversion Error; its words may hold values and are withheld" in line
    assert "SMITH" not in line


def test_dbt_that_ended_before_its_first_model_says_its_own_error(cause: Any) -> None:
    said = "Runtime Error\n  Not implemented Error: Cannot switch temporary directory"
    line = cause(errors=(said, "another"))
    assert line == (
        "dbt ended before its first model: Not implemented Error: Cannot switch temporary directory"
    )


def test_dbt_killed_from_outside_is_said_to_be(cause: Any) -> None:
    line = cause(result("model.x", "error", MEMORY), exit_code=-signal.SIGKILL)
    assert line.startswith("dbt was ended by SIGKILL from outside")


def test_a_full_disk_in_dbt_says_to_make_room() -> None:
    words = show_words("Runtime Error in model x (x.sql)\n  IO Error: Could not write file")
    assert words == "IO Error: Could not write file"
