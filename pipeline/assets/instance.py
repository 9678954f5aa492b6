"""The Dagster instance of a workspace, and one run of the job in it: what `journeys run` and the UI share.

Belongs here: executing the job in this process and telling in one line how it ended. Does not belong here: the job itself.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterEventType,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    JobDefinition,
)
from sqlalchemy.exc import SQLAlchemyError

from pipeline.settings import Workspace

CONFIGURATION = """\
# Written by journeys. One run at a time, since one process writes the build file; nothing is sent to anybody.
nux:
  enabled: false
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""
COUNTED = {DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_CHECK_EVALUATION}
ROOM_ERRORS = {"OSError", "IOException", "OutOfMemoryException", "MemoryError"}
"""Errors about disk and memory: their message names files and sizes, never a value."""
_POLL_SECONDS = 0.5

Progress = Callable[[int, int, str], None]
"""(assets and checks done, assets and checks in all, name of the step)."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    succeeded: bool
    message: str
    """Why it failed, in a line a problem; empty when it succeeded."""


@contextmanager
def instance(workspace: Workspace) -> Iterator[DagsterInstance]:
    """The workspace's Dagster instance; its folder is made on first use."""
    home(workspace)
    with DagsterInstance.from_config(str(workspace.dagster)) as opened:
        yield opened


def home(workspace: Workspace) -> None:
    """Make the workspace's Dagster folder and let everything in this process use it."""
    workspace.dagster.mkdir(parents=True, exist_ok=True)
    (workspace.dagster / "dagster.yaml").write_text(CONFIGURATION, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(workspace.dagster)


def execute(
    definitions: Definitions, job: str, run_config: Mapping[str, Any], workspace: Workspace, progress: Progress | None = None
) -> Outcome:
    """Run the job in this process.

    Args:
        definitions: the project's definitions.
        job: name of the job.
        run_config: as `pipeline.definitions.run_config` makes it.
        workspace: whose instance keeps the record of the run.
        progress: called now and then from another thread.
    """
    resolved = definitions.resolve_job_def(job)
    run_id = str(uuid.uuid4())
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}  # told in one line below, kept whole in the instance
    with instance(workspace) as opened, _silent(), _watched(opened, run_id, _things(resolved), progress):
        try:
            result = resolved.execute_in_process(run_config=quiet | dict(run_config), instance=opened, run_id=run_id, raise_on_error=False)
        except SQLAlchemyError as error:
            what = type(error).__name__
            return Outcome(succeeded=False, message=f"{what}: Dagster cannot keep its records in [{workspace.dagster}]: is the disk full?")
    return Outcome(succeeded=result.success, message="" if result.success else "\n".join(_problems(result)))


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what steps print from the terminal, at the level of file descriptors; Dagster keeps it with the run."""
    sys.stdout.flush()
    terminal, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(terminal, 1)
        os.close(terminal)
        os.close(nowhere)


@contextmanager
def _watched(opened: DagsterInstance, run_id: str, assets: int, progress: Progress | None) -> Iterator[None]:
    """Tell how many assets are done while the block lasts, by reading the run's own events."""
    if progress is None:
        yield
        return
    over = Event()

    def watch() -> None:
        done, cursor = 0, None
        while not over.wait(_POLL_SECONDS):
            page = opened.get_records_for_run(run_id, cursor=cursor, of_type={*COUNTED, DagsterEventType.STEP_START})
            cursor = page.cursor
            for record in page.records:
                event = record.event_log_entry.get_dagster_event()
                done += event.event_type in COUNTED
                progress(done, assets, event.step_key or "")

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _things(job: JobDefinition) -> int:
    """How many assets and checks a job makes."""
    return len(set(job.asset_layer.executable_asset_keys)) + len(job.asset_layer.asset_graph.asset_check_keys)


def _problems(result: ExecuteInProcessResult) -> Iterator[str]:
    """One line for each thing that went wrong first; steps that only followed are left out."""
    checks = [evaluation for evaluation in result.get_asset_check_evaluations() if _stops(evaluation)]
    for evaluation in checks:
        what = evaluation.metadata.get("what")
        yield str(what.value) if what else f"check {evaluation.check_name} of {evaluation.asset_key.to_user_string()} failed"
    for event in result.all_events:
        if event.event_type == DagsterEventType.STEP_FAILURE and not checks:
            failure = event.step_failure_data
            stated = failure.user_failure_data.description if failure.user_failure_data else None
            cause = failure.error.cause if failure.error and failure.error.cause else failure.error
            name = (cause.cls_name if cause else None) or "unknown error"
            detail = f" ({cause.message.strip().splitlines()[0]})" if cause and name in ROOM_ERRORS else ""
            yield stated or f"step {event.step_key} broke: {name}{detail}, see the run in `journeys ui`"


def _stops(evaluation: AssetCheckEvaluation) -> bool:
    return not evaluation.passed and evaluation.severity == AssetCheckSeverity.ERROR


def serve(workspace: Workspace, port: int) -> None:
    """Replace this process by Dagster's own UI and daemon on loopback."""
    home(workspace)
    dagster = str(Path(sys.executable).parent / "dagster")
    os.execv(dagster, ["dagster", "dev", "-m", "pipeline.definitions", "-h", "127.0.0.1", "-p", str(port)])
