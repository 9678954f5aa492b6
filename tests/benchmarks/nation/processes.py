"""Processes and what they take, as Linux tells in /proc: a few lines in place of a dependency.

Belongs here: reading /proc. Does not belong here: when to look, or what to keep (observe).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """One line of /proc."""

    id: int
    parent: int
    cpu: float
    """Its own and that of children it has waited for."""


def family(root: int) -> list[Process]:
    """A process and all its descendants, as they are now."""
    children: dict[int, list[Process]] = {}
    found: list[Process] = []
    for process in _processes():
        children.setdefault(process.parent, []).append(process)
        if process.id == root:
            found.append(process)
    for process in found:  # grows as it goes
        found.extend(children.get(process.id, ()))
    return found


def _processes() -> Iterator[Process]:
    for entry in os.scandir(PROC):
        if not entry.name.isdigit():
            continue
        try:
            stat = (PROC / entry.name / "stat").read_text(errors="replace")
        except OSError:
            continue
        facts = stat.rpartition(")")[2].split()  # a name may hold blanks and brackets
        yield Process(int(entry.name), int(facts[1]), sum(map(int, facts[11:15])) / TICKS)


def memory(process: int) -> tuple[int, int]:
    """Bytes that are resident, and those of them that files or other processes share."""
    pages = (PROC / str(process) / "statm").read_text().split()
    return int(pages[1]) * PAGE, int(pages[2]) * PAGE


def written(process: int) -> int:
    """Bytes that a process, and children it has waited for, sent to disk since it began."""
    facts = dict(line.split(": ") for line in (PROC / str(process) / "io").read_text().splitlines())
    return int(facts["write_bytes"])
