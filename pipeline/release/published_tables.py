"""The tables of a release: what may be in its database, and a Parquet file and a digest of each.

Belongs here: which relations are published, in which order their rows are stored, what their key
is. Does not belong here: folders, manifest and pointer (publish), the definition of the digest
(verify).

Making a digest keeps one core busy, so two tables are read at a time, the largest first: else one
core would wait for the last. Both share the limits of one database.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import TableRefused
from pipeline.release.digest import content_digest, in_key_order
from pipeline.release.release_manifest import SCHEMA
from pipeline.storage import columns_of, quote_literal, quote_name

MAX_KEY_COLUMNS = 3
LEVEL = 1
"""Of Zstandard: files are no larger than at the usual 3, and take a sixth less time to write."""

Progress = Callable[[str], None]
Facts = dict[str, Any]
"""What the manifest says of one table."""


def write_tables(
    connection: duckdb.DuckDBPyConnection, folder: Path, tell: Progress
) -> dict[str, Facts]:
    """Facts of every table of a release's database, by name, once its Parquet file is written.

    Args:
        connection: the release's database.
        folder: where the Parquet files go.
        tell: told the name of each table as it begins.

    Raises:
        TableRefused: there is no table, one that is not of the marts, or one whose rows are not in
            the order of a key.
        duckdb.Error: a file could not be written.
    """

    def write(name: str) -> Facts:
        tell(name)
        return _write_table(connection.cursor(), name, folder)

    with ThreadPoolExecutor(max_workers=2) as writers:
        try:
            written = {name: writers.submit(write, name) for name in _list_tables(connection)}
            return {name: written[name].result() for name in sorted(written)}
        except BaseException:
            writers.shutdown(cancel_futures=True)
            raise


def _list_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of the tables, the largest first.

    The file must hold nothing else, since all of it is published.
    """
    found = connection.execute(
        "select schema_name, table_name, estimated_size, not contains(table_name, '__dbt_') "
        "from duckdb_tables() "
        "union all select schema_name, view_name, 0, false "
        "from duckdb_views() where not internal "
        "order by 3 desc, 1, 2"
    ).fetchall()
    if not found:
        raise TableRefused(f"schema {SCHEMA} has no table: run dbt first")
    for schema, name, _, is_table in found:
        if schema != SCHEMA or not is_table:
            raise TableRefused(
                f"[{schema}.{name}] stands beside the marts and is none of their tables: "
                "build all anew"
            )
    return [name for _, name, _, _ in found]


def _write_table(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> Facts:
    """Write the Parquet file of a table; its facts."""
    relation = f"{quote_name(SCHEMA)}.{quote_name(name)}"
    columns = columns_of(connection, relation)
    if wide := [column for column, kind in columns.items() if kind == "HUGEINT"]:
        raise TableRefused(
            f"columns {wide} of table {name} are HUGEINT, which Parquet has no place for: "
            "cast them to BIGINT"
        )
    key = _find_key(connection, name, relation, list(columns))
    target = folder / f"{name}.parquet"
    form = f"format parquet, compression zstd, compression_level {LEVEL}"
    connection.execute(f"copy (from {relation}) to {quote_literal(target)} ({form})")
    counted = connection.execute(f"select count(*) from {relation}").fetchone()
    return {
        "rows": counted[0] if counted else 0,
        "columns": list(columns),
        "key": key,
        "sha256": content_digest(connection, relation, key, is_in_order=True),
    }


def _find_key(
    connection: duckdb.DuckDBPyConnection, name: str, relation: str, columns: list[str]
) -> list[str]:
    """As few of the first columns as are never null and rise from row to row.

    Rising values make the columns unique too.
    """
    candidates = [columns[:length] for length in range(1, min(len(columns), MAX_KEY_COLUMNS) + 1)]
    for key in candidates:
        if in_key_order(connection, relation, key):
            return key
    raise TableRefused(
        f"none of the first columns of table {name} make a key in whose order its rows are stored: "
        f"{candidates[-1]}"
    )
