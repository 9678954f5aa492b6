"""Exact-match deduplication: records that are plainly one person become one node.

So each pair of spellings is scored once.

Belongs here: which records are one node. Does not belong here: what a node knows (node_attributes),
and what agreement means (comparisons).

Records are one node when they have one name and one birth date, and hang together by shared numbers
or addresses: A and B by a police number, B and C by a postcode. Where such a chain holds two sound
police numbers its records stay apart, and the scores decide; so do records that name nobody well
(no name or no birth date). Companies, which have neither forename nor birth date nor number, become
no node at all and stay alone.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from pipeline.linkage.arrays.connected_components import label_components, place_numbers
from pipeline.linkage.arrays.ragged_lists import Ints, lists_of
from pipeline.linkage.database import Columns, columns_of, empty_folder, scan_parquet, threads_of
from pipeline.linkage.dedupe import node_attributes
from pipeline.linkage.dedupe import term_frequencies as values
from pipeline.linkage.prepare.identifiers import (
    IS_GUESSED_BIRTH,
    IS_PERSON,
    IS_WELL_NAMED,
    NUMBERS,
    TYPING_SLIP,
)

SHARED = (*NUMBERS, f"case when not {IS_GUESSED_BIRTH} then home_number end")
"""What records of one name and birth date may share; the first that a record has is its key."""
AHEAD = 1
"""Parts that are placed while the one before them is gathered.

Each takes memory that DuckDB knows nothing of.
"""


@dataclass(frozen=True)
class _Placed:
    """The records of a part and their nodes.

    The nodes are numbered from 0, by birth date and then by their first record.
    """

    part: int
    nodes: Ints
    """The node of each record."""
    held: Columns
    """Column `record`, and what gathering needs."""

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return int(self.nodes.max(initial=-1)) + 1


def load_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of nodes; makes tables `record_nodes` and `nodes` from `records`.

    `record_nodes` has record, node and part; `nodes` has node, part and the columns that
    `node_attributes.gather_nodes` gives. Nodes are numbered from 0 in an order that depends on the
    records alone. They lie by `part` and birth date, so that nodes that are compared are near each
    other. Records in table `apart`, if there is one, are nodes of their own.
    """
    apart = (
        "record not in (select record from apart)" if _has_table(connection, "apart") else "true"
    )
    return _load(connection, f"{IS_WELL_NAMED} and {apart}")


