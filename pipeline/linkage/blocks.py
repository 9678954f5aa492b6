"""Blocks of the blocking rules: which nodes share which key, and none that explodes.

Belongs here: keys of nodes, sizes of blocks, pairs that follow from them. Does not belong here: the rules (rules), what they find
(blocking).

A block is the nodes that share a rule's key. n of them make n (n - 1) / 2 pairs, so one common name on one common birth date could cost
more than all other blocks together. A block of more than `MOST_IN_BLOCK` nodes is left out: it shares what does not tell people apart,
and its nodes meet in the blocks of other rules wherever they share more. Keys are hashes and are never told, only how many nodes share
one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import duckdb
import polars as pl

from pipeline.linkage.rules import BLOCKING_RULES, BlockingRule

MOST_IN_BLOCK = 1_000
"""Nodes of the largest block that is looked at: half a million pairs."""


def load_blocks(connection: duckdb.DuckDBPyConnection, rules: Sequence[BlockingRule] = BLOCKING_RULES, *, most: int = MOST_IN_BLOCK) -> int:
    """Make table `blocks` (rule, key, node_l, node_r): nodes that share a key with others, by the place of the rule.

    A node that may be on either side of a pair has its number in both columns. Blocks that are left out are counted in table `crowded`
    (rule, blocks, nodes: of the largest).

    Returns:
        The number of pairs; one that several blocks hold counts as often.
    """
    connection.execute("create or replace table blocks (rule utinyint, key ubigint, node_l bigint, node_r bigint)")
    connection.execute("create or replace table crowded (rule varchar, blocks bigint, nodes bigint)")
    pairs = 0
    for place, rule in enumerate(rules):
        _load_keys(connection, rule)
        connection.execute(
            f"insert into crowded select '{rule.name}', count(*), max(nodes) from keys where nodes > {most} having count(*) > 0"
        )
        connection.execute(
            f"insert into blocks select {place}, key, node_l, node_r from sides semi join (from keys where nodes <= {most}) using (key)"
        )
        pairs += _number(connection, f"select coalesce(sum(pairs), 0) from keys where nodes <= {most}")
    connection.execute("drop table sides")
    connection.execute("drop table keys")
    return pairs


def pairs_query() -> str:
    """Query of every pair (node_l, node_r) in `blocks`, once, the smaller node left."""
    return """
        select distinct least(l.node_l, r.node_r) as node_l, greatest(l.node_l, r.node_r) as node_r
        from blocks as l
        inner join blocks as r on l.rule = r.rule and l.key = r.key and l.node_l <> r.node_r
        where l.node_r is null or l.node_l < r.node_r
    """


def sizes(connection: duckdb.DuckDBPyConnection, rules: Sequence[BlockingRule] = BLOCKING_RULES) -> pl.DataFrame:
    """One row a rule, from `nodes` and without making a pair: rule, blocks, largest_block (nodes), block_pairs, seconds_counting.

    `block_pairs` counts a pair of nodes once for each block that it shares (two arrests, say).
    """
    rows = []
    for rule in rules:
        start = time.perf_counter()
        _load_keys(connection, rule)
        counts = connection.execute("select count(*), coalesce(max(nodes), 0), coalesce(sum(pairs), 0) from keys").fetchone() or (0, 0, 0)
        rows.append((rule.name, *map(int, counts), time.perf_counter() - start))
    return pl.DataFrame(rows, schema=["rule", "blocks", "largest_block", "block_pairs", "seconds_counting"], orient="row")


def _load_keys(connection: duckdb.DuckDBPyConnection, rule: BlockingRule) -> None:
    """Make tables `sides` (key, node_l, node_r) and `keys` (key, nodes, pairs), the latter of keys that make a pair."""
    connection.execute(f"create or replace temp table sides as {_sides(rule)}")
    pairs = "on_left * (on_left - 1) // 2" if rule.other is None else "on_left * on_right"
    connection.execute(
        f"""
        create or replace temp table keys as
        select key, greatest(on_left, on_right) as nodes, {pairs} as pairs
        from (select key, count(node_l) as on_left, count(node_r) as on_right from sides group by key)
        where {pairs} > 0
        """
    )


def _sides(rule: BlockingRule) -> str:
    """Query of key, node_l, node_r: which nodes are on which side of which key."""
    nodes = f"(select * replace (unnest({rule.explodes}) as {rule.explodes}) from nodes)" if rule.explodes else "nodes"

    def side(key: Sequence[str], left: str, right: str) -> str:
        known = " and ".join(f"{part} is not null" for part in key)
        # A node can have one key twice only by its lists.
        once = "distinct" if rule.explodes else ""
        return f"select {once} hash({', '.join(key)}) as key, {left} as node_l, {right} as node_r from {nodes} where {known}"

    nobody = "cast(null as bigint)"
    if rule.other is None:
        return side(rule.key, "node", "node")
    return f"{side(rule.key, 'node', nobody)} union all {side(rule.other, nobody, 'node')}"


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int((connection.execute(query).fetchone() or (0,))[0])
