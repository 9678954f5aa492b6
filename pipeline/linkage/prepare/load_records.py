"""Every source record of `identity/` once, its identifiers standardised, with its days.

Belongs here: uniform columns, days and aliases of a record, its part. Does not belong here: which
tables there are (identity_tables), what a value's one form is (standardise), comparing
(comparisons).
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

import duckdb
import numpy as np

from pipeline.errors import LinkageError
from pipeline.linkage.database import columns_of, empty_folder, fetch_number, scan_parquet
from pipeline.linkage.prepare import identifiers
from pipeline.linkage.prepare.identity_tables import (
    IDENTIFIERS,
    RECORD,
    IdentityTable,
    list_identity_tables,
    number_of,
    own_days,
    query_source_rows,
)
from pipeline.storage import quote_literal

SPELT = {"sex": ("gender", "sex_code"), "own_group": ("offender_id",), "died": ("deceased_date",)}
"""Other names that sources give to a column. `own_group` is what a source itself takes for one
person.
"""
SIGNLESS = ("foreign_postcode", "prison_number", "crn", "asn")
"""Identifiers of which letters and digits count, and that are looked at more than once."""
RECORDS_A_PART = 1_000_000
"""About as many records are collapsed at a time, so that memory does not grow with the nation."""
COLUMNS = {
    "record": "bigint",
    "source_dataset": "varchar",
    RECORD: "varchar",
    "forename": "varchar",
    "middle_names": "varchar",
    "surname": "varchar",
    "name_number": "ubigint",
    "aliases": "varchar[]",
    "birth": "date",
    "postcode": "varchar",
    "outcode": "varchar",
    "home_number": "ubigint",
    "pnc": "varchar",
    "cro": "varchar",
    "prison_number": "varchar",
    "crn": "varchar",
    "asn": "varchar",
    "sex": "varchar",
    "own_group": "varchar",
    "died": "date",
    "days": "date[]",
    "part": "integer",
}
"""Columns of `records`, without the full name, which is put together when it is read."""
MAY_LACK = ("aliases", "pnc", "cro", "prison_number", "crn", "asn", "sex", "own_group", "died")
"""Those that are left out where a source has nothing for them."""
STAY = ("booking_begin_date", "booking_end_date")
"""Columns of a table whose rows are stays in custody, whatever its source is called."""


def load_records(connection: duckdb.DuckDBPyConnection, identity: Path) -> int:
    """Make view `records`, one row a source record, and give their number.

    Columns: those of `COLUMNS`, and full_name. The record is a number that follows from source and
    source_record_id; days are shared days, as often and in the order in which they were met. The
    rows lie in the connection's private folder, parted by birth date, so that a part is read once
    where a nation would not fit into memory. Also makes table `stays` (record, since, until):
    closed stays in custody.

    Raises:
        LinkageError: there are no records, or a record is there twice.
    """
    found = list_identity_tables(connection, identity)
    people = [table for table in found if RECORD in table.columns]
    if not people:
        raise LinkageError(f"no table with {RECORD} in {identity}: land a delivery first")
    _load_further_days(connection, found)
    _load_alias_spellings(connection, people)
    _load_records(
        connection, people, parents={table.source for table in found if RECORD not in table.columns}
    )
    connection.execute("drop table further_days")
    connection.execute("drop table alias_spellings")
    stays = " union all ".join(
        f"select {number_of(table.source)} as record, {STAY[0]} as since, {STAY[1]} as until "
        f"from {scan_parquet(table.path)} where {STAY[0]} < {STAY[1]}"
        for table in people
        if set(STAY) <= set(table.columns)
    )
    nobody = (
        "select cast(null as bigint) as record, "
        "cast(null as date) as since, cast(null as date) as until where false"
    )
    connection.execute(f"create or replace table stays as {stays or nobody}")
    # Sorting the numbers takes a third of the time and a tenth of the memory of counting the
    # different ones.
    ordered = np.sort(columns_of(connection.sql("select record from records"))["record"].to_numpy())
    if repeated := int(np.sum(ordered[1:] == ordered[:-1])):
        raise LinkageError(
            f"{repeated} source records are there more than once: the landing must give each one id"
        )
    return len(ordered)


# A hash is unsigned and a record's number is not: without the inner cast, DuckDB divides numbers of
# 128 bits, for longer than it reads.
_PART = (
    "cast(case when birth is null then record else cast(hash(birth) >> 1 as bigint) end "
    "% {parts} as integer)"
)


def _load_records(
    connection: duckdb.DuckDBPyConnection, people: Sequence[IdentityTable], parents: Set[str]
) -> None:
    """Write the records of each table, parted, and make view `records` of the files."""
    rows = " + ".join(f"(select count(*) from {scan_parquet(table.path)})" for table in people)
    parts = fetch_number(connection, f"select {rows}") // RECORDS_A_PART + 1
    numbered = (
        f"{identifiers.NAME_NUMBER} as name_number, {identifiers.HOME_NUMBER} as home_number, "
        f"{_PART.format(parts=parts)} as part"
    )
    folder = empty_folder(connection, "records")
    for place, table in enumerate(people):
        written = folder / str(place) / f"source_dataset={table.source}"
        written.mkdir(parents=True)
        standardised = _standardised(table, has_children=table.source in parents)
        copied = f"select *, {numbered} from ({standardised})"
        connection.execute(
            f"copy ({copied}) to {quote_literal(written)} "
            "(format parquet, compression lz4_raw, partition_by (part))"
        )
    every = (
        f"select {', '.join(f'cast(null as {kind}) as {name}' for name, kind in COLUMNS.items())} "
        "where false"
    )
    if any(folder.glob("*/*/*/*.parquet")):
        kinds = "{'source_dataset': varchar, 'part': integer}"
        files = (
            f"{quote_literal(folder / '*' / '*' / '*' / '*.parquet')}, union_by_name = true, "
            f"hive_partitioning = true, hive_types = {kinds}"
        )
        every += f" union all by name from read_parquet({files})"
    told = f"* replace (coalesce(aliases, []) as aliases), {identifiers.FULL_NAME} as full_name"
    connection.execute(f"create or replace view records as select {told} from ({every})")


def _load_further_days(
    connection: duckdb.DuckDBPyConnection, found: Sequence[IdentityTable]
) -> None:
    """Make table `further_days` (record, days).

    The days are those in rows that belong to records of another table.
    """
    connection.execute("create or replace temp table child_days (record bigint, days date[])")
    for source in sorted({table.source for table in found}):
        for table, rows in query_source_rows(
            connection, [table for table in found if table.source == source]
        ):
            if RECORD not in table.columns and table.days:
                connection.execute(
                    f"insert into child_days select {number_of(source)}, {own_days(table)} "
                    f"from {rows} where {RECORD} is not null"
                )
    days = "select record, flatten(list(days)) as days from child_days group by record"
    connection.execute(f"create or replace temp table further_days as {days}")
    connection.execute("drop table child_days")


def _load_alias_spellings(
    connection: duckdb.DuckDBPyConnection, people: Sequence[IdentityTable]
) -> None:
    """Make table `alias_spellings` (aliases, names), one row a spelling.

    Each spelling is standardised once only, since few records have an alias.
    """
    spelt = " union ".join(
        f"select aliases from {scan_parquet(table.path)}"
        for table in people
        if "aliases" in table.columns
    )
    # One alias a row, and kept: as a list, or straight from unnest, names come to the macro a few
    # at a time.
    connection.execute(
        "create or replace temp table alias_words as "
        "select aliases, unnest(string_split(aliases, ';')) as alias "
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


def _standardised(table: IdentityTable, *, has_children: bool) -> str:
    """Query of the records of one table, standardised, without what its source never has.

    Days of tables below it come from `further_days`.
    """

    def spelt(name: str) -> str | None:
        return next(
            (other for other in (name, *SPELT.get(name, ())) if other in table.columns), None
        )

    def raw(name: str) -> str:
        kind = "date" if name in ("date_of_birth", "died") else "varchar"
        value = f"cast({spelt(name) or 'null'} as {kind})"
        return f"{f'signless({value})' if name in SIGNLESS else value} as {name}"

    own = own_days(table)
    days = "list_concat(own_days, coalesce(further_days.days, []))" if has_children else "own_days"
    joined = "left join further_days using (record)" if has_children else ""
    aliases, spellings = "null", ""
    if "aliases" in table.columns:
        aliases, spellings = "alias_spellings.names", "left join alias_spellings using (aliases)"
    # Columns of nothing take as long to part and to write as others.
    lacking = [name for name in MAY_LACK if not spelt(name)]
    return (
        f"""
        select
            token(given, 1) as forename,
            coalesce(token(given, 2), token(middle, 1)) as middle_names,
            coalesce(home, foreign_home) as postcode,
            left(home, length(home) - 3) as outcode,
            * exclude ({", ".join(["given", "middle", "home", "foreign_home", *lacking])})
        from (
            select
                record,
                {RECORD},
                given_names(forename) as given,
                given_names(middle_names) as middle,
                family_name(surname) as surname,
                {aliases} as aliases,
                real_day(date_of_birth) as birth,
                real_postcode(postcode) as home,
                telling(foreign_postcode) as foreign_home,
                real_pnc(pnc) as pnc,
                real_cro(cro) as cro,
                telling(prison_number) as prison_number,
                telling(crn) as crn,
                telling(asn) as asn,
                real_sex(sex) as sex,
                own_group,
                died,
                {days} as days
            from (
                select {number_of(table.source)} as record, {RECORD}, """
        f"""{", ".join(map(raw, (*IDENTIFIERS, "died")))}, {own} as own_days
                from {scan_parquet(table.path)}
            ) as people
            {joined}
            {spellings}
        )
    """
    )
