"""How stages grow from one size of the nation to the next, and where one machine ends.

Belongs here: arithmetic over what runs of several sizes took. Does not belong here: showing (page).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MIN_SECONDS = 5.0
"""Processor seconds at the larger size under which a stage's growth is noise and is not judged."""
TOLERANCE = 0.1


@dataclass(frozen=True)
class Measure:
    """What a stage took at one size."""

    records: int
    cpu: float
    peak: float
    disk: float


def exponent(smaller: Measure, larger: Measure) -> float | None:
    """The power of n log n by which processor time grows between two sizes: 1 is n log n itself.

    Nothing where there is no time to tell.
    """
    if min(smaller.cpu, larger.cpu) <= 0 or smaller.records >= larger.records:
        return None
    work = [size.records * math.log(size.records) for size in (smaller, larger)]
    return math.log(larger.cpu / smaller.cpu) / math.log(work[1] / work[0])


def grows_too_fast(smaller: Measure, larger: Measure) -> bool:
    """Whether a stage that takes time to speak of grows clearly faster than n log n."""
    power = exponent(smaller, larger)
    return power is not None and larger.cpu >= MIN_SECONDS and power > 1 + TOLERANCE


def records_at(smaller: tuple[int, float], larger: tuple[int, float], most: float) -> float | None:
    """The number of records at which a size passes the most that there is, on a straight line.

    The line goes through two (records, size). Nothing when the size does not grow.
    """
    slope = (larger[1] - smaller[1]) / (larger[0] - smaller[0])
    return larger[0] + (most - larger[1]) / slope if slope > 0 else None


@dataclass(frozen=True)
class End:
    """Where a machine ends for one stage."""

    stage: str
    what: str
    """`memory` or `disk`."""
    records: float


def ends(stages: Mapping[str, Sequence[Measure]], memory: float, disk: float) -> list[End]:
    """Where the machine would end, the first first: on lines through the last two sizes.

    Args:
        stages: by name, what each took at growing sizes.
        memory: what there is, in the unit of `peak`.
        disk: what there is for a workspace, in the unit of `disk`.
    """
    found = []
    for name, sizes in stages.items():
        if len(sizes) < 2:
            continue
        smaller, larger = sizes[-2:]
        counts = smaller.records, larger.records
        for what, small, large, most in (
            ("memory", smaller.peak, larger.peak, memory),
            ("disk", smaller.disk, larger.disk, disk),
        ):
            passed = records_at((counts[0], small), (counts[1], large), most)
            if passed is not None:
                found.append(End(name, what, passed))
    return sorted(found, key=lambda end: (end.records, end.stage, end.what))
