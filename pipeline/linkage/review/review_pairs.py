"""What is kept of the pairs most worth clerical review, for a restricted folder.

It is gathered while the identifiers are at hand.

Belongs here: the two sides of a pair, its evidence, the files. Does not belong here: which pairs
(pair_selection), showing them and reading decisions back (`pipeline.clerical_review.review_pack`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.errors import LinkageError
from pipeline.linkage.database import fetch_number
from pipeline.linkage.prepare.identity_tables import RECORD
from pipeline.linkage.review.pair_evidence import load_evidence
from pipeline.linkage.review.pair_selection import CONFLICTS, KINDS, load_chosen
from pipeline.linkage.scoring.model import DECIDED, Model
from pipeline.storage import quote_literal

MAX_KEPT = 500
"""Pairs kept for one review."""
MAX_SHOWN = 8
"""Sets of identifiers shown of one side, the most frequent ones."""
TOLERANCE = 1e-5
"""Within which the evidence of a pair adds up to its weight."""

SHOWN = (
    "forename",
    "middle_names",
    "surname",
    "aliases",
    "birth",
    "died",
    "sex",
    "pncs",
    "cros",
    "days",
)
"""Columns of a node that a clerk sees; the others follow from them."""
SHOWN_OF_RECORDS = {
    "postcodes": "postcode",
    "prison_numbers": "prison_number",
    "crns": "crn",
    "asns": "asn",
}
"""What a node knows as hashes alone -> column of its records that says it in full."""

SIDES = {"l": "a", "r": "b"}
"""The sides of a pair of nodes -> as a clerk knows them."""

FILES = {
    "pairs": "select * exclude (node_l, node_r) from review_pairs order by pair",
    "members": "select * from review_members order by pair, side, place",
    "evidence": "select review_pairs.pair, evidence.* exclude (node_l, node_r) from evidence "
    "inner join review_pairs using (node_l, node_r) order by pair, place",
}
"""Files of the restricted folder, with the query that gives their rows in order."""


def load_review_pairs(
    connection: duckdb.DuckDBPyConnection, model: Model, *, records: int, most: int = MAX_KEPT
) -> int:
    """Choose the pairs; makes tables `review_pairs`, `review_members` and `evidence`.

    `review_pairs`: pair (1 is worth most), kind and its question, is_linked (today), the two
    records with the number of records on their side, moved, chance, effect, match_weight, and the
    thresholds. `review_members`: for either side of a pair, the node that is compared (place 0) and
    others of that side, the largest first. `evidence`: see `pair_evidence.load_evidence`.

    Args:
        connection: holds `records`, `record_nodes`, and what `pair_selection.load_chosen` needs.
        model: gives the weights.
        records: number of source records, from which the prior follows.
        most: pairs at most.

    Returns:
        The number of pairs.

    Raises:
        LinkageError: the evidence of a scored pair does not add up to its weight.
    """
    load_chosen(connection, model, most=most)
    connection.execute(_BESIDE)
    connection.execute(
        "create or replace temp table shown_nodes as "
        "select * from nodes where node in (select node from beside)"
    )
    load_evidence(connection, model, pairs="chosen", nodes="shown_nodes", records=records)
    _require_sum(connection)
    connection.execute(_review_pairs(model))
    connection.execute(_review_members())
    return fetch_number(connection, "select count(*) from review_pairs")


def write_review_pairs(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the chosen pairs, their sides and their evidence to a folder.

    Its owner alone can read it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    for name, query in FILES.items():
        target = folder / f"{name}.parquet"
        connection.execute(
            f"copy ({query}) to {quote_literal(target)} (format parquet, compression zstd)"
        )
        target.chmod(0o600)


def _require_sum(connection: duckdb.DuckDBPyConnection) -> None:
    """Check that the weights that a clerk sees are those that linked.

    The evidence of a scored pair must add up to its match weight.
    """
    wrong = fetch_number(
        connection,
        f"""
        select count(*)
        from (select node_l, node_r, sum(weight + rarity) as total
            from evidence group by node_l, node_r) as sums
        inner join edges using (node_l, node_r)
        where abs(sums.total - edges.match_weight) > {TOLERANCE} and edges.match_weight < {DECIDED}
        """,
    )
    if wrong:
        raise LinkageError(
            f"the evidence of {wrong} pairs for review does not add up to their weights: "
            "pair_evidence.py and score_pairs.py differ"
        )


def _review_pairs(model: Model) -> str:
    questions = " ".join(f"when '{kind}' then '{text}'" for kind, text in KINDS.items())
    thresholds = ", ".join(
        f"cast({weight} as double) as threshold_{name}" for name, weight in model.thresholds.items()
    )
    names = ", ".join(
        f"{side}.source_dataset as source_dataset_{letter}, {side}.{RECORD} as record_id_{letter}, "
        f"cast(chosen.records_{side} as bigint) as records_{letter}"
        for side, letter in SIDES.items()
    )
    return f"""
        create or replace temp table review_pairs as
        with first_records as (
            select node, min(record) as record from record_nodes
                where node in (select node from beside where place = 0) group by node
        )

        select chosen.pair, chosen.node_l, chosen.node_r, chosen.kind,
            case chosen.kind {questions} end as question, chosen.is_linked, {names},
            cast(chosen.moved as bigint) as moved, round(chosen.chance, 6) as chance,
                round(chosen.effect, 6) as effect,
            round(sums.match_weight, 6) as match_weight, {thresholds}
        from chosen
        inner join (select node_l, node_r, sum(weight + rarity) as match_weight
            from evidence group by node_l, node_r) as sums
            using (node_l, node_r)
        inner join first_records as first_l on first_l.node = chosen.node_l
        inner join first_records as first_r on first_r.node = chosen.node_r
        inner join records as l on l.record = first_l.record
        inner join records as r on r.record = first_r.record
    """


_COMPARED = " union all ".join(
    f"select pair, kind, is_linked, node_{side} as node, '{letter}' as side from chosen"
    for side, letter in SIDES.items()
)

_BESIDE = f"""
create or replace temp table beside as
with compared as ({_COMPARED}),

