"""Reading `identity/`: every source record once, its identifiers standardised, with the days and case numbers that belong to it.

Belongs here: uniform columns, days and aliases of a record, its part. Does not belong here: which tables there are (sources), what a
value's one form is (standardise), comparing (rules).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import numpy as np

from pipeline.linkage import values
from pipeline.linkage.database import columns_of, empty_folder, number, scan
from pipeline.linkage.sources import IDENTIFIERS, RECORD, IdentityTable, LinkageError, number_of, own_days, reached, tables
from pipeline.settings import literal

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


def load(connection: duckdb.DuckDBPyConnection, identity: Path) -> int:
    """Make view `records`, one row a source record, and give their number.

    Columns: record (a number that follows from source and source_record_id), source_dataset, source_record_id, forename, middle_names,
    surname, full_name, name_number, aliases, birth, postcode, outcode, home_number, pnc, cro, prison_number, crn, asn, sex, own_group,
    died, days (shared days, as often and in the order in which they were met), part. The rows lie in the connection's private folder,
    parted by birth date, so that a part is read once where a nation would not fit into memory. Also makes table `stays` (record, since,
    until): closed stays in custody.

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
    numbered = f"{values.NAME_NUMBER} as name_number, {values.HOME_NUMBER} as home_number"
    _write_parts(connection, f"select *, {numbered}, {_PART.format(parts=parts)} as part from ({standardised})")
    connection.execute("drop table further_days")
    connection.execute("drop table alias_spellings")
    stays = " union all ".join(
        f"select {number_of(table.source)} as record, {STAY[0]} as since, {STAY[1]} as until from {scan(table.path)} "
        f"where {STAY[0]} < {STAY[1]}"
        for table in people
        if set(STAY) <= set(table.columns)
    )
    nobody = "select cast(null as bigint) as record, cast(null as date) as since, cast(null as date) as until where false"
    connection.execute(f"create or replace table stays as {stays or nobody}")
    # Sorting the numbers takes a third of the time and a tenth of the memory of counting the different ones.
    ordered = np.sort(columns_of(connection.sql("select record from records"))["record"].to_numpy())
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
        connection.execute(f"create or replace view records as select *, {values.FULL_NAME} as full_name from {files}")
    else:
        connection.execute(f"create or replace table records as select *, {values.FULL_NAME} as full_name from ({query}) limit 0")


def _load_further_days(connection: duckdb.DuckDBPyConnection, found: Sequence[IdentityTable]) -> None:
    """Make table `further_days` (record, days): days in rows that belong to records of another table."""
    connection.execute("create or replace temp table child_days (record bigint, days date[])")
    for source in sorted({table.source for table in found}):
        for table, rows in reached(connection, [table for table in found if table.source == source]):
            if RECORD not in table.columns and table.days:
                connection.execute(
                    f"insert into child_days select {number_of(source)}, {own_days(table)} from {rows} where {RECORD} is not null"
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


def _standardised(table: IdentityTable, *, has_children: bool) -> str:
    """The records of one table, in their one form; days of the tables below it come from `further_days`."""

    def raw(name: str) -> str:
        spelt = next((other for other in (name, *SPELT.get(name, ())) if other in table.columns), None)
        kind = "date" if name == "date_of_birth" else "varchar"
        value = f"cast({spelt or 'null'} as {kind})"
        return f"{f'{SIGNS[name]}({value})' if name in SIGNS else value} as {name}"

    own = own_days(table)
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
                select {number_of(table.source)} as record, {RECORD}, {", ".join(map(raw, IDENTIFIERS))}, {died} as died, {own} as own_days
                from {scan(table.path)}
            ) as people
            {joined}
            {spellings}
        )
    """
