"""Random draws in the shapes the world needs, each from a named stream of a town.

Belongs here: how to draw. Does not belong here: what is drawn, or how likely it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt

from pipeline.synthetic.partitions import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]


def open_stream(town: Town, name: str) -> np.random.Generator:
    """A separate generator for each part of the work in each town.

    So a change in one leaves the others as they were.
    """
    return np.random.default_rng(
        np.random.SeedSequence([town.seed, town.number, crc32(name.encode())])
    )


def draw_chance(rng: np.random.Generator, probability: float | Floats, size: int) -> Bools:
    """True with the given probability, one draw an entry."""
    return rng.random(size) < probability


def draw_places(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """Indices drawn in proportion to weights."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    place: Ints = np.searchsorted(edges / edges[-1], rng.random(size), side="right")
    inside: Ints = np.clip(place, 0, len(edges) - 1)
    return inside


def pick_each(rng: np.random.Generator, weights: Floats) -> Ints:
    """One column index a row, in proportion to that row's weights."""
    edges = np.cumsum(weights, axis=1)
    place: Ints = (rng.random(len(weights))[:, None] * edges[:, -1:] >= edges).sum(axis=1)
    inside: Ints = np.clip(place, 0, weights.shape[1] - 1)
    return inside


def pick_within(
    rng: np.random.Generator, group: Ints, members: Sequence[Sequence[int]], skew: float = 1.0
) -> Ints:
    """One member of each row's group; a skew above 1 prefers those listed first."""
    sizes = np.array([len(each) for each in members])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = np.concatenate([np.asarray(each, dtype=np.int64) for each in members])
    place = (rng.random(len(group)) ** skew * sizes[group]).astype(np.int64)
    chosen: Ints = flat[starts[group] + np.minimum(place, sizes[group] - 1)]
    return chosen


def whole_days(rng: np.random.Generator, median: float | Floats, spread: float, size: int) -> Ints:
    """Skewed waiting times in whole days, never below 0."""
    return np.floor(np.exp(rng.normal(0.0, spread, size)) * median).astype(np.int64)


def log_odds(probability: float) -> float:
    """Log odds of a probability."""
    return float(np.log(probability / (1 - probability)))


def to_probability(score: Floats) -> Floats:
    """Probability of a log odds score."""
    return 1.0 / (1.0 + np.exp(-score))


def repeat_index(counts: Ints) -> tuple[Ints, Ints]:
    """For rows repeated `counts` times: the source row of each copy, and its number there.

    The number within a row counts from 0.
    """
    source = np.repeat(np.arange(len(counts)), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return source, np.arange(len(source)) - first
