"""Scoring: which pairs of nodes are how surely one person.

Belongs here: what a trained model says of pairs. Does not belong here: nodes (collapse), which pairs (blocks), groups (clusters), training.

The weights are those that Splink trained and would give (a test holds the two against each other); the query is our own, because it reads
a node's columns where they lie, while Splink's prediction copies the nation first.
"""

from __future__ import annotations

from math import log2

import duckdb

from pipeline.linkage.blocks import load_blocks, pairs_query
from pipeline.linkage.clusters import DECIDED
from pipeline.linkage.model import LEAST_FREQUENCY, Model
from pipeline.linkage.rules import COMPARISONS, OTHER, Comparison, sides_of
from pipeline.linkage.splink_quiet import discreetly

FREQUENCY = {"full_name": "name_frequency"}
"""Column that a level is weighed by -> column of a node that holds how common its value is."""
LEAST_WEIGHT = -6.0
"""Pairs below this weight (odds of 1 to 64) are forgotten; those between it and the loosest threshold are kept as doubts."""
PAIRS_A_CHUNK = 4_000_000
"""Pairs scored at a time, so that memory does not grow with the nation."""


def load_edges(connection: duckdb.DuckDBPyConnection, model: Model, *, records: int) -> int:
    """Make table `edges` (node_l, node_r, match_weight) from `nodes`: pairs from `LEAST_WEIGHT` up.

    Args:
        connection: holds `nodes`.
        model: gives the weights.
        records: number of source records, from which the prior follows.

    Returns:
        The number of pairs scored.
    """
    connection.execute("create or replace table edges (node_l bigint, node_r bigint, match_weight double)")
    pairs = discreetly("looking for pairs", lambda: _load_pairs(connection))
    chunks = pairs // PAIRS_A_CHUNK + 1
    for chunk in range(chunks):
        connection.execute(f"create or replace temp table chunk as select node_l, node_r from pairs where node_l % {chunks} = {chunk}")
        discreetly("scoring pairs", lambda: connection.execute(f"insert into edges {scored('chunk', model, records)}"))
    connection.execute("drop table if exists chunk")
    connection.execute("drop table pairs")
    return pairs


def _load_pairs(connection: duckdb.DuckDBPyConnection) -> int:
    """Make table `pairs` (node_l, node_r): what some blocking rule brings together, once."""
    load_blocks(connection)
    connection.execute(f"create or replace table pairs as {pairs_query()}")
    connection.execute("drop table blocks")
    return int((connection.execute("select count(*) from pairs").fetchone() or (0,))[0])


def scored(pairs: str, model: Model, records: int, *, least: float = LEAST_WEIGHT) -> str:
    """Query of node_l, node_r, match_weight for the pairs of a table."""
    weights = " + ".join(f"({weight_of(comparison, model)})" for comparison in COMPARISONS)
    return f"""
        select node_l, node_r, round({model.prior_weight(records)} + {weights}, 6) as match_weight
        from ({sides_of(pairs)})
        where match_weight >= {least}
    """


def common(frequency: str) -> str:
    """Expression over the columns of two nodes that share a value: how common it is, and no rarer than a model may hold it to be."""
    return f"greatest({FREQUENCY[frequency]}_l, {FREQUENCY[frequency]}_r, {LEAST_FREQUENCY[frequency]})"


def weight_of(comparison: Comparison, model: Model) -> str:
    """Expression over the columns of two nodes: the match weight of one piece of evidence."""
    levels = []
    for level in comparison.levels:
        weight = str(model.weight(comparison.name, level.name))
        if level.frequency:
            weight = f"{log2(model.parameters[comparison.name][level.name]['m'])} - log2({common(level.frequency)})"
        levels.append(f"when {level.sql} then {weight}")
    return f"case when {comparison.unknown} then 0.0 {' '.join(levels)} else {model.weight(comparison.name, OTHER)} end"


def weights_query(model: Model, count: int) -> str:
    """Query for record and match_weight: how strongly a record hangs on its person, null when it stands alone.

    That is its strongest pair within the person; for records of a node that holds others, at least what its
    name, birth date and numbers weigh.
    """
    agreed = {"name": "full_name", "birth": "birth"}
    known = [f"case when {column} is not null then {model.weight(name, 'same')} else 0 end" for name, column in agreed.items()]
    known.append(f"case when len(postcodes) > 0 then {model.weight('postcode', 'same')} else 0 end")
    known.append(f"case when len(police_numbers) > 0 then {model.weight('police_number', 'same')} else 0 end")
    return f"""
        with pairs as (
            select node_l as node, node_r as other, match_weight from edges where match_weight < {DECIDED}
            union all
            select node_r as node, node_l as other, match_weight from edges where match_weight < {DECIDED}
        ),

        strongest as (
            select pairs.node, max(pairs.match_weight) as match_weight
            from pairs
            inner join clusters as mine on mine.node = pairs.node
            inner join clusters as theirs on theirs.node = pairs.other
            where mine.medium = theirs.medium
            group by pairs.node
        ),

        equal as (
            select node, round({model.prior_weight(count)} + {" + ".join(known)}, 6) as match_weight from nodes where size > 1
        )

        select record_nodes.record, greatest(round(strongest.match_weight, 6), equal.match_weight) as match_weight
        from record_nodes
        left join strongest using (node)
        left join equal using (node)
    """
