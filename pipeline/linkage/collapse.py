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

from pipeline.linkage.database import empty_folder, number, scan
from pipeline.linkage.graphs import components
from pipeline.linkage.values import HALF, HOME_NUMBER, load_common_postcodes, load_frequencies, load_names
from pipeline.settings import literal

NUMBERS = ("pnc", "cro", "prison_number", "crn")
IS_PERSON = f"coalesce(forename, cast(birth as varchar), {', '.join(NUMBERS)}) is not null"
IS_WELL_NAMED = "full_name is not null and birth is not null"
IS_GUESSED_BIRTH = "strftime(birth, '%m%d') = '0101'"
"""Birth dates of which only the year is known; one name and one address do not make such records one person."""
TYPING_SLIP = 2
"""Edits within which two police numbers may be one, mistyped."""

TEXTS = {"middle_names": "middle_names", "pncs": "pnc", "cros": "cro"}
"""List column of a node -> column of its records."""
HASHES = {
    "own_groups": ("own_group",),
    "police_numbers": ("pnc", "cro", "asn"),
    "service_numbers": ("prison_number", "crn"),
}
"""The same for values that are only asked whether they are equal: lists of numbers are joined and compared faster than lists of texts."""
FLATTENED = ("aliases", "days")
"""List columns of a node whose records have lists, too."""


def load_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """Make tables `record_nodes` (record, node) and `nodes` from `records`; give the number of nodes.

    Nodes are numbered from 0 in an order that depends on the records alone, and lie by `part`, so that those of one birth date are near
    each other. Columns of `nodes`: node, part, size, forename, surname, full_name, birth, birth_digits, sex (null where its records
    differ), died, the columns of `TEXTS` and `FLATTENED` (in order, without repeats) and of `HASHES`, and what `_finished` works out.
    Records in table `apart`, if there is one, are nodes of their own.
    """
    apart = "record not in (select record from apart)" if _has_table(connection, "apart") else "true"
    return _load(connection, f"{IS_WELL_NAMED} and {apart}")


def load_uncollapsed_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """Make `nodes` with every record a node of its own: what a model is trained on, else agreement would look rarer than it is."""
    return _load(connection, "false")


def _load(connection: duckdb.DuckDBPyConnection, may_join: str) -> int:
    """Make `record_nodes` and `nodes`; records of which `may_join` holds may be of one node."""
    connection.execute("create or replace table record_nodes (record bigint, node bigint, part integer)")
    for (part,) in connection.execute("select distinct part from records order by part").fetchall():
        _place(connection, part, may_join)
    return gather(connection)


def gather(connection: duckdb.DuckDBPyConnection) -> int:
    """Make view `nodes` from `records` and `record_nodes`, a file a part; give the number of nodes.

    The parts are read a second time, since what a value is worth depends on all of them.
    """
    load_names(connection)
    load_frequencies(connection)
    load_common_postcodes(connection)
    folder = empty_folder(connection, "nodes")
    folder.mkdir()
    for (part,) in connection.execute("select distinct part from record_nodes order by part").fetchall():
        file = literal(folder / f"{part}.parquet")
        connection.execute(f"copy ({_finished(_gathered(part))}) to {file} (format parquet, compression lz4_raw)")
    connection.execute(f"create or replace view nodes as from {scan(folder / '*.parquet')}")
    return number(connection, "select count(*) from nodes")


_HOME = f"case when not {IS_GUESSED_BIRTH} then postcode end"
_VALUES = ", ".join((*NUMBERS, _HOME))
"""What records of one name and birth date may share."""


def _place(connection: duckdb.DuckDBPyConnection, part: int, may_join: str) -> None:
    """Add the records of a part to `record_nodes`. Their nodes are first known by keys: hashes, or the number of the only record."""
    connection.execute(
        f"""
        create or replace temp table keyed as
        select
            record,
            spelling,
            case when coalesce({_VALUES}) is null then record else cast(hash(spelling, coalesce({_VALUES})) >> 1 as bigint) end as key,
            list_filter([{_VALUES}], lambda value: value is not null) as known,
            case when pnc_is_right(pnc) then pnc end as sound_pnc
        from (select *, cast(hash(full_name, birth) >> 1 as bigint) as spelling from records where part = {part} and {IS_PERSON})
        where {may_join}
        """
    )
    connection.register("joined", _joined(connection))
    connection.execute(f"create or replace temp table moves as {_SOUND_MOVES}")
    connection.unregister("joined")
    connection.execute(
        f"""
        insert into record_nodes
        with placed as (
            select keyed.record, coalesce(moves.node, keyed.key) as key from keyed left join moves using (key)
            union all
            select record, record from records where part = {part} and {IS_PERSON} and not coalesce({may_join}, false)
        )

        select record, (select coalesce(max(node) + 1, 0) from record_nodes) + dense_rank() over (order by key) - 1, {part}
        from placed
        """
    )
    for table in ("keyed", "moves"):
        connection.execute(f"drop table {table}")


