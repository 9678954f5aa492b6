"""Reading `identity/`: every source record once, its identifiers standardised, with the days and case numbers that belong to it.

Belongs here: finding tables, uniform columns, which other table's days belong to which record. Does not belong here: what a value's one
form is (standardise), comparing (rules).

No source is named: a table with `source_record_id` holds records of people; any other table hands its days to the records that it reaches
through a pseudonym column of the same name, step by step (an event to its offender, a release to the event of its custody).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from pipeline.linkage.database import empty_folder, number, scan
from pipeline.settings import literal

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
SPELT = {"sex": ("gender", "sex_code"), "own_group": ("offender_id",)}
"""Other names that sources give to an identifier. `own_group` is what a source itself takes for one person."""
SIGNS = {
    **dict.fromkeys(("postcode", "foreign_postcode", "prison_number", "crn", "asn"), "signless"),
    **dict.fromkeys(("pnc", "cro"), "police_signs"),
}
"""Identifiers of which not all signs count -> macro that leaves those that do."""
RECORDS_A_PART = 1_000_000
"""About as many records are collapsed at a time, so that memory does not grow with the nation."""
STAY = ("booking_begin_date", "booking_end_date")
"""Columns of a table whose rows are stays in custody, whatever its source is called."""
NO_SHARED_DAYS = ("date_of_birth", "deceased_date")
"""Days that say nothing about where somebody was."""
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
        return [name for name, kind in self.columns.items() if kind == "DATE" and name not in NO_SHARED_DAYS]

    @property
    def pseudonyms(self) -> list[str]:
        """Columns by which tables of one source reach each other."""
        reserved = {*IDENTIFIERS, "case_number", "source_dataset", RECORD}
        texts = [name for name, kind in self.columns.items() if kind == "VARCHAR" and name not in reserved]
        return [name for name in texts if name.endswith(("_id", "_hash"))]


def tables(connection: duckdb.DuckDBPyConnection, identity: Path) -> list[IdentityTable]:
    """Every identity table of every source, in the order of names; lookups left out."""
    found = []
    for path in sorted(identity.glob("*/*.parquet")):
        if path.parent.name != LOOKUPS:
            described = connection.execute(f"describe select * from {scan(path)}").fetchall()
            found.append(IdentityTable(path.parent.name, path, {row[0]: row[1] for row in described}))
    return found


def load(connection: duckdb.DuckDBPyConnection, identity: Path) -> int:
    """Make view `records`, one row a source record, and give their number.

    Columns: record (a number that follows from source and source_record_id), source_dataset, source_record_id, forename, middle_names,
    surname, full_name, aliases, birth, postcode, outcode, pnc, cro, prison_number, crn, asn, sex, own_group, died, days (shared days, as
    often and in the order in which they were met), part. The rows lie in the connection's private folder, parted by birth date, so that a
    part is read once where a nation would not fit into memory. Also makes table `stays` (record, since, until): closed stays in custody.

    Raises:
        LinkageError: there are no records, or a record is there twice.
    """
    found = tables(connection, identity)
    people = [table for table in found if RECORD in table.columns]
    if not people:
        raise LinkageError(f"no table with {RECORD} in {identity}: land a delivery first")
    _load_further_days(connection, found)
    _load_alias_spellings(connection, people)
    parents = {table.source for table in found if RECORD not in table.columns}
    standardised = " union all by name ".join(_standardised(table, has_children=table.source in parents) for table in people)
    rows = " + ".join(f"(select count(*) from {scan(table.path)})" for table in people)
    parts = number(connection, f"select {rows}") // RECORDS_A_PART + 1
    _write_parts(connection, f"select *, {_PART.format(parts=parts)} as part from ({standardised})")
    connection.execute("drop table further_days")
    connection.execute("drop table alias_spellings")
    stays = " union all ".join(
        f"select {_number(table.source)} as record, {STAY[0]} as since, {STAY[1]} as until from {scan(table.path)} "
        f"where {STAY[0]} < {STAY[1]}"
        for table in people
        if set(STAY) <= set(table.columns)
    )
    nobody = "select cast(null as bigint) as record, cast(null as date) as since, cast(null as date) as until where false"
    connection.execute(f"create or replace table stays as {stays or nobody}")
    # Sorting the numbers takes a third of the time and a tenth of the memory of counting the different ones.
    ordered = connection.execute("select record from records").fetchnumpy()["record"]
    ordered.sort()
    if repeated := int(np.sum(ordered[1:] == ordered[:-1])):
        raise LinkageError(f"{repeated} source records are there more than once: the landing must give each one id")
    return len(ordered)


# A hash is unsigned and a record's number is not: without the inner cast, DuckDB divides numbers of 128 bits, for longer than it reads.
_PART = "cast(case when birth is null then record else cast(hash(birth) >> 1 as bigint) end % {parts} as integer)"


def _write_parts(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Make view `records` of files that hold the rows of a query, or an empty table where it has none."""
    folder = empty_folder(connection, "records")
    connection.execute(f"copy ({query}) to {literal(folder)} (format parquet, compression lz4_raw, partition_by (part))")
    files = f"read_parquet({literal(folder / '*' / '*.parquet')}, hive_partitioning = true)"
    if any(folder.glob("*/*.parquet")):
        connection.execute(f"create or replace view records as select *, forename || ' ' || surname as full_name from {files}")
    else:
        connection.execute(f"create or replace table records as select *, surname as full_name from ({query}) limit 0")


