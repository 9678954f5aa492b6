"""Connected components: groups of numbers that pairs join.

Belongs here: connected components, for numbers that are places and for any others. Does not belong
here: what a pair is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[Any]
FEW_GAPS = 8
"""Numbers that are less than this many times as large as they are many may be places in a table."""


def label_components(left: Ints, right: Ints, size: int) -> npt.NDArray[np.int32]:
    """Label of each place below `size`, equal where these pairs of places join them."""
    joins = left != right
    left, right = left[joins], right[joins]
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    found: npt.NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return found


def find_components(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Every number that is in a pair, in order, and the smallest number of its group."""
    numbers, places = place_numbers(np.concatenate([left, right]))
    label = label_components(places[: len(left)], places[len(left) :], len(numbers))
    smallest = np.full(label.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, label, numbers)
    return numbers, smallest[label]


def place_numbers(numbers: Ints) -> tuple[Ints, Ints]:
    """The distinct numbers, in order, and the place of each given number among them.

    Numbers of nodes are looked up in a table, which is far faster than sorting.
    """
    least, most = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    if most - least >= FEW_GAPS * len(numbers):
        return np.unique(numbers, return_inverse=True)
    is_there = np.zeros(most - least + 1, dtype=np.bool_)
    is_there[numbers - least] = True
    different = np.flatnonzero(is_there)
    place = np.empty(len(is_there), dtype=np.int64)
    place[different] = np.arange(len(different))
    return different + least, place[numbers - least]