def _joined(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Keys of one spelling that share a number or address: key -> node, the smallest of them."""
    pairs = connection.execute(
        """
        with several as (
            select spelling from keyed group by spelling having min(key) <> max(key)
        ),

        valued as (
            select key, spelling, unnest(known) as value from keyed semi join several using (spelling)
        ),

        told as (
            select distinct key, hash(spelling, value) as shared from valued
        ),

        meeting as (
            select shared, min(key) as first_key from told group by shared having min(key) <> max(key)
        )

        select told.key, meeting.first_key from told inner join meeting using (shared) where told.key <> meeting.first_key
        """
    ).to_arrow_table()
    keys, nodes = components(pairs["key"].to_numpy(), pairs["first_key"].to_numpy())
    return pa.table({"key": keys, "node": nodes})


_SOUND_MOVES = f"""
with numbers as (
    select distinct joined.node, keyed.sound_pnc as pnc from joined inner join keyed using (key) where keyed.sound_pnc is not null
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

select key, node from joined where key <> node and node not in (select node from conflicts)
"""
"""Keys that move to another's node, but for those whose node would hold two sound police numbers."""


def _gathered(part: int) -> str:
    """Query of the nodes of a part, with their values in lists without repeats; hashes are in no order."""
    ordered = {name: f"list({column}) filter ({column} is not null)" for name, column in TEXTS.items()}
    ordered |= {name: f"flatten(list({name}) filter (len({name}) > 0))" for name in FLATTENED}
    hashed = {"postcodes": f"list({HOME_NUMBER}) filter (postcode is not null)"}
    for name, columns in HASHES.items():
        hashes = [f"coalesce(list(hash({column})) filter ({column} is not null), [])" for column in columns]
        hashed[name] = hashes[0] if len(hashes) == 1 else f"list_concat({', '.join(hashes)})"
    lists = [f"coalesce(list_sort(list_distinct({values})), []) as {name}" for name, values in ordered.items()]
    lists += [f"coalesce(list_distinct({values}), []) as {name}" for name, values in hashed.items()]
    return f"""
        select
            record_nodes.node,
            cast({part} as integer) as part,
            count(*) as size,
            any_value(forename) as forename,
            any_value(surname) as surname,
            any_value(full_name) as full_name,
            any_value(birth) as birth,
            case when min(sex) = max(sex) then min(sex) end as sex,
            min(died) as died,
            count(prison_number) > 0 as has_prison_number,
            {", ".join(lists)}
        from (from records where part = {part}) as records
        inner join (from record_nodes where part = {part}) as record_nodes using (record)
        group by record_nodes.node
    """


def _finished(nodes: str) -> str:
    """Query of nodes with what comparisons need worked out once."""
    return f"""
        select
            nodes.* exclude (postcodes),
            len(postcodes) > 0 as has_postcode,
            len(days) as days_known,
            list_distinct(list_transform(postcodes, lambda postcode: postcode // {HALF})) as outcodes,
            list_filter(postcodes, lambda postcode: not list_contains(common.places, postcode)) as postcodes,
            list_filter(postcodes, lambda postcode: list_contains(common.places, postcode)) as common_postcodes,
            strftime(birth, '%Y%m%d') as birth_digits,
            list_filter(pncs, lambda pnc: pnc_is_right(pnc)) as sound_pncs,
            list_filter(pncs, lambda pnc: not pnc_is_right(pnc)) as slipped_pncs,
            len(slipped_pncs) < len(pncs) as has_sound_pnc,
            list_filter(cros, lambda cro: not cro_is_right(cro)) as slipped_cros,
            len(slipped_cros) < len(cros) as has_sound_cro,
            forenames.sound as forename_sound,
            surnames.sound as surname_sound,
            coalesce(forenames.forms, []) as forename_forms,
            coalesce(frequencies.frequency, 1) as name_frequency
        from ({nodes}) as nodes
        cross join common
        left join names as forenames on forenames.name = nodes.forename
        left join names as surnames on surnames.name = nodes.surname
        left join frequencies using (full_name)
    """


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(connection.execute("select 1 from duckdb_tables() where table_name = ?", [name]).fetchone())
