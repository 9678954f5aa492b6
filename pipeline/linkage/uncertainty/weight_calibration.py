"""From match weight to probability: monotone curves of a few knots, fitted offline against a truth.

They are kept in the model file.

Belongs here: what a curve is, how it is fitted, how it is read from a model file and asked. Does
not belong here: where a truth comes from (fit_calibration), which pairs and merges there are
(uncertain_merges), drawing (sampled_linkages).

Four things are calibrated, because they are four things:
- `pairs`: a scored pair of nodes is of one person. Most pairs lie inside a person of many records
  and are sure by the others' company.
- `within`: a merge inside a person is right: an edge of the maximum spanning tree by which the
  person hangs together, the weakest bridges.
- `lone`: a person of a single record is, after all, one with a larger one, from which the medium
  threshold parts it. The weight is that against rivals (uncertain_merges).
- `group`: the same for a person of several records. The same weight then means less: several
  records had the chance to fit and did not.

`unseen` is what no curve can tell, for no pair shows it: the share of people of one record, and of
several, that miss a record which blocking never compared with them, or which scored below what is
kept.

Weights of one model mean other things in another volume: the more people, the more of a weight is
coincidence. A model file therefore holds a calibration for each of several volumes, and a run takes
the one that is nearest to its own.

Curves are pooled adjacent violators (Ayer et al. 1955, Annals of Mathematical Statistics 26) over
the fitted pairs in order of weight.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from pipeline.errors import LinkageError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
CERTAIN = 0.9999
"""Probability from which a merge is held to be certain."""
STEP = 0.5
"""Weights are pooled by half a bit before a curve is fitted."""
MIN_BLOCK = 25
"""Pairs that a knot rests on, at least."""
CURVES = ("pairs", "within", "lone", "group")


@dataclass(frozen=True)
class Curve:
    """Probability by match weight: straight between the knots, level beyond them."""

    knots: tuple[tuple[float, float], ...]
    """Weight and probability, both rising."""

    def __post_init__(self) -> None:
        """Refuse what is no such curve."""
        weights, chances = (
            [weight for weight, _ in self.knots],
            [chance for _, chance in self.knots],
        )
        if (
            not weights
            or sorted(set(weights)) != weights
            or sorted(chances) != chances
            or not 0 <= chances[0] <= chances[-1] <= 1
        ):
            raise ValueError("the knots of a calibration must rise, with probabilities from 0 to 1")

    def __call__(self, weights: npt.ArrayLike) -> Floats:
        """Probability at each weight."""
        at, chances = zip(*self.knots, strict=True)
        told: Floats = np.interp(np.asarray(weights, dtype=np.float64), at, chances)
        return told

    def sql(self, weight: str) -> str:
        """The curve as a DuckDB expression over a column or expression of match weights.

        It is null where the weight is null.
        """
        steps = [f"when {weight} <= {self.knots[0][0]!r} then {self.knots[0][1]!r}"]
        for (low, start), (high, end) in zip(self.knots[:-1], self.knots[1:], strict=True):
            steps.append(
                f"when {weight} <= {high!r} "
                f"then {start!r} + ({weight} - {low!r}) * {(end - start) / (high - low)!r}"
            )
        steps.append(f"when {weight} is not null then {self.knots[-1][1]!r}")
        return f"cast(case {' '.join(steps)} end as double)"

    def weight_of(self, chance: float) -> float:
        """The least weight with at least this probability; infinite if there is none."""
        for (low, start), (high, end) in zip(
            ((-np.inf, self.knots[0][1]), *self.knots[:-1]), self.knots, strict=True
        ):
            if start >= chance:
                return float(low)
            if end >= chance:
                return (
                    float(low + (high - low) * (chance - start) / (end - start))
                    if np.isfinite(low)
                    else float(high)
                )
        return float("inf")


@dataclass(frozen=True)
class Calibration:
    """What a model file says under `calibration` for one volume."""

    records: int
    """Source records of each world that it was fitted on, on average."""
    pairs: Curve
    within: Curve
    lone: Curve
    group: Curve
    unseen: tuple[float, float]
    """Share of people of one record, and of several, with a missed record that no pair shows."""

    @property
    def certain_weight(self) -> float:
        """Weight from which a merge inside a person is certain."""
        return self.within.weight_of(CERTAIN)


def read_calibrations(path: Path) -> tuple[Calibration, ...]:
    """The calibrations in a model file, one a volume; none in one that was never calibrated.

    Raises:
        LinkageError: it holds what cannot be a calibration.
    """
    try:
        stated = json.loads(path.read_text(encoding="utf-8")).get("calibration", {"volumes": []})
        return tuple(from_content(content) for content in stated["volumes"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LinkageError(
            f"{path.name} holds no sound calibration: fit one with journeys model calibrate"
        ) from error


def find_nearest(volumes: Sequence[Calibration], records: int) -> Calibration | None:
    """The calibration fitted at the volume nearest to this number of source records.

    Distance is counted in doublings; of two volumes as near, it is the smaller one.
    """
    return min(
        volumes,
        key=lambda fitted: (abs(log2(fitted.records / max(records, 1))), fitted.records),
        default=None,
    )


def from_content(content: Mapping[str, Any]) -> Calibration:
    """A calibration from what a model file holds of one volume."""
    curves = {
        name: Curve(tuple((float(weight), float(chance)) for weight, chance in content[name]))
        for name in CURVES
    }
    lone, group = (float(share) for share in content["unseen"])
    return Calibration(records=int(content["records"]), **curves, unseen=(lone, group))


def to_content(fitted: Calibration) -> dict[str, Any]:
    """What a model file holds of one volume."""
    curves = {name: [list(knot) for knot in getattr(fitted, name).knots] for name in CURVES}
    return {"records": fitted.records, **curves, "unseen": list(fitted.unseen)}


def fit_curve(weights: Floats, right: Bools) -> Curve:
    """The curve that pooled adjacent violators give.

    A block of equal probability is one knot at its mean weight. Its share is told as if half a pair
    more were right and half a pair more were wrong, so that a block without an error is not
    certainty itself.

    Args:
        weights: match weights of pairs or merges.
        right: whether each is.

    Raises:
        LinkageError: too few to learn from.
    """
    if len(weights) < 2 * MIN_BLOCK:
        raise LinkageError(f"{len(weights)} pairs are too few to calibrate with: give more records")
    columns = _binned(weights, right)
    told = columns[1] / columns[0]
    while True:
        told = isotonic_regression(told, weights=columns[0]).x
        blocks = np.cumsum(np.r_[0, np.diff(told) > 0])
        columns = [np.bincount(blocks, column).astype(np.float64) for column in columns]
        told = (columns[1] + 0.5) / (columns[0] + 1)
        if np.all(np.diff(told) > 0):
            break
    return Curve(
        tuple(
            (round(float(weight), 4), round(float(chance), 6))
            for weight, chance in zip(columns[2] / columns[0], told, strict=True)
        )
    )


def _binned(weights: Floats, right: Bools) -> Sequence[Floats]:
    """Pairs, right ones, and sum of weights of each bin, in order of weight.

    Bins with too few pairs go with the next.
    """
    step = np.floor(weights / STEP).astype(np.int64)
    first = step.min()
    columns = [
        np.bincount(step - first, values)
        for values in (np.ones(len(weights)), right.astype(np.float64), weights)
    ]
    group = (
        np.minimum(np.cumsum(columns[0]) - columns[0], columns[0].sum() - MIN_BLOCK) // MIN_BLOCK
    )
    _, place = np.unique(group, return_inverse=True)
    return [np.bincount(place, column).astype(np.float64) for column in columns]
