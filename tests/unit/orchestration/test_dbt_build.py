"""What Dagster is told of a dbt build, what a resumed one leaves out, and what is said when it
fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dagster import AssetCheckResult, AssetKey, Failure, Output

from pipeline.orchestration import dbt_build
from pipeline.release import checkpoints
from pipeline.settings import Settings
from pipeline.workspace import Build, Workspace

QUERY = (
    "select 'a repeats' as promise, sum(n) as row_count "
    "from (select count(*) as n from release.marts.t group by a having count(*) > 1)"
)


def node(kind: str, name: str, status: str) -> dict[str, Any]:
    """dbt's event of a node's result."""
    info = {"node_name": name, "resource_type": kind, "node_status": status}
    data = {"index": 1, "total": 3, "status": status}
    return {
        "info": {"name": "LogResult", "level": "info", "msg": ""},
        "data": {**data, "node_info": {**info, "unique_id": f"{kind}.justice.{name}"}},
    }


@dataclass
class Event:
    """As dagster-dbt makes it of dbt's event."""

    raw_event: dict[str, Any]
    is_result_event: bool = True
    event_history_metadata: dict[str, Any] = field(default_factory=dict)

    def to_default_asset_events(self, **_: Any) -> Iterator[Any]:
        info = self.raw_event["data"]["node_info"]
        facts = {"unique_id": info["unique_id"], "status": info["node_status"]}
        if info["resource_type"] == "model" and info["node_status"] == "success":
            yield Output(None, output_name=info["node_name"], metadata=facts)
        elif info["resource_type"] == "test":
            yield AssetCheckResult(
                passed=info["node_status"] == "pass",
                asset_key=AssetKey(["marts", "t"]),
                check_name=info["node_name"],
                metadata=facts,
            )


@dataclass
class Invocation:
    """A dbt that says what it is told to say, and ends as told; it is its own process too."""

    events: Sequence[dict[str, Any]]
    exit_code: int
    manifest: Any = None
    dagster_dbt_translator: Any = None
    project: Any = None

    def stream_raw_events(self) -> Iterator[Event]:
        yield from map(Event, self.events)

    @property
    def process(self) -> Invocation:
        return self

    def wait(self) -> int:
        return self.exit_code


@dataclass
class Dbt:
    """The resource: remembers its arguments."""

    invocation: Invocation
    arguments: list[str] = field(default_factory=list)

    def cli(self, arguments: list[str], **_: Any) -> Invocation:
        self.arguments = arguments
        return self.invocation


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """A build with one mart, whose key repeats."""
    monkeypatch.setattr(dbt_build, "DbtCoreCliEventMessage", Event)
    build = Build(tmp_path)
    build.dbt.mkdir()
    duckdb.connect(str(build.warehouse)).close()
    with duckdb.connect(str(build.marts)) as database:
        database.execute("create schema marts")
        database.execute("create table marts.t as select unnest(['k1', 'k2', 'k1']) as a")
    return build


def run(build: Build, *events: dict[str, Any], exit_code: int = 0) -> tuple[list[Any], Dbt]:
    """What is told, and the dbt that was called."""
    results = [
        {
            "unique_id": event["data"]["node_info"]["unique_id"],
            "status": event["data"]["node_info"]["node_status"],
            "message": "IO Error: Could not write file",
            "failures": 1,
            "compiled_code": QUERY,
        }
        for event in events
    ]
    (build.dbt / "run_results.json").write_text(json.dumps({"results": results}))
    settings = Settings(workspace=Workspace(build.root), threads=1, memory="100MB", key=None)
    dbt = Dbt(Invocation(events, exit_code))
    told: list[Any] = []
    try:
        told += dbt_build.run_build(dbt, None, build, settings)  # type: ignore[arg-type]
    except Failure as failure:
        told.append(failure)
    return told, dbt


def test_a_table_comes_with_its_row_count(build: Build) -> None:
    (output,), _ = run(build, node("model", "t", "success"))
    assert output.metadata["dagster/row_count"].value == 3


@pytest.mark.parametrize("status", ["error", "skipped"])
def test_a_test_that_never_ran_is_no_failed_check(build: Build, status: str) -> None:
    told, _ = run(build, node("test", "holds_t", status), exit_code=1)
    assert not [one for one in told if isinstance(one, AssetCheckResult)]


def test_the_first_cause_is_what_the_step_says(build: Build) -> None:
    events = (node("model", "t", "error"), node("test", "holds_t", "skipped"))
    (failure,), _ = run(build, *events, exit_code=1)
    assert failure.description == (
        "dbt model t was not built: IO Error: Could not write file (1 after it never ran)"
    )


def test_broken_keys_are_named_without_a_value(build: Build) -> None:
    told, _ = run(build, node("test", "keys_hold_t_a", "fail"), exit_code=1)
    check, failure = told
    assert check.metadata["what"].value == "a repeats in 2 rows"
    assert "a repeats in 2 rows" in str(failure.description)
    assert "k1" not in str(told)


def test_a_test_of_keys_that_broke_off_has_no_rows_to_ask_for(build: Build) -> None:
    told, _ = run(build, node("test", "keys_hold_t_a", "error"), exit_code=1)
    assert [type(one) for one in told] == [Failure]


def test_a_resumed_build_leaves_out_what_ended_well_and_tells_it_all_the_same(
    build: Build,
) -> None:
    ended = (node("model", "t", "success"), node("test", "holds_t", "pass"))
    run(build, *ended, node("test", "keys_hold_t_a", "fail"), exit_code=1)
    told, dbt = run(build, node("test", "keys_hold_t_a", "pass"))
    assert dbt.arguments[-2:] == ["--exclude", "t holds_t"]
    assert [type(one) for one in told] == [AssetCheckResult, AssetCheckResult, Output]
    assert all(one.passed for one in told if isinstance(one, AssetCheckResult))


def test_a_new_build_leaves_nothing_out(build: Build) -> None:
    _, dbt = run(build, node("model", "t", "success"))
    assert "--exclude" not in dbt.arguments
    assert len(checkpoints.finished_nodes(build)) == 1
