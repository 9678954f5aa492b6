"""SHA-256 of the content of a table, however and wherever it is stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import duckdb

from pipeline.storage import columns_of, quote_name

BATCH_ROWS = 20_000
"""A batch then stays in memory that is used again, which saves a seventh of the time."""


def in_key_order(connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str]) -> bool:
    """Whether rows are stored in strictly rising order of these columns, none of them null.

    This is much cheaper to see than to sort.
    """
    names = ", ".join(map(quote_name, key))
    together = f"row({names})" if len(key) > 1 else names
    empty = " or ".join(f"{quote_name(name)} is null" for name in key)
    broken = connection.execute(
        "select exists (select 1 from ("
        f"select {together} as key, lag({together}) over () as former, {empty} as is_empty "
        f"from {relation}) "
        "where is_empty or former >= key)"
    ).fetchone()
    return broken is not None and not broken[0]


def query_ordered(connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str]) -> str:
    """A query for all rows in key order, which sorts only what is not stored so."""
    by = (
        ""
        if in_key_order(connection, relation, key)
        else f" order by {', '.join(map(quote_name, key))}"
    )
    return f"select * from {relation}{by}"


def content_digest(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    key: Sequence[str],
    *,
    is_in_order: bool = False,
) -> str:
    """SHA-256 of a table's content, independent of how and where it is stored.

    The digested text is UTF-8, one line (ending in a line feed) for the header and one for each
    row: the header is a JSON array of "name TYPE" for every column; a row is a JSON array of its
    values, each as the text that DuckDB casts it to (dates as ISO dates, doubles in their shortest
    exact form) or null. Rows are in ascending order of the key, which is unique, so that neither
    row order, row groups, threads nor compression can change the digest, and any change of a name,
    type, value or row does. Whoever has just stored the rows in that order says so (`is_in_order`),
    which saves looking.
    """
    columns = columns_of(connection, relation)
    digest = hashlib.sha256(
        (
            json.dumps([f"{name} {kind}" for name, kind in columns.items()], ensure_ascii=False)
            + "\n"
        ).encode()
    )
    values = ", ".join(f"cast({quote_name(name)} as varchar)" for name in columns)
    stored = (
        f"select * from {relation}" if is_in_order else query_ordered(connection, relation, key)
    )
    rows = connection.execute(
        f"select cast(to_json([{values}]) as varchar) || chr(10) as line "
        f"from ({stored}) as rows_in_order"
    )
    for batch in rows.to_arrow_reader(BATCH_ROWS):
        digest.update(_text_bytes(batch.column(0)))
    return digest.hexdigest()


def _text_bytes(lines: Any) -> memoryview:
    """The bytes of all texts of an Arrow column, one after the other.

    Nothing is copied where Arrow holds them in this way.
    """
    lines = lines.cast("large_string")
    _, offsets, data = lines.buffers()
    ends = memoryview(offsets).cast("q")
    if data is None:
        return memoryview(b"")
    return memoryview(data)[ends[lines.offset] : ends[lines.offset + len(lines)]]
