"""A command, watched from outside: what all its processes take, every quarter of a second.

By what /proc tells. Memory is the pages of every process that it shares with no file and no other
process, summed, and the shared pages (libraries, mapped files) of the process that has most of
them, once: near to the proportional set size. That size itself would cost a third of a core at
6 GB, and hold the process up meanwhile.

Belongs here: running and sampling. Does not belong here: what a stage is (windows), or what a
sample means for it (stages).
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import IO

from tests.benchmarks.nation.processes import family, memory, written

EVERY = 0.25
"""Seconds between samples."""
DISK_EVERY = 8
"""Samples between two looks at the whole workspace, which has many files."""
PATIENCE = 10.0
"""Seconds to wait for the last lines: a process left behind would hold the stream open for ever."""

Line = tuple[float, str]


@dataclass(frozen=True)
class Sample:
    """What all processes together have and have taken at one moment; sizes in bytes."""

    at: float
    """Seconds since 1970, as Dagster and dbt tell time."""
    cpu: float
    """Seconds of processor time since the command began; never falls."""
    written: int
    """Bytes that processes sent to disk since the command began, spilled or kept; never falls."""
    memory: int
    private: int
    """Memory without the shared pages."""
    spilled: int
    """Room taken by files in folders for spilling."""
    build: int
    """Size of the build file."""
    disk: int
    """Room taken by the workspace; looked at every few samples."""


@dataclass(frozen=True)
class Observed:
    """How a command went."""

    status: int
    started: float
    ended: float
    cpu: float
    samples: Sequence[Sample]
    said: Sequence[Line]
    """What it wrote to its output, each line with its moment."""
    told: Sequence[Line]
    """What it wrote to its error stream."""

    @property
    def wall(self) -> float:
        """Seconds from start to end."""
        return self.ended - self.started

    @property
    def output(self) -> str:
        """The output as one text."""
        return "\n".join(text for _, text in self.said)

    @property
    def errors(self) -> str:
        """The error stream as one text."""
        return "\n".join(text for _, text in self.told)


def observe(command: Sequence[str], workspace: Path, environment: Mapping[str, str]) -> Observed:
    """Run a command to its end and sample it.

    Args:
        command: what to run.
        workspace: the folder whose build, spilled files and size are watched; need not exist yet.
        environment: variables beside those of this process.
    """
    before = _waited()
    started = time.time()
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=os.environ | dict(environment),
    )
    watch, said, told, over = Watch(child.pid, workspace), list[Line](), list[Line](), Event()
    threads = [
        Thread(target=_sample, args=(watch, over), daemon=True),
        Thread(target=_listen, args=(child.stdout, said), daemon=True),
        Thread(target=_listen, args=(child.stderr, told), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        status, ended = child.wait(), time.time()
    finally:
        child.terminate()  # where the wait was broken off; does nothing to what has ended
        over.set()
    for thread in threads:
        thread.join(PATIENCE)
    return Observed(status, started, ended, _waited() - before, watch.samples, said, told)


def _waited() -> float:
    """Processor time of children that have ended, and of theirs."""
    times = os.times()
    return times.children_user + times.children_system


def _sample(watch: Watch, over: Event) -> None:
    while not over.wait(EVERY):
        watch.look()


def _listen(stream: IO[str] | None, lines: list[Line]) -> None:
    lines.extend((time.time(), line.rstrip("\n")) for line in stream or ())


@dataclass
class Watch:
    """Samples of one process and its descendants, one more with each look."""

    root: int
    workspace: Path
    samples: list[Sample] = field(default_factory=list)
    _cpu: float = 0.0
    _written: int = 0

    def look(self) -> None:
        """Take one sample; a process that ends meanwhile is left out of it."""
        now, cpu, sent = time.time(), 0.0, 0
        private, shared = 0, [0]
        for process in family(self.root):
            cpu += process.cpu
            try:
                resident, mapped = memory(process.id)
                private, shared = private + resident - mapped, [*shared, mapped]
                sent += written(process.id)
            except OSError:
                continue
        # what a child took passes to its parent with its end; for a moment it may be with neither
        self._cpu, self._written = max(self._cpu, cpu), max(self._written, sent)
        spilled, build = _build_files(self.workspace)
        is_due = len(self.samples) % DISK_EVERY == 0
        disk = room(self.workspace) if is_due else self.samples[-1].disk
        both, sums = private + max(shared), (self._cpu, self._written)
        self.samples.append(Sample(now, *sums, both, private, spilled, build, disk))


def _build_files(workspace: Path) -> tuple[int, int]:
    """Bytes on disk of files for spilling, and of the files that dbt builds with their logs, of
    every build.
    """
    spilled, build = room(workspace / "releases" / ".spill"), 0
    for release in _entries(workspace / "build"):
        for entry in _entries(Path(release.path)):
            if entry.name.startswith(("warehouse.duckdb", "release.duckdb")):
                build += _room(entry)
            elif entry.name.endswith("spill") and entry.is_dir(follow_symlinks=False):
                spilled += room(Path(entry.path))
    return spilled, build


def room(folder: Path) -> int:
    """Bytes on disk of everything below a folder; 0 where there is none."""
    return sum(_room(entry) for entry in _entries(folder))


def _room(entry: os.DirEntry[str]) -> int:
    try:
        if entry.is_dir(follow_symlinks=False):
            return room(Path(entry.path))
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except OSError:
        return 0


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
