"""The Dagster instance of a workspace, and one run of the job in it.

`journeys run` and the UI share both.

Belongs here: executing the job in this process and telling in one line how it ended. Does not
belong here: the job itself.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    ExecuteInProcessResult,
    RunsFilter,
)
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import MORE_ROOM
from pipeline.workspace import Workspace

CONFIGURATION = """\
# Written by journeys. One run at a time, since one process writes the build file; nothing is sent
# to anybody.
nux:
  enabled: false
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""
ROOM_ERRORS = {"OSError", "IOException", "OutOfMemoryException", "MemoryError"}
"""Errors about disk and memory: their message names files and sizes, never a value."""
MIN_ROOM = 1_000_000
"""Bytes below which a disk counts as full."""
RELEASE = "release"
"""The step that refuses to publish where a check of another step stops it."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    succeeded: bool
    message: str
    """Why it failed, in a line a problem; empty when it succeeded."""


@contextmanager
def open_instance(workspace: Workspace) -> Iterator[DagsterInstance]:
    """The workspace's Dagster instance; its folder is made on first use."""
    make_home(workspace)
    with DagsterInstance.from_config(str(workspace.dagster)) as opened:
        yield opened


def make_home(workspace: Workspace) -> None:
    """Make the workspace's Dagster folder and let everything in this process use it."""
    workspace.dagster.mkdir(parents=True, exist_ok=True)
    (workspace.dagster / "dagster.yaml").write_text(CONFIGURATION, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(workspace.dagster)


def execute_run(
    definitions: Definitions, job: str, run_config: Mapping[str, Any], workspace: Workspace
) -> Outcome:
    """How a run of the job in this process ended.

    Args:
        definitions: the project's definitions.
        job: name of the job.
        run_config: as `pipeline.orchestration.definitions.run_config` makes it.
        workspace: whose instance keeps the record of the run; held by this process.
    """
    resolved = definitions.resolve_job_def(job)
    run_id = str(uuid.uuid4())
    # Told in one line below, kept whole in the instance.
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with open_instance(workspace) as opened, _silent():
        _close_dead_runs(opened)
        try:
            result = resolved.execute_in_process(
                run_config=quiet | dict(run_config),
                instance=opened,
                run_id=run_id,
                raise_on_error=False,
            )
        except SQLAlchemyError as error:
            # SQLite's own words on a full disk are those on a broken one: "disk I/O error".
            is_full = shutil.disk_usage(workspace.dagster).free < MIN_ROOM
            why = MORE_ROOM if is_full else f": {type(error).__name__}"
            return Outcome(
                succeeded=False,
                message=f"Dagster cannot keep its records in [{workspace.dagster}]{why}",
            )
    return Outcome(
        succeeded=result.success, message="" if result.success else "\n".join(_problems(result))
    )


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what steps print away from the terminal, at the level of file descriptors.

    Dagster keeps what steps print with the run. Errors that Dagster itself prints are kept from the
    terminal too: a record that it cannot write comes with all its contents.
    """
    sys.stdout.flush()
    errors, sys.stderr = sys.stderr, _Nowhere(getattr(sys.stderr, "rich_proxied_file", sys.stderr))
    terminal, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stderr = errors
        sys.stdout.flush()
        os.dup2(terminal, 1)
        os.close(terminal)
        os.close(nowhere)


class _Nowhere(io.StringIO):
    """A stream that drops what is written, except what rich prints.

    rich looks for the stream behind this one.
    """

    def __init__(self, behind: TextIO) -> None:
        """Say to rich which stream is behind."""
        super().__init__()
        self.rich_proxied_file = behind

    def write(self, text: str) -> int:
        """Drop a text."""
        return len(text)


def _close_dead_runs(opened: DagsterInstance) -> None:
    """Mark runs that were killed as failed.

    Whoever has the workspace's lock knows that no other run is alive.
    """
    for dead in opened.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
        opened.report_run_failed(
            dead, "the process of this run was killed; the next run found it so"
        )


def _problems(result: ExecuteInProcessResult) -> Iterator[str]:
    """One line for each thing that went wrong first; steps that only followed are left out."""
    checks: dict[str, list[str]] = {}
    failures: dict[str, DagsterEvent] = {}
    for event in result.all_events:
        step = event.step_key or ""
        if event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if _stops(evaluation):
                checks.setdefault(step, []).append(_describe_check(evaluation))
        if event.event_type == DagsterEventType.STEP_FAILURE:
            failures[step] = event
    stated = {step: words for step, event in failures.items() if (words := _stated(event))}
    # A step that says why it failed speaks for its checks too: these are what it tested itself.
    found = [line for step, lines in checks.items() if step not in stated for line in lines]
    yield from found
    for step, event in failures.items():
        if step in stated and not (found and step == RELEASE):
            yield stated[step]
        elif step not in stated and step not in checks:
            yield f"step {step} broke: {_describe_failure(event)}, see the run in `journeys ui`"


def _stated(event: DagsterEvent) -> str | None:
    """Why a step failed, in its own words."""
    stated = event.step_failure_data.user_failure_data
    return stated.description if stated else None


def _describe_failure(event: DagsterEvent) -> str:
    """The kind of an error that no step said in words, and its words where these hold no value."""
    failure = event.step_failure_data
    error = failure.error.cause if failure.error and failure.error.cause else failure.error
    name = (error.cls_name if error else None) or "unknown error"
    return (
        f"{name} ({error.message.strip().splitlines()[0]})"
        if error and name in ROOM_ERRORS
        else name
    )


def _describe_check(evaluation: AssetCheckEvaluation) -> str:
    what = evaluation.metadata.get("what")
    if what:
        return str(what.value)
    return f"check {evaluation.check_name} of {evaluation.asset_key.to_user_string()} failed"


def _stops(evaluation: AssetCheckEvaluation) -> bool:
    return not evaluation.passed and evaluation.severity == AssetCheckSeverity.ERROR


def serve_ui(workspace: Workspace, port: int) -> None:
    """Replace this process by Dagster's own UI and daemon on loopback."""
    make_home(workspace)
    dagster = str(Path(sys.executable).parent / "dagster")
    os.execv(
        dagster,
        [
            "dagster",
            "dev",
            "-m",
            "pipeline.orchestration.definitions",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        ],
    )
