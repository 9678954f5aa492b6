"""What each comparison says of a pair: level, match weight and term frequency adjustment.

The weight is that of the level; the adjustment is what the rarity of the value adds.

Belongs here: the weights of few pairs, one by one, for people to look at. Does not belong here:
scoring many (score_pairs), the rules (comparisons). The weights of a pair add up to its match
weight, which `review_pairs` checks against the score.
"""

from __future__ import annotations

from math import log2

import duckdb

from pipeline.linkage.scoring.comparisons import COMPARISONS, OTHER, Comparison, sides_of
from pipeline.linkage.scoring.model import Model
from pipeline.linkage.scoring.score_pairs import express_common_frequency

PRIOR = "prior"
"""Stands where a comparison's name does: the weight before anything is compared."""


def load_evidence(
    connection: duckdb.DuckDBPyConnection, model: Model, *, pairs: str, nodes: str, records: int
) -> None:
    """Make table `evidence` for the pairs of a table: what each comparison says of each pair.

    Columns: node_l, node_r, place, comparison, level, weight, rarity. Level is null where one side
    has no value, and at place 0, which holds the prior.

    Args:
        connection: holds the tables.
        model: gives the weights.
        pairs: table with node_l and node_r, each pair once.
        nodes: table of nodes, those of the pairs at least.
        records: number of source records, from which the prior follows.
    """
    compared = " union all ".join(
        _compared(comparison, place, model) for place, comparison in enumerate(COMPARISONS, start=1)
    )
    connection.execute(
        f"""
        create or replace temp table evidence as
        with sides as ({sides_of(pairs, nodes)})

        select node_l, node_r, 0 as place, '{PRIOR}' as comparison, cast(null as varchar) as level,
            cast({model.prior_weight(records)} as double) as weight, cast(0 as double) as rarity
        from sides
        union all
        {compared}
        order by node_l, node_r, place
        """
    )


def _compared(comparison: Comparison, place: int, model: Model) -> str:
    met = " ".join(f"when {level.sql} then '{level.name}'" for level in comparison.levels)
    weights = " ".join(
        f"when '{level}' then {model.weight(comparison.name, level)}"
        for level in comparison.level_names
    )
    rarities = " ".join(
        f"when '{level.name}' then {log2(model.parameters[comparison.name][level.name]['u'])} "
        f"- log2({express_common_frequency(level.frequency)})"
        for level in comparison.levels
        if level.frequency
    )
    return f"""
        select node_l, node_r, {place}, '{comparison.name}', level,
            cast(case level {weights} else 0 end as double),
            cast({f"case level {rarities} else 0 end" if rarities else "0"} as double)
        from (
            select *, case when {comparison.unknown} then null {met} else '{OTHER}' end as level
                from sides
        )
    """