own as (
    select compared.*, clusters.medium, clusters.high
        from compared inner join clusters on clusters.node = compared.node
)

select own.pair, own.kind, own.side, own.node as compared_node, clusters.node,
    cast(clusters.node <> own.node as integer) as place
from clusters
inner join own on own.medium = clusters.medium
where not own.is_linked or own.kind <> 'bridge' or clusters.high = own.high
"""
"""The nodes of either side: of two people, all of either; of one person, those of its part.

Place 0 is the one that is compared.
"""


def _review_members() -> str:
    """The statement that makes `review_members`: the nodes of either side with what a clerk sees.

    Where the records of one person contradict each other, these are the nodes that share the value
    in question.
    """
    same_value = " ".join(
        f"when '{kind}' then member.{value} = compared.{value}"
        for kind, (value, _) in CONFLICTS.items()
    )
    recorded = ", ".join(
        f"coalesce(list_sort(list_distinct(list({column}) filter ({column} is not null))), []) "
        f"as {name}"
        for name, column in SHOWN_OF_RECORDS.items()
    )
    return f"""
        create or replace temp table review_members as
        with placed as (
            select beside.pair, beside.side, member.*,
                row_number() over (partition by beside.pair, beside.side
                    order by beside.place, member.size desc, member.node) - 1 as place
            from beside
            inner join shown_nodes as member on member.node = beside.node
            inner join shown_nodes as compared on compared.node = beside.compared_node
            where case beside.kind {same_value} else true end
            qualify place < {MAX_SHOWN}
        ),

        recorded as (
            select record_nodes.node, {recorded}
            from record_nodes
            inner join records using (record)
            where record_nodes.node in (select node from placed)
            group by record_nodes.node
        ),

        sources as (
            select node,
                string_agg(source_dataset || ' ' || records, ', '
                    order by source_dataset) as sources
            from (
                select members.node, records.source_dataset, count(*) as records
                from (select node, record from record_nodes
                    where node in (select node from placed)) as members
                inner join records on records.record = members.record
                group by all
            )
            group by node
        )

        select placed.pair, placed.side, placed.place, cast(placed.size as bigint) as records,
            sources.sources,
            {
        ", ".join(
            [f"placed.{column}" for column in SHOWN]
            + [f"recorded.{column}" for column in SHOWN_OF_RECORDS]
        )
    }
        from placed
        inner join sources using (node)
        inner join recorded using (node)
    """