def load_uncollapsed_nodes(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of nodes; makes `nodes` with every record a node of its own.

    A model is trained on these: else agreement would look rarer than it is.
    """
    return _load(connection, "false")


def _load(connection: duckdb.DuckDBPyConnection, may_join: str) -> int:
    """Make `record_nodes` and `nodes`; records for which `may_join` holds may be of one node.

    Each part is read once. A part is gathered while later ones are placed, since the number of its
    first node is known only once the parts before it are placed.
    """
    connection.execute(
        "create or replace table record_nodes (record bigint, node bigint, part integer)"
    )
    folder = empty_folder(connection, "nodes")
    folder.mkdir()
    parts = [
        part
        for (part,) in connection.execute(
            "select distinct part from records order by part"
        ).fetchall()
    ] or [0]
    place = partial(_place, connection, may_join)
    write = partial(_write_nodes, connection, values.count_term_frequencies(connection), folder)
    first = 0
    with ThreadPoolExecutor(max_workers=threads_of(connection)) as pool:
        waiting = iter(parts)
        placing, writing = deque(pool.submit(place, part) for part in islice(waiting, AHEAD)), []
        while placing:
            ready = placing.popleft().result()
            writing.append(pool.submit(write, ready, first))
            placing.extend(pool.submit(place, part) for part in islice(waiting, 1))
            connection.register(
                "placed", {"record": ready.held["record"].to_numpy(), "node": first + ready.nodes}
            )
            connection.execute(
                f"insert into record_nodes select record, node, {ready.part} from placed"
            )
            connection.unregister("placed")
            first += ready.count
        for written in writing:
            written.result()
    connection.execute(f"create or replace view nodes as from {scan_parquet(folder / '*.parquet')}")
    return first


def _write_nodes(
    connection: duckdb.DuckDBPyConnection,
    worth: values.Worth,
    folder: Path,
    ready: _Placed,
    first: int,
) -> None:
    """Write the nodes of a part, of which this is the first number."""
    with connection.cursor() as own:
        told = node_attributes.gather_nodes(own, worth, ready.held, ready.nodes)
    node, part = (
        np.arange(first, first + ready.count),
        np.full(ready.count, ready.part, dtype=np.int32),
    )
    node_attributes.write_nodes(
        {"node": pa.array(node), "part": pa.array(part)} | told, folder / f"{ready.part}.parquet"
    )


def _place(connection: duckdb.DuckDBPyConnection, may_join: str, part: int) -> _Placed:
    """Read a part, and find out which of its records are one node."""
    shared = [
        f"case when may_join and {value} is not null then hash(name_number, birth, {value}) end"
        for value in SHARED
    ]
    query = f"""
        select
            record,
            coalesce(birth - date '1800-01-01', -1) as day,
            {", ".join(f"{value} as shared_{place}" for place, value in enumerate(shared))},
            {", ".join(node_attributes.HELD)}
        from (select *, coalesce({may_join}, false) as may_join
            from records where part = {part} and {IS_PERSON})
    """
    with connection.cursor() as own:
        held = columns_of(own.sql(query))
        # Lists are made of it twice.
        held["pnc"] = held["pnc"].dictionary_encode()
        label, key = _joined([held.pop(f"shared_{place}") for place in range(len(SHARED))])
        label = _without_conflicts(own, label, key, held["pnc"])
    return _Placed(
        part, _numbered(label, held.pop("day").to_numpy(), held["record"].to_numpy()), held
    )


def _numbered(label: Ints, day: Ints, record: Ints) -> Ints:
    """Labels as numbers from 0, in the order of birth and then of the first record of each."""
    different, node = place_numbers(label)
    birth, first_record = (
        np.empty(len(different), dtype=np.int64),
        np.full(len(different), np.iinfo(np.int64).max),
    )
    birth[node] = day
    np.minimum.at(first_record, node, record)
    rank = np.empty(len(different), dtype=np.int64)
    rank[np.lexsort((first_record, birth))] = np.arange(len(different))
    return rank[node]


def _joined(shared: list[pa.Array]) -> tuple[Ints, Ints]:
    """The label of each record, and its key: the first value that it has.

    Labels are equal where records hang together by values that they share.
    """
    known = [np.flatnonzero(values.is_valid()) for values in shared]
    encoded = pa.concat_arrays([values.drop_null() for values in shared]).dictionary_encode()
    rows, codes = np.concatenate(known), encoded.indices.to_numpy()
    some_row = np.empty(len(encoded.dictionary), dtype=np.int64)
    some_row[codes] = rows
    key = np.full(len(shared[0]), -1)
    for mine, code in reversed(
        [*zip(known, np.split(codes, np.cumsum([len(mine) for mine in known])[:-1]), strict=True)]
    ):
        key[mine] = code
    return label_components(rows, some_row[codes], len(key)), key


def _without_conflicts(
    connection: duckdb.DuckDBPyConnection, label: Ints, key: Ints, pnc: pa.Array
) -> Ints:
    """Labels of records, where those that would hold two sound police numbers are parted by key."""
    count = int(label.max(initial=-1)) + 1
    numbers = lists_of(label, pnc, count, is_ordered=False)
    of_several = np.repeat(numbers.lengths > 1, numbers.lengths)
    several = {
        "label": numbers.nodes[of_several],
        "pnc": numbers.values.take(pa.array(numbers.places[of_several])),
    }
    connection.register("several", pa.table(several))
    conflicts = connection.execute(_CONFLICTS).fetchnumpy()["label"]
    connection.unregister("several")
    is_conflict = np.zeros(count, dtype=np.bool_)
    is_conflict[conflicts] = True
    return np.where(is_conflict[label], count + key, label)


_CONFLICTS = f"""
select distinct label
from several as one
inner join several as other using (label)
where one.pnc < other.pnc and pnc_is_right(one.pnc) and pnc_is_right(other.pnc)
    and damerau_levenshtein(one.pnc, other.pnc) > {TYPING_SLIP}
"""


def _has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    return bool(
        connection.execute("select 1 from duckdb_tables() where table_name = ?", [name]).fetchone()
    )
