"""From scored pairs to people at three thresholds, without chaining two people into one.

Belongs here: what holds a group together and what breaks it. Does not belong here: scores (predict), names for people (persons).

A group is what hangs together at a threshold inside the group of the looser threshold, so the three are nested. What goes wrong then is
chains: A resembles B, B resembles C, and A and C are two people. A group that holds two police numbers, each on more than one record, is
taken apart: the nodes with one number stay together, and every other node goes with the number that it hangs on most strongly.
"""

from __future__ import annotations

import duckdb
from splink.clustering import cluster_pairwise_predictions_at_threshold

from pipeline.linkage.model import THRESHOLDS, Model
from pipeline.linkage.splink_quiet import api

LEAST_SUPPORT = 2
"""Records that a police number needs before it counts as a person's; one alone may be a slip."""
TYPING_SLIP = 2
"""Edits within which two police numbers may be one, mistyped."""
MOST_ROUNDS = 50
"""Steps that a label may travel from a node with a number; what is further away stays with the first number."""


def load_clusters(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Make table `clusters` (node, high, medium, low) from `nodes` and `edges`; a group's number is its smallest node."""
    connection.execute("create or replace temp table grouped as select node, 0 as cluster from nodes")
    connection.execute(
        "create or replace temp table clusters as select node, node as high, node as medium, node as low from nodes order by node"
    )
    for threshold in reversed(THRESHOLDS):
        _connect(connection, model.thresholds[threshold])
        _part_conflicts(connection)
        connection.execute(f"update clusters set {threshold} = grouped.cluster from grouped where grouped.node = clusters.node")


def _connect(connection: duckdb.DuckDBPyConnection, weight: float) -> None:
    """Replace `grouped` by what hangs together at this weight within it; make table `held`, the pairs that hold it."""
    connection.execute(
        f"""
        create or replace temp table held as
        select edges.node_l, edges.node_r, edges.match_weight
        from edges
        inner join grouped as left_group on left_group.node = edges.node_l
        inner join grouped as right_group on right_group.node = edges.node_r
        where edges.match_weight >= {weight} and left_group.cluster = right_group.cluster
        """
    )
    connected = cluster_pairwise_predictions_at_threshold("nodes", "held", api(connection), "node", "node_l", "node_r")
    connection.execute(f"create or replace temp table grouped as select node, cluster_id as cluster from {connected.physical_name}")
    connected.drop_table_from_database_and_remove_from_cache()


def _part_conflicts(connection: duckdb.DuckDBPyConnection) -> None:
    """Take groups apart that hold two police numbers; the parts become groups of `grouped`."""
    connection.execute(_CONFLICTS)
    if not (connection.execute("select count(*) from anchored").fetchone() or (0,))[0]:
        return
    for _ in range(MOST_ROUNDS):
        reached = connection.execute(_SPREAD).fetchone()
        if not reached or not reached[0]:
            break
    connection.execute(_PARTED)


_CONFLICTS = f"""
create or replace temp table anchored as
with supported as (
    select grouped.cluster, nodes.pnc, sum(nodes.size) as records
    from grouped
    inner join nodes using (node)
    where nodes.pnc is not null
    group by grouped.cluster, nodes.pnc
    having sum(nodes.size) >= {LEAST_SUPPORT}
),

conflicts as (
    select distinct one.cluster
    from supported as one
    inner join supported as other
        on one.cluster = other.cluster and one.pnc < other.pnc and damerau_levenshtein(one.pnc, other.pnc) > {TYPING_SLIP}
)

select grouped.node, grouped.cluster, nodes.pnc as anchor
from grouped
inner join conflicts using (cluster)
inner join nodes using (node)
inner join supported on supported.cluster = grouped.cluster and supported.pnc = nodes.pnc
"""

_SPREAD = """
insert into anchored
with pairs as (
    select node_l as node, node_r as other, match_weight from held
    union all
    select node_r as node, node_l as other, match_weight from held
),

offers as (
    select
        pairs.node,
        anchored.cluster,
        anchored.anchor,
        row_number() over (partition by pairs.node order by pairs.match_weight desc, anchored.anchor, pairs.other) as place
    from pairs
    inner join anchored on anchored.node = pairs.other
    where pairs.node not in (select node from anchored)
)

select node, cluster, anchor from offers where place = 1
"""

_PARTED = """
create or replace temp table grouped as
select grouped.node, min(grouped.node) over (partition by grouped.cluster, anchored.anchor) as cluster
from grouped
left join anchored using (node)
"""
