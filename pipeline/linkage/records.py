"""Reading `identity/`: every source record once, its identifiers standardised, with the days and case numbers that belong to it.

Belongs here: finding tables, uniform columns, which other table's days belong to which record. Does not belong here: what a value's one
form is (standardise), comparing (rules).

No source is named: a table with `source_record_id` holds records of people; any other table hands its days to the records that it reaches
through a pseudonym column of the same name, step by step (an event to its offender, a release to the event of its custody).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.linkage import standardise

IDENTIFIERS = (
    "forename",
    "middle_names",
    "surname",
    "aliases",
    "date_of_birth",
    "postcode",
    "pnc",
    "cro",
    "prison_number",
    "crn",
    "asn",
)
RECORD = "source_record_id"
LOOKUPS = "linking"
"""Folder of links that were delivered; holds no records."""


class LinkageError(Exception):
    """Linkage cannot go on; the message holds no value of any record."""


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
        return [name for name, kind in self.columns.items() if kind == "DATE" and name != "date_of_birth"]

    @property
    def pseudonyms(self) -> list[str]:
        """Columns by which tables of one source reach each other."""
        reserved = {*IDENTIFIERS, "case_number", "source_dataset", RECORD}
        texts = [name for name, kind in self.columns.items() if kind == "VARCHAR" and name not in reserved]
        return [name for name in texts if name.endswith(("_id", "_hash"))]


@contextmanager
def database(spill: Path, *, threads: int, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory with stated limits, which spills into a private folder and knows the macros of `standardise`."""
    spill.mkdir(parents=True, exist_ok=True, mode=0o700)
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        standardise.register(connection)
        yield connection


def tables(connection: duckdb.DuckDBPyConnection, identity: Path) -> list[IdentityTable]:
    """Every identity table of every source, in the order of names; lookups left out."""
    found = []
    for path in sorted(identity.glob("*/*.parquet")):
        if path.parent.name != LOOKUPS:
            described = connection.execute(f"describe select * from {scan(path)}").fetchall()
            found.append(IdentityTable(path.parent.name, path, {row[0]: row[1] for row in described}))
    return found


def scan(path: Path) -> str:
    """The FROM item that reads a Parquet file."""
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def load(connection: duckdb.DuckDBPyConnection, identity: Path) -> int:
    """Make table `records`, one row a source record, and give their number.

    Columns: record (number in the order of source and source_record_id), source_dataset, source_record_id, forename, middle_names, surname,
    full_name, aliases, birth, postcode, outcode, pnc, cro, prison_number, crn, asn, days (shared days in order).

    Raises:
        LinkageError: there are no records, or a record is there twice.
    """
    found = tables(connection, identity)
    people = [table for table in found if RECORD in table.columns]
    if not people:
        raise LinkageError(f"no table with {RECORD} in {identity}: land a delivery first")
    connection.execute("create or replace temp table raw_records as " + " union all by name ".join(_raw(table) for table in people))
    _load_days(connection, found)
    connection.execute(f"create or replace temp table records as {_STANDARDISED}")
    connection.execute("drop table raw_records")
    connection.execute("drop table record_days")
    counts = f"select count(*), count(distinct (source_dataset, {RECORD})) from records"
    records, distinct = connection.execute(counts).fetchone() or (0, 0)
    if records != distinct:
        raise LinkageError(f"{records - distinct} source records are there more than once: the landing must give each one id")
    return int(records)


def _raw(table: IdentityTable) -> str:
    missing = {name: f"cast(null as {'date' if name == 'date_of_birth' else 'varchar'}) as {name}" for name in IDENTIFIERS}
    identifiers = [name if name in table.columns else missing[name] for name in IDENTIFIERS]
    return f"select '{table.source}' as source_dataset, {RECORD}, {', '.join(identifiers)} from {scan(table.path)}"


def _load_days(connection: duckdb.DuckDBPyConnection, found: list[IdentityTable]) -> None:
    """Make table `record_days`: source_dataset, source_record_id, day."""
    connection.execute(f"create or replace temp table record_days (source_dataset varchar, {RECORD} varchar, day date)")
    for source in sorted({table.source for table in found}):
        for table, reached in _reached([table for table in found if table.source == source]):
            for column in table.days:
                connection.execute(
                    f"insert into record_days select distinct '{source}', {RECORD}, real_day({column}) from {reached} "
                    f"where {RECORD} is not null and real_day({column}) is not null"
                )


def _reached(source_tables: list[IdentityTable]) -> Iterator[tuple[IdentityTable, str]]:
    """Tables of a source, each with the FROM item that gives its rows together with the record that they belong to."""
    reached = [(table, scan(table.path)) for table in source_tables if RECORD in table.columns]
    waiting = [table for table in source_tables if RECORD not in table.columns]
    done = 0
    while done < len(reached):
        parent, rows = reached[done]
        yield parent, rows
        done += 1
        for table in list(waiting):
            shared = [name for name in table.pseudonyms if name in parent.pseudonyms]
            if shared:
                waiting.remove(table)
                by = shared[0]
                owners = f"select {by}, min({RECORD}) as {RECORD} from {rows} where {by} is not null group by {by}"
                owned = f"select child.*, owner.{RECORD} from {scan(table.path)} as child inner join ({owners}) as owner using ({by})"
                reached.append((table, f"({owned})"))


_STANDARDISED = f"""
with named as (
    select
        source_dataset,
        {RECORD},
        given_names(forename) as given,
        given_names(middle_names) as middle,
        family_name(surname) as family,
        coalesce(alias_names(aliases), []) as aliases,
        real_day(date_of_birth) as birth,
        real_postcode(postcode) as postcode,
        real_pnc(pnc) as pnc,
        real_cro(cro) as cro,
        real_number(prison_number) as prison_number,
        real_number(crn) as crn,
        real_number(asn) as asn
    from raw_records
),

days as (
    select source_dataset, {RECORD}, list_sort(list_distinct(list(day))) as days
    from record_days
    group by source_dataset, {RECORD}
)

select
    row_number() over (order by source_dataset, {RECORD}) as record,
    source_dataset,
    {RECORD},
    first_token(given) as forename,
    first_token(long_tokens(concat_ws(' ', later_tokens(given), middle))) as middle_names,
    family as surname,
    first_token(given) || ' ' || family as full_name,
    aliases,
    birth,
    postcode,
    left(postcode, length(postcode) - 3) as outcode,
    pnc,
    cro,
    prison_number,
    crn,
    asn,
    coalesce(days, []) as days
from named
left join days using (source_dataset, {RECORD})
"""
