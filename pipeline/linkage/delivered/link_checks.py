"""Whether delivered links fit the records they came with.

Counted are links to no record, records without a link, and links that contradict each other.

Belongs here: counts over `identity/linking/` and the records beside it. Does not belong here: what
a link alone must be (data_contracts), and what is made of the links (load_links).

A link that fits no record is kept out of the lookups and counted here. A lookup may well know more
than one delivery holds, and lack a record or two, so these warn; clusters that are not nested make
the three thresholds contradict each other, so that blocks. That a record stands in two clusters
breaks the key of `person_links`, and its contract blocks it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb

from data_contracts.rules import Severity
from pipeline.landing.row_ledger import RuleCount
from pipeline.linkage.database import fetch_number, scan_parquet
from pipeline.linkage.delivered.load_links import (
    LEVELS,
    court_records,
    find_lookup,
    has_rows,
    person_links,
    query_named_records,
)
from pipeline.linkage.prepare.identity_tables import LOOKUPS

ORPHAN = "names no record of the delivery: the link is left out"
NO_RECORD = "names not one record of the delivery"
UNLINKED = "records without a link: each stands alone"
NOT_NESTED = "lies in more than one {}: the thresholds contradict each other"
TWO_MAGISTRATES = "is linked to more than one magistrates' case"
TWO_CROWN = "is linked to more than one Crown Court case"
SIDES = {
    "mc_": ("mc_case_id, mc_defendant_id", TWO_CROWN),
    "cc_": ("cc_defendant_on_case_id", TWO_MAGISTRATES),
}


def count_broken_rules(
    connection: duckdb.DuckDBPyConnection, identity: Path
) -> tuple[RuleCount, ...]:
    """Every rule on delivered links with what it found; none where no links were delivered."""
    found: list[RuleCount] = []
    if has_rows(connection, identity, "person_links"):
        found += _person_links(connection, identity)
    if has_rows(connection, identity, "case_links"):
        found += _case_links(connection, identity)
    return tuple(found)


def _person_links(connection: duckdb.DuckDBPyConnection, identity: Path) -> Iterator[RuleCount]:
    connection.execute(f"create or replace temp view delivered_links as {person_links(identity)}")
    connection.execute(
        f"create or replace temp view named_records as {query_named_records(connection, identity)}"
    )
    links = fetch_number(connection, "select count(*) from delivered_links")
    count = partial(_count, table="person_links", checked=links)
    orphans = fetch_number(
        connection,
        "select count(*) from delivered_links "
        "anti join named_records using (source_dataset, lookup_id)",
    )
    yield count("person_id", ORPHAN, orphans)
    yield count("person_id", NO_RECORD, links if orphans == links else 0, severity="block")
    records = connection.execute(
        "select source_dataset, count(*), count(*) filter (where not is_linked) "
        "from (select named_records.source_dataset, "
        "exists (select 1 from delivered_links "
        "where delivered_links.source_dataset = named_records.source_dataset "
        "and delivered_links.lookup_id = named_records.lookup_id) as is_linked "
        "from named_records) "
        "group by 1 order by 1"
    ).fetchall()
    for source, there, alone in records:
        yield count(source, UNLINKED, alone, checked=there)
    for tight, loose in ((LEVELS["high"], LEVELS["medium"]), (LEVELS["medium"], LEVELS["low"])):
        torn = f"select {tight} from delivered_links group by 1 having count(distinct {loose}) > 1"
        rows = fetch_number(
            connection, f"select count(*) from delivered_links where {tight} in ({torn})"
        )
        yield count(tight, NOT_NESTED.format(loose), rows, severity="block")


def _case_links(connection: duckdb.DuckDBPyConnection, identity: Path) -> Iterator[RuleCount]:
    links = scan_parquet(find_lookup(identity, "case_links"))
    checked = fetch_number(connection, f"select count(*) from {links}")
    for side, (columns, twice) in SIDES.items():
        count = partial(_count, table="case_links", checked=checked)
        file, joined = court_records(side)
        records, on = scan_parquet(identity / file), joined.format(side="records")
        yield count(
            columns,
            ORPHAN,
            fetch_number(
                connection,
                f"select count(*) from {links} as links anti join {records} as records on {on}",
            ),
        )
        other = SIDES["cc_" if side == "mc_" else "mc_"][0]
        torn = f"select {columns} from {links} group by all having count(distinct ({other})) > 1"
        yield count(
            columns,
            twice,
            fetch_number(
                connection, f"select count(*) from {links} semi join ({torn}) using ({columns})"
            ),
        )
    file, joined = court_records("cc_")
    records, on = scan_parquet(identity / file), joined.format(side="records")
    there = fetch_number(connection, f"select count(*) from {records}")
    alone = fetch_number(
        connection, f"select count(*) from {records} as records anti join {links} as links on {on}"
    )
    yield _count("crown_court", UNLINKED, alone, table="case_links", checked=there)


def _count(
    column: str, rule: str, rows: int, *, table: str, checked: int, severity: Severity = "warn"
) -> RuleCount:
    return RuleCount(
        source=LOOKUPS,
        table_name=table,
        column_name=column,
        rule=rule,
        severity=severity,
        rows_failed=rows,
        rows_checked=checked,
    )
