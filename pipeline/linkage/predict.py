"""Scoring: which pairs of nodes are how surely one person.

Belongs here: running a trained model over nodes with Splink. Does not belong here: making nodes (collapse), groups (clusters).
"""

from __future__ import annotations

import duckdb

from pipeline.linkage import collapse
from pipeline.linkage.collapse import NUMBERS
from pipeline.linkage.model import Model
from pipeline.linkage.rules import BLOCKING_RULES, COMPARISONS, BlockingRule
from pipeline.linkage.splink_quiet import discreetly, linker

FREQUENCIES = tuple(level.frequency for comparison in COMPARISONS for level in comparison.levels if level.frequency)
PAIRS_A_CHUNK = 20_000_000
"""Pairs scored at a time, so that memory does not grow with the nation."""


def load_edges(connection: duckdb.DuckDBPyConnection, model: Model, *, records: int) -> int:
    """Make table `edges` (node_l, node_r, match_weight) from `nodes`: pairs from the loosest threshold up.

    Args:
        connection: holds `nodes`.
        model: gives the weights.
        records: number of source records, from which the prior follows.

    Returns:
        The number of pairs scored.
    """
    connection.execute("create or replace temp table edges (node_l bigint, node_r bigint, match_weight double)")
    pairs = discreetly("looking for pairs", lambda: _load_pairs(connection))
    if pairs:
        discreetly("scoring pairs", lambda: _score(connection, model, records=records, pairs=pairs))
    return pairs


def _load_pairs(connection: duckdb.DuckDBPyConnection) -> int:
    """Make table `candidates` (node_l, node_r): every pair that some blocking rule finds, once."""
    connection.execute("create or replace temp table candidates (node_l bigint, node_r bigint)")
    for rule in BLOCKING_RULES:
        connection.execute(f"insert into candidates {pairs_of(rule)}")
    connection.execute("create or replace temp table candidates as select distinct node_l, node_r from candidates")
    return int((connection.execute("select count(*) from candidates").fetchone() or (0,))[0])


def pairs_of(rule: BlockingRule, nodes: str = "nodes") -> str:
    """The query that gives the pairs (node_l, node_r) of a rule, the smaller node left."""
    if rule.explodes:
        others = ", ".join(f"unnest({column}) as {column}" for column in rule.explodes)
        nodes = f"(select * replace ({others}) from {nodes})"
    both = f"{nodes} as l inner join {nodes} as r on {rule.sql}"
    return f"select distinct l.node as node_l, r.node as node_r from {both} where l.node < r.node"


def _score(connection: duckdb.DuckDBPyConnection, model: Model, *, records: int, pairs: int) -> None:
    """Score candidates chunk by chunk; a chunk holds whole pairs by their left node."""
    chunks = pairs // PAIRS_A_CHUNK + 1
    tables = {column: collapse.load_frequencies(connection, column) for column in FREQUENCIES}
    for chunk in range(chunks):
        connection.execute(
            f"""
            create or replace temp table chunk as
            select cast('0' as varchar) as match_key, node_l as join_key_l, node_r as join_key_r
            from candidates
            where node_l % {chunks} = {chunk}
            """
        )
        splink = linker(connection, "nodes", model.settings(records))
        for column, table in tables.items():
            splink.table_management.register_term_frequency_lookup(splink._db_api.register(table), column)
        splink.table_management.register_blocked_pairs_for_predict(splink._db_api.register("chunk"))
        scored = splink.inference.predict(threshold_match_weight=model.thresholds["low"], warning_mode="never")
        connection.execute(f"insert into edges select node_l, node_r, match_weight from {scored.physical_name}")
        scored.drop_table_from_database_and_remove_from_cache()
    connection.execute("drop table chunk")
    connection.execute("drop table candidates")


def weights_query(model: Model, count: int) -> str:
    """Query for record and match_weight: how strongly a record hangs on its person, null when it stands alone.

    That is its strongest pair within the person; for records that are equal to another, at least the weight of full agreement.
    """
    agreed = {"name": "full_name", "birth": "birth", "postcode": "postcode", "middle_name": "middle_names"}
    known = [f"case when {column} is not null then {model.weight(name, 'same')} else 0 end" for name, column in agreed.items()]
    has_number = f"coalesce({', '.join(NUMBERS)}) is not null"
    known.append(f"case when {has_number} then {model.weight('police_number', 'same')} else 0 end")
    return f"""
        with pairs as (
            select node_l as node, node_r as other, match_weight from edges
            union all
            select node_r as node, node_l as other, match_weight from edges
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
