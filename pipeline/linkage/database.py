"""The database of one linkage: in memory, with a private folder beside it for what does not fit.

Belongs here: opening it, its files, asking it for numbers and columns. Does not belong here: what
its tables mean.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.linkage import standardise
from pipeline.storage import DatabaseConfig, open_database, quote_literal

Columns = dict[str, pa.Array]
"""Name -> values, of which all columns have as many."""


@contextmanager
def open_linkage_database(
    spill: Path, *, threads: int, memory: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a database in memory, with stated limits.

    It spills into a private folder and knows the macros of `standardise`.
    """
    spill.mkdir(parents=True, exist_ok=True, mode=0o700)
    config: DatabaseConfig = {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(spill),
        "preserve_insertion_order": False,
    }
    with open_database(config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        # Parts are read from as many files as there are parts, many times over.
        connection.execute("set parquet_metadata_cache = true")
        standardise.register_macros(connection)
        yield connection


def empty_folder(connection: duckdb.DuckDBPyConnection, name: str) -> Path:
    """Path of a folder for files of this connection alone; nothing is there.

    It lies beside the files that the connection spills.
    """
    private = connection.execute("select current_setting('temp_directory')").fetchone() or ("",)
    folder = Path(str(private[0])) / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def scan_parquet(path: Path) -> str:
    """The FROM item that reads a Parquet file."""
    return f"read_parquet({quote_literal(path)})"


def fetch_number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one whole number that a query gives; 0 for none."""
    return int((connection.execute(query).fetchone() or (0,))[0] or 0)


def columns_of(relation: duckdb.DuckDBPyRelation) -> Columns:
    """The columns of a relation, each in one chunk.

    All threads collect them, while the result of a statement is collected by one.
    """
    rows = relation.to_arrow_table()
    return {name: rows[name].combine_chunks() for name in rows.column_names}


def threads_of(connection: duckdb.DuckDBPyConnection) -> int:
    """How many threads a connection may use, for what goes on beside it."""
    return fetch_number(connection, "select current_setting('threads')")
