"""Scoring: which pairs of nodes are how surely one person.

Belongs here: what a trained model says of pairs. Does not belong here: nodes (exact_dedupe), which
pairs (candidate_pairs), groups (clusters), training.

The weights are those that Splink trained and would give (a test holds the two against each other);
the query is our own, because it reads a node's columns where they lie (pair_batches), while
Splink's prediction copies the nation first.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import log2

import duckdb
import numpy as np

from pipeline.linkage.arrays.connected_components import place_numbers
from pipeline.linkage.database import columns_of, threads_of
from pipeline.linkage.scoring import candidate_pairs, signatures, weight_bounds
from pipeline.linkage.scoring import pair_batches as sides
from pipeline.linkage.scoring.blocking_rules import BLOCKING_RULES
from pipeline.linkage.scoring.comparisons import COMPARISONS, OTHER, Comparison
from pipeline.linkage.scoring.model import DECIDED, MIN_FREQUENCY, Model
from pipeline.linkage.splink_adapter import run_discreetly

FREQUENCY = {"full_name": "name_frequency"}
"""Column that a level is weighed by -> column of a node that holds how common its value is."""
MIN_WEIGHT = -6.0
"""Pairs below this weight (odds of 1 to 64) are forgotten; those between it and the loosest
threshold are kept as doubts.
"""
PAIRS_AT_ONCE = 4_000_000
"""Pairs of several parts whose nodes are held at once: fewer would read all nodes more often, more
would take more memory.
"""
NEEDED = frozenset({"node", *FREQUENCY.values()})
"""Columns of a node that weights need beside those that the rules read."""


def load_edges(connection: duckdb.DuckDBPyConnection, model: Model, *, records: int) -> int:
    """Make table `edges` (node_l, node_r, match_weight) from `nodes`: pairs from `MIN_WEIGHT` up.

    Nodes of one birth date are of one part, so most pairs are found and scored part by part, among
    nodes that fit into memory.

    Args:
        connection: holds `nodes`.
        model: gives the weights.
        records: number of source records, from which the prior follows.

    Returns:
        The number of pairs scored.
    """
    connection.execute(
        "create or replace table edges (node_l bigint, node_r bigint, match_weight double)"
    )
    candidate_pairs.make_crowded(connection)
    parts = [
        part
        for (part,) in connection.execute(
            "select distinct part from nodes order by part"
        ).fetchall()
    ]
    # Much of the work on a part is for one thread, so parts go side by side.
    with ThreadPoolExecutor(max_workers=threads_of(connection)) as pool:
        score = partial(_score_part, connection, model, records)
        near = run_discreetly(
            "scoring pairs of one birth date", lambda: list(pool.map(score, parts))
        )
    # Parts follow each other in the order of their nodes, so what they hold together is in order,
    # too.
    known = np.concatenate([np.empty(0, dtype=np.uint64), *near])
    return len(known) + run_discreetly(
        "scoring other pairs", lambda: _score_others(connection, model, records, known)
    )


def _score_part(
    connection: duckdb.DuckDBPyConnection, model: Model, records: int, part: int
) -> candidate_pairs.Pairs:
    """The pairs of a part whose nodes have one birth date, in order; adds their scores."""
    rules, nodes = (
        [rule for rule in BLOCKING_RULES if rule.is_of_one_birth],
        f"(from nodes where part = {part})",
    )
    with connection.cursor() as own:
        pairs = candidate_pairs.find_pairs(own, rules, nodes=nodes)
        _score(own, model, records, pairs, nodes, threads=1)
    return pairs


def _score_others(
    connection: duckdb.DuckDBPyConnection, model: Model, records: int, known: candidate_pairs.Pairs
) -> int:
    """Add the scores of all other pairs that are not known; gives their number."""
    rules = [rule for rule in BLOCKING_RULES if not rule.is_of_one_birth]
    pairs = candidate_pairs.drop_known_pairs(candidate_pairs.find_pairs(connection, rules), known)
    for first in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[first : first + PAIRS_AT_ONCE]
        connection.register(
            "ends", {"node": place_numbers(np.concatenate(candidate_pairs.split_pairs(some)))[0]}
        )
        _score(
            connection,
            model,
            records,
            some,
            "(from nodes semi join ends using (node))",
            threads=threads_of(connection),
        )
        connection.unregister("ends")
    return len(pairs)


def _score(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    records: int,
    pairs: candidate_pairs.Pairs,
    nodes: str,
    *,
    threads: int,
) -> None:
    """Add the scores of pairs, whose nodes are those of a FROM item, to `edges`."""
    held = columns_of(
        connection.sql(f"select {', '.join(sides.list_columns(NEEDED))} from {nodes}")
    )
    left, right = sides.rows_of(held, pairs)
    told = signatures.hints_of(held, threads)
    hopeful = weight_bounds.may_reach(MIN_WEIGHT, model, records, told, (left, right), threads)
    connection.register(
        "sides_of_pairs", sides.read_pair_batches(held, told, left[hopeful], right[hopeful])
    )
    # Two statements, for a filter would be pushed below the weight, even out of a materialized
    # query, and each weight worked out twice.
    connection.execute(
        f"create or replace temp table weighed as {query_scores('sides_of_pairs', model, records)}"
    )
    connection.unregister("sides_of_pairs")
    connection.execute(f"insert into edges from weighed where match_weight >= {MIN_WEIGHT}")
    connection.execute("drop table weighed")


def query_scores(sides: str, model: Model, records: int) -> str:
    """Query of node_l, node_r, match_weight.

    `sides` is a FROM item with the columns of both nodes of each pair.
    """
    weight = " + ".join(
        [
            express_double(model.prior_weight(records)),
            *(f"({weight_of(comparison, model)})" for comparison in COMPARISONS),
        ]
    )
    return f"select node_l, node_r, round({weight}, 6) as match_weight from {sides}"


def express_common_frequency(frequency: str) -> str:
    """Expression over the columns of two nodes: the term frequency of the value that they share.

    The value counts as no rarer than a model may hold it to be.
    """
    return (
        f"greatest({FREQUENCY[frequency]}_l, {FREQUENCY[frequency]}_r, {MIN_FREQUENCY[frequency]})"
    )


def weight_of(comparison: Comparison, model: Model) -> str:
    """Expression over the columns of two nodes: the match weight of one piece of evidence."""
    levels = []
    for level in comparison.levels:
        weight = express_double(model.weight(comparison.name, level.name))
        if level.frequency:
            weight = (
                f"{express_double(log2(model.parameters[comparison.name][level.name]['m']))} "
                f"- log2({express_common_frequency(level.frequency)})"
            )
        levels.append(f"when {level.sql} then {weight}")
    other = express_double(model.weight(comparison.name, OTHER))
    unknown = f"when {comparison.unknown} then {express_double(0)}"
    return f"case {unknown} {' '.join(levels)} else {other} end"


def express_double(number: float) -> str:
    """A number in SQL, as a double.

    A plain number with a point would be a decimal, whose sums are slow and overflow.
    """
    return f"cast({number} as double)"


def weights_query(model: Model, count: int) -> str:
    """Query of node and match_weight: how strongly a node's records are linked to their person.

    The weight is that of the node's strongest pair within the person. For a node of several
    records, it is at least what its name, birth date, postcode and police number weigh. A node of
    one record that stands alone has no row.
    """
    agreed = {"name": "full_name", "birth": "birth"}
    known = [
        f"case when {column} is not null then {model.weight(name, 'same')} else 0 end"
        for name, column in agreed.items()
    ]
    known.append(f"case when len(postcodes) > 0 then {model.weight('postcode', 'same')} else 0 end")
    known.append(
        f"case when len(police_numbers) > 0 then {model.weight('police_number', 'same')} else 0 end"
    )
    return (
        f"""
        with pairs as (
            select node_l as node, node_r as other, match_weight """
        f"""from edges where match_weight < {DECIDED}
            union all
            select node_r as node, node_l as other, match_weight """
        f"""from edges where match_weight < {DECIDED}
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
            select node, """
        f"""round({model.prior_weight(count)} + {" + ".join(known)}, 6) as match_weight """
        """from nodes where size > 1
        )

        select node, greatest(round(strongest.match_weight, 6), equal.match_weight) as match_weight
        from strongest
        full join equal using (node)
    """
    )
