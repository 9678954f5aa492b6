"""Blocking measured rule by rule, as the table of the model card shows it.

`journeys model blocking IDENTITY [--truth TRUTH]` prints it.

Belongs here: what each rule finds, what only it finds, how far all of them reach. Does not belong
here: the rules (blocking_rules), sizes of blocks (candidate_pairs), looking for pairs in a run
(score_pairs).

The truth is that of `measure_model`: source_dataset, source_record_id, true_person_id.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb
import polars as pl

from pipeline.linkage.arrays.connected_components import label_components
from pipeline.linkage.database import open_linkage_database, scan_parquet
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.prepare import load_records
from pipeline.linkage.prepare.identity_tables import RECORD
from pipeline.linkage.scoring.blocking_rules import BLOCKING_RULES, BlockingRule
from pipeline.linkage.scoring.candidate_pairs import (
    count_block_sizes,
    find_pairs,
    make_crowded,
    split_pairs,
)
from pipeline.settings import Settings

EVERY = "every rule"
"""Name of the row that counts each pair once."""


def measure_rules(
    connection: duckdb.DuckDBPyConnection,
    truth: Path | None = None,
    rules: Sequence[BlockingRule] = BLOCKING_RULES,
) -> pl.DataFrame:
    """One row for all rules together, then one a rule: what it finds, and what no other rule finds.

    Args:
        connection: holds `records`, `record_nodes` and `nodes`; every pair is made, so give it a
            collection of modest size.
        truth: Parquet file that says whose each record is.
        rules: the rules.

    Returns:
        rule, pairs, own_pairs (that no other rule finds), seconds. With a truth also true_pairs and
        own_true_pairs (pairs of nodes of one person), true_share and own_true_share (the same in
        pairs of records, as shares of all that there are in different nodes), reach (of
        all rules: that share when records that hang together by true pairs count as well, the most
        that linkage can find) and reach_lost (what would be gone of it without the rule).
    """
    seconds = _load_found(connection, rules)
    _load_whose(connection, truth)
    connection.execute(_PAIRS)
    counted = connection.execute(_BY_RULES).pl()
    told = [_told(counted, EVERY, None, sum(seconds))]
    told += [_told(counted, rule.name, place, seconds[place]) for place, rule in enumerate(rules)]
    frame = pl.DataFrame(told)
    if truth:
        frame = _with_shares(frame, connection, len(rules))
    for table in ("found", "whose", "pairs"):
        connection.execute(f"drop table {table}")
    return frame if truth else frame.select("rule", "pairs", "own_pairs", "seconds")


def _load_found(
    connection: duckdb.DuckDBPyConnection, rules: Sequence[BlockingRule]
) -> list[float]:
    """Make table `found` (rule, node_l, node_r) and give the seconds that each rule took."""
    connection.execute(
        "create or replace temp table found (rule utinyint, node_l bigint, node_r bigint)"
    )
    seconds = []
    make_crowded(connection)
    for place, rule in enumerate(rules):
        began = time.perf_counter()
        node_l, node_r = split_pairs(find_pairs(connection, [rule]))
        connection.register("of_rule", {"node_l": node_l, "node_r": node_r})
        connection.execute(f"insert into found select {place}, node_l, node_r from of_rule")
        connection.unregister("of_rule")
        seconds.append(time.perf_counter() - began)
    return seconds


def _load_whose(connection: duckdb.DuckDBPyConnection, truth: Path | None) -> None:
    """Make table `whose` (node, person, records): the person of most records of each node.

    Where two persons have as many, it is the smaller one.
    """
    nobody = (
        f"select source_dataset, {RECORD}, cast(null as varchar) as true_person_id "
        "from records limit 0"
    )
    rows = f"select * from {scan_parquet(truth)}" if truth else nobody
    connection.execute(
        f"""
        create or replace temp table whose as
        select record_nodes.node, truth.true_person_id as person, count(*) as records
        from record_nodes
        inner join records using (record)
        inner join ({rows}) as truth using (source_dataset, {RECORD})
        group by record_nodes.node, truth.true_person_id
        qualify row_number() over (partition by record_nodes.node """
        """order by count(*) desc, truth.true_person_id) = 1
        """
    )


_PAIRS = """
create or replace temp table pairs as
with once as (
    select node_l, node_r, bit_or(cast(1 as bigint) << rule) as rules
    from found
    group by node_l, node_r
)

