"""The distinct values of each node, from one row a record, as columns of Arrow.

They are found by sorting numbers.

Belongs here: grouping values by node, without repeats. Does not belong here: which values a node is
known by (node_attributes).

DuckDB's lists would do it in one statement, in twice the time: it keeps a hash table for each list
of each node to drop its repeats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[Any]
Truths = npt.NDArray[np.bool_]
HALF, LOWER = np.uint64(32), np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Lists:
    """A list of values for each node, none twice."""

    ends: Ints
    """Where the list of each node begins, and where the last one ends."""
    places: Ints
    """Where among the values each entry is, one list after the other."""
    values: pa.Array
    """All different values."""

    @property
    def lengths(self) -> Ints:
        """How many values each node has."""
        counts: Ints = np.diff(self.ends)
        return counts

    @property
    def nodes(self) -> Ints:
        """The node of each entry."""
        return np.repeat(np.arange(len(self.ends) - 1), self.lengths)

    def array(self) -> pa.ListArray:
        """The lists as Arrow has them."""
        return pa.ListArray.from_arrays(
            pa.array(self.ends, pa.int32()), self.values.take(pa.array(self.places))
        )

    def only(self, chosen: Truths) -> Lists:
        """The lists without values that are not chosen."""
        kept = chosen[self.places]
        return Lists(np.r_[0, np.cumsum(kept)][self.ends], self.places[kept], self.values)

    def first(self) -> pa.Array:
        """The first value of each node, null where it has none."""
        has_any = self.lengths > 0
        places = np.zeros(len(has_any), dtype=np.int64)
        places[has_any] = self.places[self.ends[:-1][has_any]]
        return self.values.take(pa.array(places, mask=~has_any))


def lists_of(nodes: Ints, values: pa.Array, count: int, *, is_ordered: bool = True) -> Lists:
    """The different values of each of `count` nodes.

    Args:
        nodes: the node of each row, below `count`.
        values: a value a row; null for none.
        count: how many nodes there are.
        is_ordered: whether each list is to be in order; hashes need not be.
    """
    encoded = values.dictionary_encode()
    different, codes = encoded.dictionary, encoded.indices.drop_null().to_numpy()
    if is_ordered:
        order = pc.sort_indices(different)
        rank = np.empty(len(order), dtype=np.int64)
        rank[order.to_numpy()] = np.arange(len(order))
        different, codes = different.take(order), rank[codes]
    is_known = values.is_valid().to_numpy(zero_copy_only=False)
    entries = (nodes[is_known].astype(np.uint64) << HALF) | codes.astype(np.uint64)
    entries.sort()
    entries = entries[is_first(entries)]
    ends = np.r_[0, np.cumsum(np.bincount((entries >> HALF).astype(np.int64), minlength=count))]
    return Lists(ends, (entries & LOWER).astype(np.int64), different)


def lists_of_hashes(nodes: Ints, columns: list[pa.Array], count: int) -> Lists:
    """The same for several columns together, in no order."""
    return lists_of(
        np.tile(nodes, len(columns)), pa.concat_arrays(columns), count, is_ordered=False
    )


def one_after_the_other(several: list[Lists]) -> Lists:
    """The lists of each node put together; no value may be in two of them."""
    before = np.cumsum([0, *(len(lists.values) for lists in several)])
    entries = [
        (lists.nodes.astype(np.uint64) << HALF) | (lists.places + first).astype(np.uint64)
        for lists, first in zip(several, before[:-1], strict=True)
    ]
    ordered = np.sort(np.concatenate(entries))
    ends = np.sum([lists.ends for lists in several], axis=0)
    return Lists(
        ends,
        (ordered & LOWER).astype(np.int64),
        pa.concat_arrays([lists.values for lists in several]),
    )


def lists_of_lists(nodes: Ints, lists: pa.ListArray, count: int) -> Lists:
    """The same for a column whose rows have lists themselves."""
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy()
    return lists_of(np.repeat(nodes, lengths), lists.flatten(), count)


def is_first(ordered: Ints) -> Truths:
    """Whether each of ordered numbers differs from the one before.

    To sort and then call this is many times as fast as numpy's `unique`.
    """
    first = np.ones(len(ordered), dtype=np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return first


def find_stretches(ordered: Ints) -> tuple[Ints, Ints]:
    """Where each of ordered numbers begins, and how often it is there."""
    starts = np.flatnonzero(is_first(ordered))
    return starts, np.diff(np.r_[starts, len(ordered)])


def looked_up(wanted: Ints, ordered: Ints) -> tuple[Ints, Truths]:
    """The place of each wanted number among ordered ones, and whether it is there.

    Where it is not there, the place says nothing. The search is six times as fast where the wanted
    numbers are in order, too: what one search reads is in the cache for the next one.
    """
    places = np.searchsorted(ordered, wanted)
    is_there = places < len(ordered)
    is_there[is_there] = ordered[places[is_there]] == wanted[is_there]
    return places, is_there
