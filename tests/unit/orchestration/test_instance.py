"""A run in this process: what reaches the terminal, and what is said when Dagster cannot keep its
records.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from pipeline import progress
from pipeline.cli import terminal
from pipeline.orchestration import instance
from pipeline.workspace import Workspace


class Job:
    """A job that does as it is told when it is executed."""

    def __init__(self, does: Callable[[], None]) -> None:
        """Keep what to do."""
        self.does = does

    def resolve_job_def(self, _: str) -> Job:
        """Itself."""
        return self

    def execute_in_process(self, **_: Any) -> SimpleNamespace:
        """Do it, and end well."""
        self.does()
        return SimpleNamespace(success=True)


def run(workspace: Path, does: Callable[[], None]) -> instance.Outcome:
    return instance.execute_run(Job(does), "job", {}, Workspace(workspace))  # type: ignore[arg-type]


def test_progress_is_shown_and_what_dagster_prints_is_not(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        progress.report_progress("landing probation.offenders")
        os.write(1, b"a step's own words")
        print("a record that could not be kept", file=sys.stderr)

    with terminal.show_progress("starting"):
        assert run(tmp_path, work).succeeded
    print("afterwards", file=sys.stderr)
    shown = capfd.readouterr()
    assert shown.out == ""
    assert [line.split(maxsplit=1)[-1] for line in shown.err.splitlines()] == [
        "landing probation.offenders",
        "afterwards",
    ]


@pytest.mark.parametrize(
    ("free", "why"), [(0, ": the disk is full; make room and run"), (10**9, ": OperationalError")]
)
def test_records_that_cannot_be_kept_are_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, why: str
) -> None:
    def fail() -> None:
        raise OperationalError(
            "insert into event_logs", {"event": "Jane Doe"}, OSError("disk I/O error")
        )

    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    outcome = run(tmp_path, fail)
    assert not outcome.succeeded
    assert f"Dagster cannot keep its records in [{tmp_path}/dagster]{why}" in outcome.message
    assert "Jane Doe" not in outcome.message
    assert "\n" not in outcome.message
