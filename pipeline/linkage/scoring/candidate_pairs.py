"""Blocks of the blocking rules: which nodes share which key, and the candidate pairs that follow.

No block explodes into too many pairs.

Belongs here: keys of nodes, sizes of blocks, pairs that follow from them. Does not belong here: the
rules (blocking_rules), what they find (blocking_report).

A block is the nodes that share a rule's key. n of them make n (n - 1) / 2 pairs, so one common name
on one common birth date could cost more than all other blocks together. A block of more than
`MAX_IN_BLOCK` nodes is left out: it shares what does not tell people apart, and its nodes meet in
the blocks of other rules wherever they share more. Keys are hashes and are never told, only how
many nodes share one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.linkage.arrays.ragged_lists import (
    HALF,
    LOWER,
    Ints,
    find_stretches,
    is_first,
    looked_up,
)
from pipeline.linkage.database import columns_of, fetch_number, threads_of
from pipeline.linkage.scoring.blocking_rules import BLOCKING_RULES, BlockingRule

MAX_IN_BLOCK = 1_000
"""Nodes of the largest block that is looked at: half a million pairs."""
Pairs = npt.NDArray[np.uint64]
"""Pairs of nodes, each as one number: the smaller node in its upper half, the larger one in its
lower half.
"""


@dataclass(frozen=True)
class Blocks:
    """The blocks of one rule that make a pair.

    Nodes are in the order of their keys; each block is a stretch of either side.
    """

    left: Ints
    right: Ints
    starts_l: Ints
    sizes_l: Ints
    starts_r: Ints
    sizes_r: Ints
    is_one_sided: bool
    """Both sides are the same nodes."""

    @property
    def nodes(self) -> Ints:
        """Nodes of each block, on the side that has more."""
        larger: Ints = np.maximum(self.sizes_l, self.sizes_r)
        return larger

    @property
    def pairs(self) -> Ints:
        """Pairs of each block."""
        made: Ints = (
            self.sizes_l * (self.sizes_l - 1) // 2
            if self.is_one_sided
            else self.sizes_l * self.sizes_r
        )
        return made


def make_crowded(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `crowded` (rule, blocks, nodes: of the largest), empty.

    It is for the blocks that are left out: one row for each rule, each time it is looked at.
    """
    connection.execute(
        "create or replace table crowded (rule varchar, blocks bigint, nodes bigint)"
    )


def find_pairs(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[BlockingRule] = BLOCKING_RULES,
    *,
    nodes: str = "nodes",
    most: int = MAX_IN_BLOCK,
) -> Pairs:
    """Every pair of nodes that share a key by some rule, once and in order.

    Blocks that are left out are counted in `crowded`.

    Args:
        connection: holds the nodes, in no temporary table, and `crowded` from `make_crowded`.
        rules: the rules.
        nodes: FROM item of the nodes.
        most: nodes of the largest block that is looked at.
    """

    def look(rule: BlockingRule) -> tuple[Pairs, Ints]:
        with connection.cursor() as own:
            blocks = blocks_of(own, rule, nodes)
        return _pairs(blocks, np.flatnonzero(blocks.nodes <= most)), blocks.nodes[
            blocks.nodes > most
        ]

    pairs = [np.empty(0, dtype=np.uint64)]
    # Numbers are sorted by one thread, so rules go side by side.
    with ThreadPoolExecutor(max_workers=threads_of(connection)) as pool:
        for rule, (mine, crowd) in zip(rules, pool.map(look, rules), strict=True):
            pairs.append(mine)
            if len(crowd):
                connection.execute(
                    "insert into crowded values (?, ?, ?)",
                    [rule.name, len(crowd), int(crowd.max())],
                )
    every = np.sort(np.concatenate(pairs))
    once: Pairs = every[is_first(every)]
    return once


def drop_known_pairs(pairs: Pairs, known: Pairs) -> Pairs:
    """Pairs that are not among the known ones; both in order."""
    others: Pairs = pairs[~looked_up(pairs, known)[1]]
    return others


