"""Records that are plainly one person become one node, so that each pair of spellings is scored once.

Belongs here: which records are one node, what a node knows, how common its values are. Does not belong here: scoring (predict), and what
agreement means (rules).

Records are one node when they have one name and one birth date, and hang together by shared numbers or addresses: A and B by a police
number, B and C by a postcode. Where such a chain holds two sound police numbers its records stay apart, and the scores decide; so do
records that name nobody well (no name or no birth date). Companies, which have neither forename nor birth date nor number, become no node
at all and stay alone.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipeline.linkage.graphs import components
from pipeline.linkage.values import load_common_postcodes, load_names

NUMBERS = ("pnc", "cro", "prison_number", "crn")
IS_PERSON = f"coalesce(forename, cast(birth as varchar), {', '.join(NUMBERS)}) is not null"
IS_WELL_NAMED = "full_name is not null and birth is not null"
IS_GUESSED_BIRTH = "strftime(birth, '%m%d') = '0101'"
"""Birth dates of which only the year is known; one name and one address do not make such records one person."""
CHUNKS = 4
"""Parts in which the nation is collapsed, so that memory is bounded; records of one name and birth date are in one part."""
TYPING_SLIP = 2
"""Edits within which two police numbers may be one, mistyped."""

TEXTS = {"middle_names": "middle_names", "pncs": "pnc", "cros": "cro"}
"""List column of a node -> column of its records."""
HASHES = {
    "postcodes": ("postcode",),
    "outcodes": ("outcode",),
    "prison_numbers": ("prison_number",),
    "own_groups": ("own_group",),
    "police_numbers": ("pnc", "cro", "asn"),
    "service_numbers": ("prison_number", "crn"),
}
"""The same for values that are only asked whether they are equal: lists of numbers are joined and compared faster than lists of texts."""
FLATTENED = ("aliases", "days")
"""List columns of a node whose records have lists, too."""


def load_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """Make tables `record_nodes` (record, node) and `nodes` from `records`; give the number of nodes.

    Nodes are numbered from 0 in an order that depends on the records alone. Columns of `nodes`: node, size, forename, surname, full_name,
    birth, birth_digits, sex (null where its records differ), died, the columns of `TEXTS`, `HASHES` and `FLATTENED` (in order, without
    repeats), and what `_finish` works out from them. Records in table `apart`, if there is one, are nodes of their own.
    """
    apart = "record not in (select record from apart)" if _has_table(connection, "apart") else "true"
    is_placed = f"{IS_WELL_NAMED} and {apart}"
    _place(
        connection,
        spelling=f"case when {is_placed} then {_hashed('full_name', 'birth')} else record end",
        part=f"case when {is_placed} and {_OWN} is not null then {_hashed('full_name', 'birth', _OWN)} else record end",
    )
    for chunk in range(CHUNKS):
        connection.register("joined", _joined_parts(connection, chunk))
        connection.execute(f"insert into moves {_SOUND_MOVES.format(mine=_mine(chunk))}")
        connection.unregister("joined")
    return _gather(connection)


def load_uncollapsed_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `nodes` with every record a node of its own: what a model is trained on, else agreement would look rarer than it is."""
    _place(connection, spelling="record", part="record")
    return _gather(connection)


def _place(connection: duckdb.DuckDBPyConnection, *, spelling: str, part: str) -> None:
    """Make view `placed`, the records of people with spelling and part, and table `moves` (part, node), which is empty."""
    connection.execute(f"create or replace view placed as select *, {spelling} as spelling, {part} as part from records where {IS_PERSON}")
    connection.execute("create or replace table moves (part bigint, node bigint)")


def _hashed(*columns: str) -> str:
    return f"cast(hash({', '.join(columns)}) >> 1 as bigint)"


def _mine(chunk: int) -> str:
    return f"spelling % {CHUNKS} = {chunk}"


_HOME = f"case when not {IS_GUESSED_BIRTH} then postcode end"
_OWN = f"coalesce({', '.join(NUMBERS)}, {_HOME})"
"""What a well named record is first known by."""


def _joined_parts(connection: duckdb.DuckDBPyConnection, chunk: int) -> pa.Table:
    """Parts of one spelling that share a number or address: part -> node."""
    pairs = connection.execute(
        f"""
        with valued as (
            select part, spelling, unnest([{", ".join((*NUMBERS, _HOME))}]) as value
            from placed
            where {_mine(chunk)} and spelling <> record
        ),

        keys as (
            select distinct part, hash(spelling, value) as key from valued where value is not null
        ),

        shared as (
            select key, min(part) as part from keys group by key having min(part) <> max(part)
        )

        select keys.part as part_l, shared.part as part_r from keys inner join shared using (key) where keys.part <> shared.part
        """
    ).to_arrow_table()
    parts, nodes = components(pairs["part_l"].to_numpy(), pairs["part_r"].to_numpy())
    return pa.table({"part": parts, "node": nodes})


