"""How much memory a run may use: what the setting says, or what the machine has.

`JOURNEYS_MEMORY` is the budget of all stages. DuckDB is given what a stage does not need for
itself, and the programs take `PROGRAMS` beside it, whatever the volume. Belongs here: sizes in
bytes, the default, what is left for DuckDB. Does not belong here: the environment (settings), and
how much a stage needs for itself (the stage).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

UNITS = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
"""As DuckDB reads them."""
PROGRAMS = 2_500_000_000
"""Bytes for Python, Dagster, dbt, the libraries, batches, and DuckDB beyond its limit.

Measured over all processes together, from a sample to the nation.
"""
MAX_BY_DEFAULT = 3_500_000_000
"""A nation is built with this much; more is taken only where it is given."""
MIN_SHARE = 200 * 10**6
"""What DuckDB is given at least."""
CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container says how much of the machine it may use."""


def parse_size(text: str) -> int:
    """Bytes of a size such as `3GB` or `512 MiB`.

    Raises:
        ValueError: it is no size, or nothing.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", text)
    unit = UNITS.get(found[2].upper()) if found else None
    size = int(float(found[1]) * unit) if found and unit else 0
    if size < 1:
        raise ValueError(f"[{text}] is no size: write a number with a unit, such as 3GB")
    return size


def show_size(size: int) -> str:
    """A size as text that DuckDB and `parse_size` read, rounded to a megabyte."""
    return f"{max(size // 10**6, 1)}MB"


def machine_memory() -> int:
    """Bytes of memory that this process may use.

    It is the memory of the machine, or of its container if that is less.
    """
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in CGROUP_LIMITS:
        text = file.read_text().strip() if file.is_file() else ""
        if text.isdigit():
            limits.append(int(text))
    return min(limits)


def default_memory() -> int:
    """Bytes that a run may use by default.

    It is half of the memory that is there, and no more than a run has use for.
    """
    return min(machine_memory() // 2, MAX_BY_DEFAULT)