def _load_further_days(connection: duckdb.DuckDBPyConnection, found: Sequence[IdentityTable]) -> None:
    """Make table `further_days` (record, days): days in rows that belong to records of another table."""
    connection.execute("create or replace temp table child_days (record bigint, days date[])")
    for source in sorted({table.source for table in found}):
        for table, reached in _reached(connection, [table for table in found if table.source == source]):
            if RECORD not in table.columns and table.days:
                connection.execute(
                    f"insert into child_days select {_number(source)}, {_own_days(table)} from {reached} where {RECORD} is not null"
                )
    days = "select record, flatten(list(days)) as days from child_days group by record"
    connection.execute(f"create or replace temp table further_days as {days}")
    connection.execute("drop table child_days")


def _load_alias_spellings(connection: duckdb.DuckDBPyConnection, people: Sequence[IdentityTable]) -> None:
    """Make table `alias_spellings` (aliases, names): once a spelling, since few records have an alias."""
    spelt = " union ".join(f"select aliases from {scan(table.path)}" for table in people if "aliases" in table.columns)
    # One alias a row, and kept: as a list, or straight from unnest, names come to the macro a few at a time.
    connection.execute(
        "create or replace temp table alias_words as select aliases, unnest(string_split(aliases, ';')) as alias "
        f"from ({spelt or 'select cast(null as varchar) as aliases'}) where aliases is not null"
    )
    connection.execute(_ALIAS_SPELLINGS)
    connection.execute("drop table alias_words")


_ALIAS_SPELLINGS = """
create or replace temp table alias_spellings as
select aliases, list_sort(list_distinct(list(name))) as names
from (select aliases, family_name(alias) as name from alias_words)
where contains(name, ' ')
group by aliases
"""
"""A single word is no name."""


def _number(source: str, record: str = RECORD) -> str:
    """A record's number: of 63 bits, so that two records of a nation share one about once in a hundred thousand runs.

    DuckDB's `md5_number_upper` gives such a number, too, and takes four times as long.
    """
    return f"cast(md5_number('{source}/' || {record}) >> 65 as bigint)"


def _own_days(table: IdentityTable) -> str:
    """Days in a row of the table itself."""
    known = ", ".join(f"real_day({day})" for day in table.days)
    return f"list_filter([{known}], lambda day: day is not null)" if known else "cast([] as date[])"


def _standardised(table: IdentityTable, *, has_children: bool) -> str:
    """The records of one table, in their one form; days of the tables below it come from `further_days`."""

    def raw(name: str) -> str:
        spelt = next((other for other in (name, *SPELT.get(name, ())) if other in table.columns), None)
        kind = "date" if name == "date_of_birth" else "varchar"
        value = f"cast({spelt or 'null'} as {kind})"
        return f"{f'{SIGNS[name]}({value})' if name in SIGNS else value} as {name}"

    own = _own_days(table)
    days = "list_concat(own_days, coalesce(further_days.days, []))" if has_children else "own_days"
    joined = "left join further_days using (record)" if has_children else ""
    aliases, spellings = "cast([] as varchar[])", ""
    if "aliases" in table.columns:
        aliases, spellings = "coalesce(alias_spellings.names, [])", "left join alias_spellings using (aliases)"
    died = "deceased_date" if "deceased_date" in table.columns else "cast(null as date)"
    return f"""
        select
            record,
            '{table.source}' as source_dataset,
            {RECORD},
            first_token(given) as forename,
            first_token(coalesce(later_tokens(given), middle)) as middle_names,
            surname,
            aliases,
            birth,
            coalesce(home, foreign_home) as postcode,
            left(home, length(home) - 3) as outcode,
            * exclude (record, {RECORD}, given, middle, surname, aliases, birth, home, foreign_home)
        from (
            select
                record,
                {RECORD},
                given_names(forename) as given,
                given_names(middle_names) as middle,
                family_name(surname) as surname,
                {aliases} as aliases,
                real_day(date_of_birth) as birth,
                home(postcode) as home,
                telling(foreign_postcode) as foreign_home,
                pnc_form(pnc) as pnc,
                cro_form(cro) as cro,
                telling(prison_number) as prison_number,
                telling(crn) as crn,
                telling(asn) as asn,
                real_sex(sex) as sex,
                own_group,
                died,
                {days} as days
            from (
                select {_number(table.source)} as record, {RECORD}, {", ".join(map(raw, IDENTIFIERS))}, {died} as died, {own} as own_days
                from {scan(table.path)}
            ) as people
            {joined}
            {spellings}
        )
    """


def _reached(connection: duckdb.DuckDBPyConnection, source_tables: list[IdentityTable]) -> Iterator[tuple[IdentityTable, str]]:
    """Tables of a source, each with the FROM item that gives its rows together with the record that they belong to.

    The items are good until the last was taken: they join tables of which record a pseudonym stands for, so that no table joins all
    those above it again.
    """
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
                owners = f"owners_{len(reached)}"
                connection.execute(
                    f"create or replace temp table {owners} as "
                    f"select {by}, min({RECORD}) as {RECORD} from {rows} where {by} is not null group by {by}"
                )
                owned = f"select child.*, owner.{RECORD} from {scan(table.path)} as child inner join {owners} as owner using ({by})"
                reached.append((table, f"({owned})"))
    for place in range(1, len(reached)):
        connection.execute(f"drop table if exists owners_{place}")
