"""Records that agree on everything that names a person become one node, so that each pair of spellings is scored once.

Belongs here: which records are one node, what a node knows, how common its values are. Does not belong here: scoring (predict), and what
agreement means (rules).

A node knows the days and case numbers of all its records. Records that name nobody well (no birth date, or no address and no number of any
kind) stay nodes of their own, for two of them that agree on a common name are not one person yet: the score decides. Companies, which have
neither forename nor birth date nor number, become no node at all and stay alone.
"""

from __future__ import annotations

import duckdb

NUMBERS = ("pnc", "cro", "prison_number", "crn")
NAMED = ("forename", "middle_names", "surname", "aliases", "birth", "postcode", *NUMBERS)
"""What records of one node agree on, missing values included."""

IS_PERSON = f"coalesce(forename, cast(birth as varchar), {', '.join(NUMBERS)}) is not null"
IS_WELL_NAMED = f"full_name is not null and birth is not null and coalesce(postcode, {', '.join(NUMBERS)}) is not null"

NODE_COLUMNS = """
    forename,
    middle_names,
    surname,
    full_name,
    aliases,
    birth,
    strftime(birth, '%Y%m%d') as birth_digits,
    postcode,
    outcode,
    pnc,
    cro,
    prison_number,
    crn
"""


def load_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """Make tables `record_nodes` (record, node) and `nodes` from `records`; give the number of nodes.

    A node's number is the smallest record number in it, so it depends on the records alone. Columns of `nodes` beside the identifiers:
    node, size, asns and days (in order, without repeats).
    """
    connection.execute(
        f"""
        create or replace temp table record_nodes as
        select
            record,
            case when {IS_WELL_NAMED} then min(record) over (partition by {", ".join(NAMED)}) else record end as node
        from records
        where {IS_PERSON}
        """
    )
    connection.execute(
        f"""
        create or replace temp table nodes as
        with gathered as (
            select
                record_nodes.node,
                count(*) as size,
                coalesce(list_sort(list_distinct(list(records.asn) filter (where records.asn is not null))), []) as asns,
                list_sort(list_distinct(flatten(list(records.days)))) as days
            from record_nodes
            inner join records using (record)
            group by record_nodes.node
        )

        select gathered.node, gathered.size, gathered.asns, gathered.days, {NODE_COLUMNS}
        from gathered
        inner join records on gathered.node = records.record
        order by gathered.node
        """
    )
    return _count(connection, "nodes")


def load_uncollapsed_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `nodes` with every record a node of its own: what a model is trained on, else agreement would look rarer than it is."""
    connection.execute(
        f"""
        create or replace temp table nodes as
        select record as node, 1 as size, case when asn is null then [] else [asn] end as asns, days, {NODE_COLUMNS}
        from records
        where {IS_PERSON}
        order by record
        """
    )
    return _count(connection, "nodes")


def load_frequencies(connection: duckdb.DuckDBPyConnection, column: str) -> str:
    """Make a table of how common each value of a node column is, and give its name.

    A value counts once for each birth date it comes with, not once a record: a person with thirty records does not make their name common.
    """
    table = f"frequencies_{column}"
    connection.execute(
        f"""
        create or replace temp table {table} as
        with carriers as (select distinct {column}, birth from nodes where {column} is not null and birth is not null),
        total as (select count(*) as carriers from carriers)
        select carriers.{column}, count(*) / any_value(total.carriers) as tf_{column}
        from carriers
        cross join total
        group by carriers.{column}
        order by carriers.{column}
        """
    )
    return table


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int((connection.execute(f"select count(*) from {table}").fetchone() or (0,))[0])
