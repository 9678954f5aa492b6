"""Which tables `identity/` has, and which rows of one belong to which record of another.

Belongs here: finding tables, their columns, the number of a record. Does not belong here:
standardising what they hold (load_records).

No source is named: a table with `source_record_id` holds records of people; any other table hands
its days to the records that it reaches through a pseudonym column of the same name, step by step
(an event to its offender, a release to the event of its custody).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.linkage.database import scan_parquet

IDENTIFIERS = (
    "forename",
    "middle_names",
    "surname",
    "aliases",
    "date_of_birth",
    "postcode",
    "foreign_postcode",
    "pnc",
    "cro",
    "prison_number",
    "crn",
    "asn",
    "sex",
    "own_group",
)
NO_SHARED_DAYS = ("date_of_birth", "deceased_date")
"""Days that say nothing about where somebody was."""
RECORD = "source_record_id"
LOOKUPS = "linking"
"""Folder of links that were delivered; holds no records."""


@dataclass(frozen=True)
class IdentityTable:
    """One file of the identity side."""

    source: str
    path: Path
    columns: dict[str, str]
    """Name and DuckDB type, in file order."""

    @property
    def days(self) -> list[str]:
        """Columns with days that both sides of a link may share."""
        return [
            name
            for name, kind in self.columns.items()
            if kind == "DATE" and name not in NO_SHARED_DAYS
        ]

    @property
    def pseudonyms(self) -> list[str]:
        """Columns by which tables of one source reach each other."""
        reserved = {*IDENTIFIERS, "case_number", "source_dataset", RECORD}
        texts = [
            name
            for name, kind in self.columns.items()
            if kind == "VARCHAR" and name not in reserved
        ]
        return [name for name in texts if name.endswith(("_id", "_hash"))]


def list_identity_tables(
    connection: duckdb.DuckDBPyConnection, identity: Path
) -> list[IdentityTable]:
    """Every identity table of every source, in the order of names; lookups left out."""
    found = []
    for path in sorted(identity.glob("*/*.parquet")):
        if path.parent.name != LOOKUPS:
            described = connection.execute(
                f"describe select * from {scan_parquet(path)}"
            ).fetchall()
            found.append(
                IdentityTable(path.parent.name, path, {row[0]: row[1] for row in described})
            )
    return found


def number_of(source: str) -> str:
    """SQL expression of a record's number.

    It has 63 bits, so two records of a nation share one about once in a hundred thousand runs.
    DuckDB's `md5_number_upper` gives such a number, too, and takes four times as long.
    """
    return f"cast(md5_number('{source}/' || {RECORD}) >> 65 as bigint)"


def own_days(table: IdentityTable) -> str:
    """Days in a row of the table itself."""
    known = ", ".join(f"real_day({day})" for day in table.days)
    return f"list_filter([{known}], lambda day: day is not null)" if known else "cast([] as date[])"


def query_source_rows(
    connection: duckdb.DuckDBPyConnection, source_tables: list[IdentityTable]
) -> Iterator[tuple[IdentityTable, str]]:
    """Tables of a source, each with the FROM item of its rows and the record of each row.

    The items can be read until the last one was taken. They join temporary tables that say which
    record a pseudonym stands for, so that no table joins all those above it again.
    """
    found = [
        (table, scan_parquet(table.path)) for table in source_tables if RECORD in table.columns
    ]
    waiting = [table for table in source_tables if RECORD not in table.columns]
    done = 0
    while done < len(found):
        parent, rows = found[done]
        yield parent, rows
        done += 1
        for table in list(waiting):
            shared = [name for name in table.pseudonyms if name in parent.pseudonyms]
            if shared:
                waiting.remove(table)
                by = shared[0]
                owners = f"owners_{len(found)}"
                connection.execute(
                    f"create or replace temp table {owners} as "
                    f"select {by}, min({RECORD}) as {RECORD} from {rows} "
                    f"where {by} is not null group by {by}"
                )
                owned = (
                    f"select child.*, owner.{RECORD} from {scan_parquet(table.path)} as child "
                    f"inner join {owners} as owner using ({by})"
                )
                found.append((table, f"({owned})"))
    for place in range(1, len(found)):
        connection.execute(f"drop table if exists owners_{place}")
