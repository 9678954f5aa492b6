"""What Dagster is told of dbt's tests of keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetCheckResult, AssetKey
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from pipeline.assets.warehouse import _told_whole
from pipeline.settings import Build, Settings, Workspace

QUERY = "select 'a repeats' as promise, sum(n) as row_count from (select count(*) as n from marts.t group by a having count(*) > 1)"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    made = Build(tmp_path)
    made.dbt.mkdir()
    ran = [{"unique_id": "test.keys", "compiled_code": QUERY}, {"unique_id": "test.else", "compiled_code": "select 1"}]
    (made.dbt / "run_results.json").write_text(json.dumps({"results": ran}))
    with duckdb.connect(str(made.warehouse)) as database:
        database.execute("create schema marts; create table marts.t as select unnest(['k1', 'k2', 'k1']) as a")
    return made


def result(name: str, status: str) -> AssetCheckResult:
    """As Dagster makes it of dbt's event."""
    metadata = {"unique_id": "test.keys", "status": status}
    return AssetCheckResult(passed=status == "pass", asset_key=AssetKey(["marts", "t"]), check_name=name, metadata=metadata)


def told(build: Build, *results: AssetCheckResult) -> list[Any]:
    settings = Settings(workspace=Workspace(build.root), threads=1, memory="100MB", key=None)
    return list(_told_whole(results, build, settings))


@pytest.mark.parametrize("status", ["fail", "warn"])
def test_the_check_says_which_promise_is_broken_and_no_value(status: str, build: Build) -> None:
    (check,) = told(build, result("keys_hold_t_a", status))
    assert not check.passed
    assert check.metadata["what"].value == "marts/t: a repeats in 2 rows"
    assert check.metadata["status"].value == status


@pytest.mark.parametrize(("name", "status"), [("keys_hold_t_a", "pass"), ("keys_hold_t_a", "error"), ("holds_t", "fail")])
def test_nothing_is_asked_again_of_other_results(name: str, status: str, build: Build) -> None:
    passed_on = result(name, status)
    assert told(build, passed_on) == [passed_on]


def test_a_broken_promise_is_told_before_dbt_is_said_to_have_failed(build: Build) -> None:
    def events() -> Iterator[AssetCheckResult]:
        yield result("keys_hold_t_a", "fail")
        raise DagsterDbtCliRuntimeError("dbt failed")

    settings = Settings(workspace=Workspace(build.root), threads=1, memory="100MB", key=None)
    seen = _told_whole(events(), build, settings)
    assert "what" in next(seen).metadata
    with pytest.raises(DagsterDbtCliRuntimeError):
        next(seen)
