"""From scored pairs to people at three thresholds, without chaining two people into one.

Belongs here: what holds a group together and what breaks it. Does not belong here: scores
(score_pairs), what contradicts what (cannot_link), names for people (person_ids).

What hangs together at the loosest threshold is a group. What goes wrong then is chains: A resembles
B, B resembles C, and A and C are two people. A group that holds a contradiction is built anew,
strongest pair first, and no pair may join two parts that contradict each other: so the chain breaks
at its weakest bridge. Stricter thresholds only take pairs away, so the three are nested.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.linkage.arrays.connected_components import Ints, find_components
from pipeline.linkage.clustering.cannot_link import load_conflicts
from pipeline.linkage.database import columns_of, threads_of
from pipeline.linkage.scoring.model import DECIDED, THRESHOLDS, Model


def load_clusters(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    """Make table `clusters` (node, high, medium, low) from `nodes` and `edges`.

    The number of a group is its smallest node. Pairs of `must_link` are added to `edges`. Pairs
    that a contradiction keeps from joining leave `edges` for table `severed`.

    Returns:
        The number of groups that held a contradiction.
    """
    connection.execute(f"insert into edges select node_l, node_r, {DECIDED} from must_link")
    connection.execute("create or replace table severed as select * from edges limit 0")
    _load_grouped(connection, model.thresholds["low"])
    conflicts = load_conflicts(connection)
    if conflicts:
        _break(connection, model.thresholds["low"])
    nodes = columns_of(connection.sql("select node from nodes"))["node"].to_numpy()

    def groups(threshold: str) -> Ints:
        with connection.cursor() as own:
            return _of_all(_grouped(own, model.thresholds[threshold]), nodes)

    with ThreadPoolExecutor(max_workers=threads_of(connection)) as pool:
        found = dict(zip(THRESHOLDS, pool.map(groups, THRESHOLDS), strict=True))
    connection.register("found", pa.table({"node": nodes, **found}))
    connection.execute(
        f"create or replace table clusters as select node, {', '.join(THRESHOLDS)} from found"
    )
    connection.unregister("found")
    connection.execute("drop table grouped")
    return conflicts


def _load_grouped(connection: duckdb.DuckDBPyConnection, weight: float) -> None:
    """Make table `grouped` (node, cluster) of nodes that are linked to others at this weight."""
    nodes, clusters = _grouped(connection, weight)
    connection.register("found", pa.table({"node": nodes, "cluster": clusters}))
    connection.execute("create or replace table grouped as select node, cluster from found")
    connection.unregister("found")


def _grouped(connection: duckdb.DuckDBPyConnection, weight: float) -> tuple[Ints, Ints]:
    """The nodes that hang together with others at this weight, in order, and the group of each."""
    pairs = columns_of(
        connection.sql(f"select node_l, node_r from edges where match_weight >= {weight}")
    )
    return find_components(pairs["node_l"].to_numpy(), pairs["node_r"].to_numpy())


def _of_all(grouped: tuple[Ints, Ints], nodes: Ints) -> Ints:
    """The group of each node, its own number where it hangs together with no other."""
    members, groups = grouped
    found = np.arange(int(nodes.max(initial=-1)) + 1)
    found[members] = groups
    of_all: Ints = found[nodes]
    return of_all


def _break(connection: duckdb.DuckDBPyConnection, weight: float) -> None:
    """Take from `edges` what would join two sides of a contradiction."""
    enemies = connection.execute(
        """
        select distinct conflicts.node_l, conflicts.node_r
        from conflicts
        inner join grouped as l on l.node = conflicts.node_l
        inner join grouped as r on r.node = conflicts.node_r
        where l.cluster = r.cluster
        order by conflicts.node_l, conflicts.node_r
        """
    ).fetchall()
    held = connection.execute(
        f"""
        with broken as (
            select grouped.cluster
            from grouped
            semi join (select node_l as node from conflicts
                union all select node_r from conflicts) using (node)
        )

        select edges.node_l, edges.node_r
        from edges
        inner join grouped on grouped.node = edges.node_l
        semi join broken on broken.cluster = grouped.cluster
        where edges.match_weight >= {weight}
        order by edges.match_weight desc, edges.node_l, edges.node_r
        """
    ).fetchall()
    decided = connection.execute(
        "select node_l, node_r from must_link order by node_l, node_r"
    ).fetchall()
    part = constrain_clusters(held, enemies, decided)
    nodes, labels = np.array(list(part)), np.array(list(part.values()))
    connection.register("parted", pa.table({"node": nodes, "part": labels}))
    judged = (
        "select edges.*, coalesce(l.part <> r.part, false) as is_severed from edges "
        "left join parted as l on l.node = edges.node_l "
        "left join parted as r on r.node = edges.node_r"
    )
    connection.execute(f"create or replace table judged as {judged}")
    for name, which in (("severed", "is_severed"), ("edges", "not is_severed")):
        connection.execute(
            f"create or replace table {name} as "
            f"select node_l, node_r, match_weight from judged where {which}"
        )
    connection.execute("drop table judged")
    connection.unregister("parted")


def constrain_clusters(
    pairs: list[tuple[int, int]],
    enemies: list[tuple[int, int]],
    always: list[tuple[int, int]] | None = None,
) -> dict[int, int]:
    """The part of each node when pairs are joined in order, and no join brings enemies together.

    Args:
        pairs: of nodes, strongest first.
        enemies: pairs of nodes that must not be in one part.
        always: pairs that are joined before all others, enemies or not; those of nodes that are in
            no pair are left aside.

    Returns:
        Node -> smallest node of its part, for every node of `pairs`.
    """
    of = {node: node for pair in pairs for node in pair}
    members = {node: {node} for node in of}
    against: dict[int, set[int]] = {node: set() for node in of}
    for one, other in enemies:
        if one in of and other in of:
            against[one].add(other)
            against[other].add(one)
    forced = [pair for pair in always or () if pair[0] in of and pair[1] in of]
    for place, pair in enumerate(forced + pairs):
        left, right = (of[node] for node in pair)
        if left == right or (place >= len(forced) and not against[left].isdisjoint(members[right])):
            continue
        keep, gone = (left, right) if len(members[left]) >= len(members[right]) else (right, left)
        for node in members[gone]:
            of[node] = keep
        members[keep] |= members.pop(gone)
        against[keep] |= against.pop(gone)
    smallest = {keep: min(nodes) for keep, nodes in members.items()}
    return {node: smallest[keep] for node, keep in of.items()}
