"""The links as they are written: two files with one row a record, in the order of records.

One file holds every record with its ids, the other what the registry shall know of the record.

Belongs here: the two files that have a row a record. Does not belong here: giving ids (person_ids),
the small lookups (run).

Records are put in order with the numbers of their clusters beside them, and get the texts of their
ids only as they are written: three ids are more than all else that a row holds, and would be copied
from join to join and sorted along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.linkage.clustering.person_ids import LEVELS, REGISTRY, THRESHOLD_OF
from pipeline.linkage.database import columns_of
from pipeline.linkage.prepare.identity_tables import RECORD

LINKS = "person_links.parquet"
REMEMBERED = f"registry_{REGISTRY}"
_NAMES = [(column, pa.string()) for column in ("source_dataset", RECORD, *LEVELS)]
SCHEMAS = {
    LINKS: pa.schema([*_NAMES, ("match_weight", pa.float64())]),
    REMEMBERED: pa.schema([*_NAMES, ("since", pa.int64()), ("seen", pa.int64())]),
}
"""Files and their columns.

The registry's file also has records of earlier releases that are not there today.
"""
RECURRING = ["source_dataset", "match_weight", "since", "seen"]
"""Columns with a dictionary; one for the ids would be no smaller than the ids themselves."""
ROWS_AT_ONCE = 122_880
"""Rows of a row group: as many as DuckDB writes."""
LEVEL = 1
"""Compression level of zstd: digits of hashes do not get smaller with more work."""


def write_link_files(connection: duckdb.DuckDBPyConnection, target: Path, release: int) -> None:
    """Write the files of `SCHEMAS` to a folder.

    A record that is in no group today keeps in the registry what it had.

    Args:
        connection: holds `records`, `groups` with match_weight, the tables of
            `person_ids.load_ids`, and `known`.
        target: the folder.
        release: number of the release that is being made.
    """
    connection.execute(_GONE)
    connection.execute(_unchanged(release))
    ids = {column: columns_of(connection.sql(_texts(column)))["id"] for column in LEVELS}
    rows = connection.execute(_rows(release)).to_arrow_reader(ROWS_AT_ONCE)
    with ExitStack() as open_files:
        # A file is written by one thread, so the two are written side by side.
        pool = open_files.enter_context(ThreadPoolExecutor(max_workers=len(SCHEMAS)))
        files = [
            open_files.enter_context(_writer(target / name, schema))
            for name, schema in SCHEMAS.items()
        ]
        for batch in resize_batches(rows, ROWS_AT_ONCE):
            texts = {column: ids[column].take(batch[column]) for column in LEVELS}
            every = pa.table(dict(zip(batch.column_names, batch.columns, strict=True)) | texts)
            today = (
                every.filter(pc.invert(every["is_gone"]))
                if pc.any(every["is_gone"]).as_py()
                else every
            )
            told = [
                part.select(schema.names)
                for part, schema in zip((today, every), SCHEMAS.values(), strict=True)
            ]
            list(pool.map(pq.ParquetWriter.write_table, files, told))
    for table in ("gone", "unchanged"):
        connection.execute(f"drop table {table}")


def _writer(file: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file, schema, compression="zstd", compression_level=LEVEL, use_dictionary=RECURRING
    )


def resize_batches(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[pa.Table]:
    """The same rows as tables of one size, of which the last may be smaller.

    Otherwise the row groups of a file would depend on the number of threads.
    """
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        while sum(part.num_rows for part in held) >= size:
            rows = pa.Table.from_batches(held)
            yield rows[:size].combine_chunks()
            held = rows[size:].to_batches()
    if held:
        yield pa.Table.from_batches(held).combine_chunks()


_GONE = f"""
create or replace temp table gone as
select row_number() over () - 1 as place, source_dataset, {RECORD}, {", ".join(LEVELS)}, since, seen
from known
where record is null
"""
"""Records that only earlier releases had; their ids come after those of today's clusters."""


def _unchanged(release: int) -> str:
    """The statement that makes `unchanged` (record, since): records that keep all their ids.

    In a first release nothing is joined.
    """
    same = " and ".join(f"known.{column} = ids.{column}" for column in LEVELS)
    return f"""
        create or replace temp table unchanged as
        select known.record, known.since from known
            inner join ids using (record) where {release} > 0 and {same}
    """


def _texts(column: str) -> str:
    """Query for all ids of a column, each at its number."""
    return f"""
        select id
        from (
            select false as is_gone, cluster as place, id from ids_{column}
            union all
            select true, place, {column} from gone
        )
        order by is_gone, place
    """


def _rows(release: int) -> str:
    """Query for both files together, in order; the id columns hold numbers."""
    numbers = ", ".join(
        f"cast(groups.{THRESHOLD_OF[column]} as integer) as {column}" for column in LEVELS
    )
    gone = ", ".join(
        f"cast((select count(*) from ids_{column}) + place as integer)" for column in LEVELS
    )
    return f"""
        select records.source_dataset, records.{RECORD}, {numbers}, groups.match_weight,
            coalesce(unchanged.since, {release}) as since, cast({release} as bigint) as seen,
                false as is_gone
        from records
        inner join groups using (record)
        left join unchanged using (record)
        union all
        select source_dataset, {RECORD}, {gone}, null, since, seen, true from gone
        order by source_dataset, {RECORD}
    """
