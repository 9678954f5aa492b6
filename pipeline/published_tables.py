"""The tables of a release: each copied from the build into the release's database, then a Parquet file and a digest of it.

Belongs here: which relations are published, in which order their rows are stored, what their key is.
Does not belong here: folders, manifest and pointer (publish), the definition of the digest (verify).

Copying keeps all cores busy; making the digest of a table keeps one. So a second thread writes the Parquet file and
makes the digest of a table while the next one is copied. Both share the limits of one database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.storage import columns_of, literal, quoted
from pipeline.verify import content_digest, in_key_order

PUBLISHED_SCHEMAS = ("marts",)
MOST_KEY_COLUMNS = 3

Progress = Callable[[str], None]
Facts = dict[str, Any]
"""What the manifest says of one table."""


class TableRefused(Exception):
    """A table may not be published; the message says in one line why."""


@dataclass(frozen=True)
class Relation:
    """A table or view of the build that is published as a table."""

    database: str
    schema: str
    name: str
    comment: str | None

    @property
    def sql(self) -> str:
        """Its name in the release, in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def built(self) -> str:
        """Its name in the build, in SQL."""
        return f"{quoted(self.database)}.{self.sql}"


def copy_tables(connection: duckdb.DuckDBPyConnection, build: str, folder: Path, tell: Progress) -> dict[str, Facts]:
    """Facts of every published table, by name, once it is in the database and in a Parquet file.

    Rows are stored in the order of the key, with comments on table and columns.

    Args:
        connection: the release's database, with what dbt built attached to it.
        build: the name of what is attached.
        folder: where the Parquet files go.
        tell: told the name of each table as it begins.

    Raises:
        TableRefused: a table has no key.
        duckdb.Error: a table could not be written.
    """
    finished: dict[str, Future[Facts]] = {}
    with ThreadPoolExecutor(max_workers=1) as finisher:
        try:
            for relation in _published(connection, build):
                tell(relation.name)
                key = _copy(connection, relation)
                _copy_comments(connection, relation)
                finished[relation.name] = finisher.submit(_finish, connection.cursor(), relation, key, folder)
            tell("digests")
            return {name: facts.result() for name, facts in finished.items()}
        except BaseException:
            finisher.shutdown(cancel_futures=True)
            raise


def _published(connection: duckdb.DuckDBPyConnection, build: str) -> list[Relation]:
    """What is published, in the order of names."""
    found = connection.execute(
        "select database_name, schema_name, name, comment from ("
        "select database_name, schema_name, table_name as name, comment from duckdb_tables() union all "
        "select database_name, schema_name, view_name, comment from duckdb_views()) as relations "
        "where database_name = ? and list_contains(?, schema_name) and not contains(name, '__dbt_') order by name, schema_name",
        [build, list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    return [Relation(*row) for row in found]


def _copy(connection: duckdb.DuckDBPyConnection, relation: Relation) -> list[str]:
    """Store a relation in the order of its key; the key."""
    connection.execute(f"create schema if not exists {quoted(relation.schema)}")
    connection.execute(f"create table {relation.sql} as {_rows(connection, relation.built)}")
    key, is_in_order = _find_key(connection, relation.sql)
    if not is_in_order:
        by = ", ".join(map(quoted, key))
        connection.execute(f"create or replace table {relation.sql} as select * from {relation.sql} order by {by}")
    return key


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """A query for all rows. Sums of whole numbers (HUGEINT) become BIGINT, since Parquet has no place for more."""
    wide = [quoted(name) for name, kind in columns_of(connection, relation).items() if kind == "HUGEINT"]
    narrow = f" replace ({', '.join(f'cast({name} as bigint) as {name}' for name in wide)})" if wide else ""
    return f"select *{narrow} from {relation}"


def _find_key(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[list[str], bool]:
    """The key, and whether rows are stored in its order.

    The key is the first column, or as few of the first columns as are never empty and unique together.
    """
    names = list(columns_of(connection, relation))
    candidates = [names[:length] for length in range(1, min(len(names), MOST_KEY_COLUMNS) + 1)]
    for judge in (in_key_order, _is_unique):
        for key in candidates:
            if judge(connection, relation, key):
                return key, judge is in_key_order
    raise TableRefused(f"table {relation} is not published: none of its first columns make a key: {candidates[-1]}")


def _is_unique(connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str]) -> bool:
    together = ", ".join(map(quoted, key))
    empty = " or ".join(f"{quoted(name)} is null" for name in key)
    counted = connection.execute(
        f"select count(*), count(distinct row({together})), count(*) filter (where {empty}) from {relation}"
    ).fetchone()
    return counted is not None and counted[0] == counted[1] and not counted[2]


def _copy_comments(connection: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    if relation.comment:
        connection.execute(f"comment on table {relation.sql} is {literal(relation.comment)}")
    described = connection.execute(
        "select column_name, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? and table_name = ? and comment is not null order by column_index",
        [relation.database, relation.schema, relation.name],
    ).fetchall()
    for column, text in described:
        connection.execute(f"comment on column {relation.sql}.{quoted(column)} is {literal(text)}")


def _finish(connection: duckdb.DuckDBPyConnection, relation: Relation, key: list[str], folder: Path) -> Facts:
    """Write the Parquet file of a stored table; its facts."""
    target = folder / f"{relation.name}.parquet"
    connection.execute(f"copy (from {relation.sql}) to {literal(target)} (format parquet, compression zstd)")
    counted = connection.execute(f"select count(*) from {relation.sql}").fetchone()
    return {
        "rows": counted[0] if counted else 0,
        "columns": list(columns_of(connection, relation.sql)),
        "key": key,
        "sha256": content_digest(connection, relation.sql, key, is_in_order=True),
    }