_SOUND_MOVES = f"""
with numbers as (
    select distinct joined.node, placed.pnc
    from placed
    inner join joined on joined.part = placed.part
    where {{mine}} and pnc_is_right(placed.pnc)
),

several as (
    select node from numbers group by node having count(*) > 1
),

conflicts as (
    select distinct one.node
    from several
    inner join numbers as one using (node)
    inner join numbers as other using (node)
    where one.pnc < other.pnc and damerau_levenshtein(one.pnc, other.pnc) > {TYPING_SLIP}
)

select part, node from joined where part <> node and node not in (select node from conflicts)
"""
"""Parts that move to another's node, but for those whose node would hold two sound police numbers."""


def _gather(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `record_nodes` and `nodes` from `placed` and `moves`."""
    connection.execute(f"create or replace table plain_nodes as {_gathered('false')}")
    for chunk in range(CHUNKS):
        connection.execute(f"insert into plain_nodes {_gathered(_mine(chunk))}")
    connection.execute(
        """
        create or replace temp table numbers as
        select node, cast(row_number() over (order by node) - 1 as bigint) as number from plain_nodes
        """
    )
    connection.execute(
        """
        create or replace table record_nodes as
        select placed.record, numbers.number as node
        from placed
        left join moves using (part)
        inner join numbers on numbers.node = coalesce(moves.node, placed.part)
        """
    )
    connection.execute("drop view placed")
    connection.execute("drop table moves")
    return _finish(connection)


def _gathered(which: str) -> str:
    """Query of the nodes of these records, with their values in lists."""
    lists = [f"list_sort(list_distinct(list({column}) filter ({column} is not null))) as {name}" for name, column in TEXTS.items()]
    for name, columns in HASHES.items():
        parts = [f"coalesce(list(hash({column})) filter ({column} is not null), [])" for column in columns]
        lists.append(f"list_sort(list_distinct({parts[0] if len(parts) == 1 else f'list_concat({chr(44).join(parts)})'})) as {name}")
    flattened = [f"list_sort(list_distinct(flatten(list({name}) filter (len({name}) > 0)))) as {name}" for name in FLATTENED]
    return f"""
        select
            coalesce(moves.node, placed.part) as node,
            count(*) as size,
            min(forename) as forename,
            min(surname) as surname,
            min(full_name) as full_name,
            min(birth) as birth,
            case when min(sex) = max(sex) then min(sex) end as sex,
            min(died) as died,
            {", ".join([*lists, *flattened])}
        from placed
        left join moves using (part)
        where {which}
        group by coalesce(moves.node, placed.part)
    """


def _finish(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `nodes` from `plain_nodes` and `numbers`: numbered from 0, lists never null, and what comparisons need worked out once."""
    load_names(connection)
    load_common_postcodes(connection)
    empty = ", ".join(f"coalesce(plain_nodes.{name}, []) as {name}" for name in (*TEXTS, *FLATTENED))
    connection.execute(
        f"""
        create or replace table nodes as
        with filled as (
            select plain_nodes.* replace (numbers.number as node, {empty})
            from plain_nodes
            inner join numbers using (node)
        )

        select
            filled.* exclude (postcodes),
            list_filter(postcodes, lambda postcode: not list_contains(common.places, postcode)) as postcodes,
            list_filter(postcodes, lambda postcode: list_contains(common.places, postcode)) as common_postcodes,
            strftime(birth, '%Y%m%d') as birth_digits,
            list_filter(pncs, lambda pnc: pnc_is_right(pnc)) as sound_pncs,
            list_filter(pncs, lambda pnc: not pnc_is_right(pnc)) as slipped_pncs,
            list_filter(cros, lambda cro: cro_is_right(cro)) as sound_cros,
            list_filter(cros, lambda cro: not cro_is_right(cro)) as slipped_cros,
            forenames.sound as forename_sound,
            surnames.sound as surname_sound,
            coalesce(forenames.forms, []) as forename_forms,
            coalesce(frequencies.frequency, 1) as name_frequency
        from filled
        cross join common
        left join names as forenames on forenames.name = filled.forename
        left join names as surnames on surnames.name = filled.surname
        left join frequencies using (full_name)
        """
    )
    for table in ("plain_nodes", "numbers"):
        connection.execute(f"drop table {table}")
    return int((connection.execute("select count(*) from nodes").fetchone() or (0,))[0])


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(connection.execute("select 1 from duckdb_tables() where table_name = ?", [name]).fetchone())
