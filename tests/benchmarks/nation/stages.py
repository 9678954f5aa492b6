"""What each stage of a run took: samples of its processes, laid to the times of its stages.

Belongs here: pure arithmetic over samples and spans. Does not belong here: where either comes from
(observe, windows).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.nation.observe import Sample
from tests.benchmarks.nation.windows import Stage, merged

GB = 1e9


@dataclass(frozen=True)
class Took:
    """What a stage took; times in seconds, sizes in GB of 1,000,000,000 bytes."""

    name: str
    level: int
    rows: int | None
    wall: float
    cpu: float
    peak: float
    """The most memory of all processes together."""
    private: float
    """The same without shared pages."""
    spilled: float
    """The most that lay in folders for spilling at one moment."""
    written: float
    """What processes sent to disk, spilled or kept."""
    disk: float
    """The most that the workspace took."""

    @property
    def pace(self) -> float | None:
        """Rows a second."""
        return self.rows / self.wall if self.rows and self.wall else None


def took(stage: Stage, samples: Sequence[Sample]) -> Took:
    """What a stage took.

    Between two samples, what grows is taken to grow evenly. The most of a thing is the most in
    samples within the stage or, where it was too short for one, in the two around it.
    """
    spans = merged(stage.spans)
    within = [sample for span in spans for sample in _around(samples, span)]
    return Took(
        name=stage.name,
        level=stage.level,
        rows=stage.rows,
        wall=sum(end - start for start, end in spans),
        cpu=_grown(samples, spans, "cpu"),
        peak=max((sample.memory for sample in within), default=0) / GB,
        private=max((sample.private for sample in within), default=0) / GB,
        spilled=max((sample.spilled for sample in within), default=0) / GB,
        written=_grown(samples, spans, "written") / GB,
        disk=max((sample.disk for sample in within), default=0) / GB,
    )


def _grown(samples: Sequence[Sample], spans: Sequence[tuple[float, float]], what: str) -> float:
    return sum(_at(samples, end, what) - _at(samples, start, what) for start, end in spans)


def _at(samples: Sequence[Sample], moment: float, what: str) -> float:
    """A sum that grows, at a moment: nothing before the first sample, all of it after the last."""
    after = bisect_left(samples, moment, key=lambda sample: sample.at)
    if after == len(samples):
        return float(getattr(samples[-1], what)) if samples else 0.0
    there = samples[after]
    if after == 0:
        return float(getattr(there, what)) if there.at == moment else 0.0
    here = samples[after - 1]
    share = (moment - here.at) / (there.at - here.at)
    return float(getattr(here, what) + share * (getattr(there, what) - getattr(here, what)))


def _around(samples: Sequence[Sample], span: tuple[float, float]) -> Sequence[Sample]:
    """Samples within a span, or the two beside it."""
    first = bisect_left(samples, span[0], key=lambda sample: sample.at)
    last = bisect_left(samples, span[1], key=lambda sample: sample.at)
    last += last < len(samples) and samples[last].at == span[1]
    return samples[first:last] if first < last else samples[max(first - 1, 0) : first + 1]