select
    once.node_l,
    once.node_r,
    once.rules,
    case when l.person = r.person then l.records * r.records else 0 end as record_pairs
from once
left join whose as l on l.node = once.node_l
left join whose as r on r.node = once.node_r
"""

_BY_RULES = """
select
    rules,
    count(*) as pairs,
    count(*) filter (record_pairs > 0) as true_pairs,
    cast(sum(record_pairs) as bigint) as record_pairs
from pairs
group by rules
order by rules
"""


def _told(counted: pl.DataFrame, name: str, place: int | None, seconds: float) -> dict[str, object]:
    """Counts of a rule, or of all of them, from the counts by set of rules."""
    mine = counted if place is None else counted.filter(pl.col("rules") & (1 << place) != 0)
    own = counted if place is None else counted.filter(pl.col("rules") == 1 << place)
    counts = {
        f"{whose}{count}": int(part[count].sum())
        for count in counted.columns[1:]
        for whose, part in (("", mine), ("own_", own))
    }
    return {"rule": name, **counts, "seconds": seconds}


def _with_shares(
    told: pl.DataFrame, connection: duckdb.DuckDBPyConnection, rules: int
) -> pl.DataFrame:
    """Counts of record pairs as shares, and how far the rules reach together."""
    whose = connection.execute("select node, person, records from whose order by node").pl()
    true = connection.execute(
        "select node_l, node_r, rules from pairs where record_pairs > 0 order by node_l, node_r"
    ).pl()
    existing = _record_pairs(whose, "person")
    reached = _reached(whose, true)
    left = [_reached(whose, true.filter(pl.col("rules") != 1 << place)) for place in range(rules)]
    shares = {
        name: pl.col(count) / existing
        for name, count in (("true_share", "record_pairs"), ("own_true_share", "own_record_pairs"))
    }
    return told.with_columns(
        **shares,
        reach=pl.Series([reached / existing, *[None] * rules], dtype=pl.Float64),
        reach_lost=pl.Series(
            [None, *((reached - without) / existing for without in left)], dtype=pl.Float64
        ),
    ).drop("record_pairs", "own_record_pairs")


def _reached(whose: pl.DataFrame, true: pl.DataFrame) -> int:
    """Record pairs of nodes that hang together by these pairs."""
    left, right = (
        whose["node"].search_sorted(true[side]).to_numpy() for side in ("node_l", "node_r")
    )
    return _record_pairs(
        whose.with_columns(group=pl.Series(label_components(left, right, whose.height))), "group"
    )


def _record_pairs(whose: pl.DataFrame, group: str) -> int:
    """Pairs of records in one group but in two nodes."""
    of_group = pl.col("records").sum() ** 2 - (pl.col("records") ** 2).sum()
    return int(whose.group_by(group).agg(pairs=of_group)["pairs"].sum()) // 2


def format_table(rows: pl.DataFrame) -> str:
    """The rows as a Markdown table: counts in full, shares with five places, seconds with two."""
    places = {
        name: 2 if name.startswith("seconds") else 5
        for name, kind in rows.schema.items()
        if kind.is_float()
    }
    lines = [f"| {' | '.join(rows.columns)} |", "|---" * len(rows.columns) + "|"]
    for row in rows.iter_rows(named=True):
        cells = (
            "" if value is None else f"{value:.{places[name]}f}" if name in places else str(value)
            for name, value in row.items()
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def report_blocking(
    identity: Path, *, settings: Settings, truth: Path | None, sizes_only: bool
) -> str:
    """What each blocking rule makes of a collection, as tables in Markdown without a value of it.

    Args:
        identity: folder with `<source>/<table>.parquet`.
        settings: threads and memory.
        truth: Parquet file that says whose each record is; without it no share of true pairs.
        sizes_only: count blocks and make no pair, for a collection of any size.
    """
    with (
        tempfile.TemporaryDirectory(prefix="journeys-blocking-") as spill,
        open_linkage_database(
            Path(spill), threads=settings.threads, memory=settings.memory
        ) as connection,
    ):
        load_records.load_records(connection, identity)
        exact_dedupe.load_nodes(connection)
        parts = [format_table(count_block_sizes(connection))]
        if not sizes_only:
            parts.append(format_table(measure_rules(connection, truth)))
    return "\n\n".join(parts)
