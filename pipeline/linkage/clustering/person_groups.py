"""Table `groups`: which person each record is of at each threshold, by number.

All that is told of people rests on it.

Belongs here: numbers of clusters, by node and by record. Does not belong here: what hangs together
(clusters), ids that last (person_ids).

`groups` (record, high, medium, low, match_weight): at each threshold the clusters are numbered from
0 in the order of their first records, so that a number is small, says which of two clusters comes
first, and is the place of the cluster wherever there is a row for each.
"""

from __future__ import annotations

import duckdb
import numpy as np

from pipeline.linkage.arrays.ragged_lists import Ints
from pipeline.linkage.database import columns_of
from pipeline.linkage.prepare.identifiers import IS_PERSON
from pipeline.linkage.scoring.model import THRESHOLDS


def load_groups(connection: duckdb.DuckDBPyConnection, *, weights: str) -> None:
    """Make `groups` from `records`, `record_nodes` and `clusters`.

    Nodes become records again, and records without a node stand alone.

    Args:
        connection: holds these tables.
        weights: query for node and match_weight.
    """
    nodes = columns_of(
        connection.sql(
            f"""select node, {
                ", ".join(
                    f"cast({threshold} as integer) as {threshold}" for threshold in THRESHOLDS
                )
            }, first from clusters """
            "inner join (select node, min(record) as first from record_nodes group by node) "
            "using (node)"
        )
    )
    alone = columns_of(connection.sql(f"select record from records where not ({IS_PERSON})"))[
        "record"
    ].to_numpy()
    first = nodes["first"].to_numpy()
    of_nodes, of_alone = {"node": nodes["node"].to_numpy()}, {"record": alone}
    for threshold in THRESHOLDS:
        of_nodes[threshold], of_alone[threshold] = _numbered(
            nodes[threshold].to_numpy(), first, alone
        )
    connection.register("of_nodes", of_nodes)
    connection.register("of_alone", of_alone)
    connection.execute(
        f"""
        create or replace temp table groups as
        with weights as ({weights})

        select record_nodes.record,
            {", ".join(f"of_nodes.{threshold}" for threshold in THRESHOLDS)}, weights.match_weight
        from record_nodes
        inner join of_nodes using (node)
        left join weights using (node)
        union all
        select record, {", ".join(THRESHOLDS)}, null from of_alone
        """
    )
    for name in ("of_nodes", "of_alone"):
        connection.unregister(name)


def _numbered(label: Ints, first: Ints, alone: Ints) -> tuple[Ints, Ints]:
    """The number of the cluster of each node, and of each record that stands alone.

    Args:
        label: of each node, a whole number, equal where nodes are of one cluster.
        first: the smallest record of each node.
        alone: records of no node.
    """
    of_label = np.full(int(label.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(of_label, label, first)
    is_used = of_label < np.iinfo(np.int64).max
    firsts = np.concatenate([of_label[is_used], alone])
    number = np.empty(len(firsts), dtype=np.int32)
    number[np.argsort(firsts)] = np.arange(len(firsts), dtype=np.int32)
    del firsts
    known = np.count_nonzero(is_used)
    of_used = np.empty(len(of_label), dtype=np.int32)
    of_used[is_used] = number[:known]
    return of_used[label], number[known:]


def load_labelled(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `groups` from table `labelled` (record, high, medium, low); its labels may be anything.

    Delivered links have no weights.
    """
    for threshold in THRESHOLDS:
        connection.execute(
            f"create or replace temp table numbered_{threshold} as select {threshold}, "
            "cast(row_number() over (order by min(record)) - 1 as integer) as number "
            f"from labelled group by {threshold}"
        )
    numbers = ", ".join(f"numbered_{threshold}.number as {threshold}" for threshold in THRESHOLDS)
    joins = " ".join(
        f"inner join numbered_{threshold} using ({threshold})" for threshold in THRESHOLDS
    )
    connection.execute(
        "create or replace temp table groups as "
        f"select record, {numbers}, cast(null as double) as match_weight from labelled {joins}"
    )
    for threshold in THRESHOLDS:
        connection.execute(f"drop table numbered_{threshold}")
    connection.execute("drop table labelled")
