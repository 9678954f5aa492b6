"""Unsure merges: those inside people that may be wrong, and people who may be one after all.

Belongs here: finding both, in `edges` and `clusters`. Does not belong here: how sure they are
(weight_calibration), drawing (sampled_linkages).

Inside a person only the edges of its maximum spanning tree hold it together; nodes that edges of a
certain weight join are one part, and what is left of the tree are the merges between parts. A
person is never joined by two edges where one is enough, so that each edge can be wrong on its own.
Between people, each person is offered to every larger one (by records; the smaller number first
where they have as many) that some edge below the medium threshold reaches. At most one offer of a
person can be taken, so the weight of an offer is taken against its rivals: a record that might be
of either of two people is half as sure of each. Two people whom an edge at or above the threshold
reaches were kept apart on purpose and are not offered, nor are two of whom `conflicts` names a
pair. A person whom a clerk's decision keeps from being one with another (`must_not_link`) is
neither offered nor taken, so that no draw joins through a third one whom a clerk has parted.
Everything is sorted by node number before it counts, so neither the order of rows nor the number of
threads changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from pipeline.linkage.arrays.connected_components import label_components

Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
PAIRS = {"edges": "match_weight", "conflicts": "0", "must_not_link": "0"}
"""Tables of pairs of nodes, with the expression of their weight."""


@dataclass(frozen=True)
class Merges:
    """Pairs of nodes, one a row; which of them carry what is told by the list that holds them."""

    node_l: Ints
    node_r: Ints
    weight: Floats

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.weight)

    def taken(self, rows: npt.NDArray[Any]) -> Merges:
        """The rows that a mask or an order chooses."""
        return Merges(self.node_l[rows], self.node_r[rows], self.weight[rows])


@dataclass(frozen=True)
class Unsure:
    """All that linkage is unsure of.

    Arrays named by node have a place for every number up to the largest.
    """

    person_of: Ints
    """Cluster at the medium threshold, by node; -1 where there is no node."""
    part_of: Ints
    """Smallest node of the part of a person that certain edges hold together, by node; the person's
    number for most.
    """
    records: Ints
    """Source records, by node."""
    first: Numbers
    """Smallest number of a source record, by node; it follows from the record alone."""
    within: Merges
    """Tree edges between parts of a person, in order of their nodes."""
    offers: Merges
    """A person offered to a larger one, in order of `owner`, then the other: the best pair between
    them, weight against rivals.
    """
    owner: Ints
    """The person that is offered, for each offer."""

    @property
    def other(self) -> Ints:
        """The person that each offer would join."""
        mine, theirs = self.person_of[self.offers.node_l], self.person_of[self.offers.node_r]
        joined: Ints = np.where(mine == self.owner, theirs, mine)
        return joined

    @property
    def size(self) -> Ints:
        """Source records, by person."""
        known = self.person_of >= 0
        counts = np.bincount(
            self.person_of[known], self.records[known], minlength=len(self.person_of)
        )
        return counts.astype(np.int32)


def find_uncertain_merges(
    connection: duckdb.DuckDBPyConnection, *, medium: float, certain: float
) -> Unsure:
    """What is unsure in `nodes`, `edges` and `clusters`.

    Args:
        connection: holds these tables and `record_nodes`, and `conflicts` and `must_not_link` where
            there are any.
        medium: match weight of the medium threshold.
        certain: match weight from which a merge inside a person is certain.
    """
    person_of, records, first = _by_node(connection)
    edges, conflicts, parted = (
        _pairs(connection, table, weight) for table, weight in PAIRS.items()
    )
    is_inside = person_of[edges.node_l] == person_of[edges.node_r]
    part_of, within = _within(person_of, edges, is_inside, certain)
    is_free = np.ones(len(person_of), dtype=np.bool_)
    is_free[person_of[np.concatenate([parted.node_l, parted.node_r])]] = False
    across = edges.taken(
        ~is_inside & is_free[person_of[edges.node_l]] & is_free[person_of[edges.node_r]]
    )
    del edges, is_inside
    offers, owner = _offers(person_of, records, across, conflicts, medium)
    return Unsure(person_of, part_of, records, first, within, offers, owner)


def _by_node(connection: duckdb.DuckDBPyConnection) -> tuple[Ints, Ints, Numbers]:
    """Person, number of records and first record by node."""
    rows = connection.execute(
        "select cast(node as integer) as node, cast(medium as integer) as person, "
        "cast(size as integer) as size, first "
        "from clusters inner join nodes using (node) "
        "inner join (select node, min(record) as first from record_nodes group by node) "
        "using (node)"
    ).fetchnumpy()
    places = int(rows["node"].max()) + 1 if len(rows["node"]) else 1
    person_of, records = (np.full(places, nothing, dtype=np.int32) for nothing in (-1, 0))
    first = np.full(places, -1, dtype=np.int64)
    person_of[rows["node"]], records[rows["node"]], first[rows["node"]] = (
        rows["person"],
        rows["size"],
        rows["first"],
    )
    return person_of, records, first


def _pairs(connection: duckdb.DuckDBPyConnection, table: str, weight: str) -> Merges:
    """Pairs of nodes of a table; none where it is not there."""
    is_there = connection.execute(
        "select count(*) > 0 from duckdb_tables() where table_name = ?", [table]
    ).fetchone()
    rows_of = (
        table
        if is_there and is_there[0]
        else "(select 0 as node_l, 0 as node_r, 0.0 as match_weight where false)"
    )
    query = (
        "select cast(node_l as integer) as node_l, cast(node_r as integer) as node_r, "
        f"cast({weight} as double) as weight from {rows_of}"
    )
    rows = connection.execute(query).fetchnumpy()
    return Merges(*(np.asarray(rows[name]) for name in ("node_l", "node_r", "weight")))


def _within(
    person_of: Ints, edges: Merges, is_inside: Bools, certain: float
) -> tuple[Ints, Merges]:
    """Parts by node, and the tree edges between parts.

    Only people with an uncertain edge are looked at.
    """
    is_weak = is_inside & (edges.weight < certain)
    is_looked_at = np.zeros(len(person_of), dtype=np.bool_)
    is_looked_at[person_of[edges.node_l[is_weak]]] = True
    is_strong = is_inside & ~is_weak & is_looked_at[person_of[edges.node_l]]
    joined = label_components(edges.node_l[is_strong], edges.node_r[is_strong], len(person_of))
    part_of = np.where((person_of >= 0) & is_looked_at[person_of], _smallest(joined), person_of)
    weak = edges.taken(is_weak)
    weak = weak.taken(part_of[weak.node_l] != part_of[weak.node_r])
    return part_of, _tree(weak, part_of)


def _smallest(labels: Ints) -> Ints:
    """For each place, the first place with the same label."""
    first = np.empty(int(labels.max()) + 1, dtype=np.int32)
    first[labels[::-1]] = np.arange(len(labels) - 1, -1, -1, dtype=np.int32)
    return first[labels]


def _tree(weak: Merges, part_of: Ints) -> Merges:
    """The maximum spanning forest of the parts.

    Of equal weights, the pair with the smaller nodes is taken.
    """
    if not len(weak):
        return weak
    ends = np.sort(np.stack([part_of[weak.node_l], part_of[weak.node_r]]), axis=0)
    parts, places = np.unique(ends, return_inverse=True)
    places = places.reshape(ends.shape)
    order = np.lexsort((weak.node_r, weak.node_l, -weak.weight, places[1], places[0]))
    best = order[_firsts(places[0][order], places[1][order])]
    rank = np.empty(len(best))
    rank[np.lexsort((weak.node_r[best], weak.node_l[best], -weak.weight[best]))] = np.arange(
        1, len(best) + 1
    )
    graph = coo_array(
        (rank, (places[0][best], places[1][best])), shape=(len(parts), len(parts))
    ).tocsr()
    kept = np.zeros(len(best) + 1, dtype=np.bool_)
    kept[minimum_spanning_tree(graph).data.astype(np.int64)] = True
    tree = weak.taken(best[kept[rank.astype(np.int64)]])
    return tree.taken(np.lexsort((tree.node_r, tree.node_l)))


def _firsts(*keys: npt.NDArray[Any]) -> Bools:
    """Where a new combination of keys begins, in rows ordered by them."""
    return (
        np.r_[True, np.any([key[1:] != key[:-1] for key in keys], axis=0)]
        if len(keys[0])
        else np.zeros(0, dtype=np.bool_)
    )


def _offers(
    person_of: Ints, records: Ints, across: Merges, conflicts: Merges, medium: float
) -> tuple[Merges, Ints]:
    """Each person's offers with their weights against rivals, and whose they are."""
    left, right = person_of[across.node_l], person_of[across.node_r]
    size = np.bincount(np.maximum(person_of, 0), records, minlength=len(person_of))
    is_left = (size[left] < size[right]) | ((size[left] == size[right]) & (left > right))
    owner, other = np.where(is_left, left, right), np.where(is_left, right, left)
    order = np.lexsort((across.node_r, across.node_l, -across.weight, other, owner))
    best = order[_firsts(owner[order], other[order])]
    best = best[
        (across.weight[best] < medium) & ~_named(person_of, conflicts, owner[best], other[best])
    ]
    owner, found = owner[best], across.taken(best)
    return Merges(found.node_l, found.node_r, against_rivals(owner, found.weight)), owner


def _named(person_of: Ints, conflicts: Merges, owner: Ints, other: Ints) -> Bools:
    """Whether a conflict names a node of the one person and a node of the other."""

    def numbers(one: Ints, two: Ints) -> npt.NDArray[np.int64]:
        return np.minimum(one, two).astype(np.int64) * len(person_of) + np.maximum(one, two)

    named: Bools = np.isin(
        numbers(owner, other), numbers(person_of[conflicts.node_l], person_of[conflicts.node_r])
    )
    return named


def against_rivals(owner: npt.NDArray[Any], weight: Floats) -> Floats:
    """Weights of offers when at most one of an owner's can be right.

    Each is the log of the odds of the offer against none and all other offers of the owner.

    Args:
        owner: whose offer each is, in order.
        weight: match weights.
    """
    odds = np.exp2(weight)
    _, place = np.unique(owner, return_inverse=True)
    rivals = np.maximum(np.bincount(place, odds)[place] - odds, 0.0) if len(odds) else odds
    alone: Floats = weight - np.log2(1.0 + rivals)
    return alone
