"""One small world of several partitions, made and published once for all tests, as a user would."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PEOPLE, PARTITION_PEOPLE = 4_000, 1_000
"""A world in parts, as a nation is delivered: each table has several files."""
SEED = 20


@dataclass(frozen=True)
class World:
    """A published small world."""

    delivery: Path
    truth: Path
    workspace: Path
    log: Path
    """Everything that the commands printed."""

    @property
    def build(self) -> Path:
        """Folder in which the current release was built."""
        return self.workspace / "build" / self.release.name

    @property
    def release(self) -> Path:
        """Folder of the current release."""
        return (self.workspace / "releases" / "current").resolve()


def files(delivery: Path, source: str, table: str) -> list[Path]:
    """The files of a table, one a partition."""
    held = sorted((delivery / source / table).glob("part-*.parquet"))
    assert len(held) == PEOPLE // PARTITION_PEOPLE
    return held


def journeys(
    *arguments: str | Path | int,
    workspace: Path,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Type a command."""
    variables = os.environ | {"JOURNEYS_WORKSPACE": str(workspace), "COLUMNS": "200"} | environment
    command = [sys.executable, "-m", "pipeline.cli.main", *map(str, arguments)]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env=variables, timeout=900
    )


def share_world(factory: pytest.TempPathFactory, worker: str) -> World:
    """The world that all processes of a session share: the first one makes it, the others wait."""
    base = factory.getbasetemp() if worker == "master" else factory.getbasetemp().parent
    root = base / "world"
    made = World(root / "delivery", root / "truth", root / "workspace", root / "log.txt")
    root.mkdir(exist_ok=True)
    with (root / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "published").exists():
            _publish(made)
            (root / "published").touch()
    return made


def _publish(made: World) -> None:
    size = ("--people", PEOPLE, "--partition-people", PARTITION_PEOPLE)
    steps = [
        ("synthesise", made.delivery, "--truth", made.truth, "--seed", SEED, *size),
        ("run", "--delivery", made.delivery),
    ]
    for step in steps:
        done = journeys(*step, workspace=made.workspace)
        with made.log.open("a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