def split_pairs(pairs: Pairs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The smaller and the larger node of each pair."""
    return (pairs >> HALF).astype(np.int64), (pairs & LOWER).astype(np.int64)


def count_block_sizes(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[BlockingRule] = BLOCKING_RULES
) -> pl.DataFrame:
    """Sizes of the blocks of each rule, from `nodes` and without making a pair.

    One row a rule: rule, blocks, largest_block (nodes), block_pairs, seconds_counting.
    `block_pairs` counts a pair of nodes once for each block that it shares (two arrests, say).
    """
    rows = []
    for rule in rules:
        began = time.perf_counter()
        blocks = blocks_of(connection, rule)
        counts = (len(blocks.nodes), int(blocks.nodes.max(initial=0)), int(blocks.pairs.sum()))
        rows.append((rule.name, *counts, time.perf_counter() - began))
    return pl.DataFrame(
        rows,
        schema=["rule", "blocks", "largest_block", "block_pairs", "seconds_counting"],
        orient="row",
    )


def blocks_of(
    connection: duckdb.DuckDBPyConnection, rule: BlockingRule, nodes: str = "nodes"
) -> Blocks:
    """The blocks of one rule that make a pair."""
    bits = fetch_number(connection, f"select max(node) from {nodes}").bit_length()
    packed = _packed(connection, rule, rule.key, nodes, bits)
    if rule.other is None:
        keys, left = _parted(_of_several(packed, bits), bits)
        starts_l, sizes_l = find_stretches(keys)
        return Blocks(left, left, starts_l, sizes_l, starts_l, sizes_l, is_one_sided=True)
    keys, left = _parted(packed, bits)
    starts_l, sizes_l = find_stretches(keys)
    right_keys, right = _parted(_packed(connection, rule, rule.other, nodes, bits), bits)
    starts_r = np.searchsorted(right_keys, keys[starts_l], side="left")
    ends_r = np.searchsorted(right_keys, keys[starts_l], side="right")
    kept = ends_r > starts_r
    return Blocks(
        left,
        right,
        starts_l[kept],
        sizes_l[kept],
        starts_r[kept],
        (ends_r - starts_r)[kept],
        is_one_sided=False,
    )


def _packed(
    connection: duckdb.DuckDBPyConnection,
    rule: BlockingRule,
    key: Sequence[str],
    nodes: str,
    bits: int,
) -> Ints:
    """Keys and the nodes that have them, in order.

    No list of a node repeats itself, so no node has a key twice. Key and node are one number while
    they are sorted, the node in the lowest `bits`: sorting numbers is several times as fast as
    working out their order. What is left of a key tells apart what differs but for a few pairs in a
    nation, which are scored and found wanting.
    """
    if rule.explodes:
        nodes = f"(select * replace (unnest({rule.explodes}) as {rule.explodes}) from {nodes})"
    known = " and ".join(f"{part} is not null" for part in key)
    packed = f"(hash({', '.join(key)}) >> {bits} << {bits}) | cast(node as ubigint)"
    return np.sort(
        columns_of(connection.sql(f"select {packed} as packed from {nodes} where {known}"))[
            "packed"
        ].to_numpy()
    )


def _of_several(packed: Ints, bits: int) -> Ints:
    """Those whose key others have as well: a few, so what follows is done for few."""
    is_as_before = ((packed[1:] ^ packed[:-1]) >> np.uint64(bits)) == 0
    is_shared = np.zeros(len(packed), dtype=np.bool_)
    is_shared[1:] = is_as_before
    is_shared[:-1] |= is_as_before
    return packed[is_shared]


def _parted(packed: Ints, bits: int) -> tuple[Ints, Ints]:
    """The keys and the nodes."""
    return packed >> np.uint64(bits), (packed & np.uint64((1 << bits) - 1)).astype(np.int64)


def _pairs(blocks: Blocks, chosen: Ints) -> Pairs:
    """Every pair of nodes of the chosen blocks, as often as they share one."""
    starts_l, sizes_l, starts_r, sizes_r = (
        side[chosen] for side in (blocks.starts_l, blocks.sizes_l, blocks.starts_r, blocks.sizes_r)
    )
    # Each node of the left side meets a stretch of the right: all of it or, where both sides are
    # one, what comes after the node.
    place = _counted(starts_l, sizes_l)
    if blocks.is_one_sided:
        first = place + 1
        length = np.repeat(starts_l + sizes_l, sizes_l) - first
    else:
        first, length = np.repeat(starts_r, sizes_l), np.repeat(sizes_r, sizes_l)
    one = blocks.left[np.repeat(place, length)].astype(np.uint64)
    other = blocks.right[_counted(first, length)].astype(np.uint64)
    pairs: Pairs = ((np.minimum(one, other) << HALF) | np.maximum(one, other))[one != other]
    return pairs


def _counted(starts: Ints, lengths: Ints) -> Ints:
    """All whole numbers of all stretches, one stretch after the other."""
    before = np.cumsum(lengths) - lengths
    numbers: Ints = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
    return numbers
