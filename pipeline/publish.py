"""From the file that dbt built to a release: a fresh database, Parquet files, manifest, documents and reports, then the pointer.

Belongs here: what is copied, in which order, and how a release becomes the current one without anybody seeing half of it.
Does not belong here: making tables (dbt), judging them (checks are handed in by name), reading releases (release.py).

A release is written into a hidden folder beside its place, flushed to the disk, renamed, and only then pointed at. A run that is
killed or meets a full disk leaves the former release and its pointer as they were; the next run clears what was left behind.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from pipeline.causes import describe_error
from pipeline.delivery import sha256
from pipeline.reports.page import write_page
from pipeline.settings import CURRENT
from pipeline.storage import columns_of, literal, make_folder, quoted, recover, replace_folder, replace_link
from pipeline.verify import (
    DATABASE,
    MANIFEST,
    TABLES,
    content_digest,
    in_key_order,
    listed_files,
)

PUBLISHED_SCHEMAS = ("marts",)
DOCS = "docs"
PAGE = Path("reports", "index.html")
MOST_KEY_COLUMNS = 3
RESERVED_FACTS = frozenset({"release_id", "tables", "files"})

Progress = Callable[[str], None]


class PublishRefused(Exception):
    """The release may not be published; the message says in one line why."""


class PublishFailed(Exception):
    """The release could not be written; the former one is untouched. The message says in one line why."""


def publish(
    *,
    warehouse: Path,
    releases: Path,
    release_id: str,
    manifest_facts: Mapping[str, object],
    failed_blocking_checks: Sequence[str],
    docs: Path | None,
    progress: Progress | None = None,
    threads: int | None = None,
    memory: str | None = None,
) -> Path:
    """Publishes what dbt built and makes it the current release.

    Args:
        warehouse: the DuckDB file that dbt built; opened read-only, and closed by everyone else.
        releases: folder of all releases.
        release_id: name of the new release. A release of that name is replaced.
        manifest_facts: what the manifest says besides tables and files: delivery digests, code and model version, whether synthetic.
        failed_blocking_checks: names of the blocking checks of this release that failed. One is enough to refuse.
        docs: folder with the static documents, or None.
        progress: told the name of each step as it begins.
        threads: threads of DuckDB.
        memory: memory limit of DuckDB, such as "4GB".

    Returns:
        The folder of the release.

    Raises:
        PublishRefused: a blocking check failed, or there is nothing to publish.
        PublishFailed: the release could not be written.
    """
    _refuse(warehouse, release_id, manifest_facts, failed_blocking_checks)
    tell = progress or (lambda _: None)
    make_folder(releases)
    recover(releases)
    shutil.rmtree(_spill(releases), ignore_errors=True)
    release = releases / release_id
    try:
        with replace_folder(release) as partial:
            _write(partial, warehouse, release_id, manifest_facts, docs, tell, _limits(releases, threads, memory))
            tell("pointing to the new release")
        point(releases, release_id)
    except (OSError, duckdb.Error) as error:
        reason = describe_error(error)
        raise PublishFailed(f"release [{release_id}] was not published, the former one stands: {reason}") from error
    finally:
        shutil.rmtree(_spill(releases), ignore_errors=True)
    return release


def point(releases: Path, release_id: str) -> None:
    """Makes a release the current one, in one atomic move of a relative symbolic link."""
    replace_link(releases / CURRENT, release_id)


def _refuse(warehouse: Path, release_id: str, facts: Mapping[str, object], failed: Sequence[str]) -> None:
    if failed:
        raise PublishRefused(
            f"release [{release_id}] is not published: {len(failed)} blocking checks failed: {', '.join(sorted(failed))}; "
            "mend the delivery or the rule and run again"
        )
    if not release_id or release_id.startswith(".") or "/" in release_id or release_id == CURRENT:
        raise PublishRefused(f"[{release_id}] cannot be the name of a release: use letters, digits and dashes")
    if taken := RESERVED_FACTS & set(facts):
        raise PublishRefused(f"manifest facts may not set {sorted(taken)}: publishing sets them")
    if not warehouse.is_file():
        raise PublishRefused(f"release [{release_id}] is not published: no warehouse at {warehouse}: build it first")


def _spill(releases: Path) -> Path:
    return releases / ".spill"


def _limits(releases: Path, threads: int | None, memory: str | None) -> dict[str, str | bool | int | float | list[str]]:
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(_spill(releases))}
    if threads is not None:
        config["threads"] = threads
    if memory is not None:
        config["memory_limit"] = memory
    return config


def _write(
    partial: Path,
    warehouse: Path,
    release_id: str,
    facts: Mapping[str, object],
    docs: Path | None,
    tell: Progress,
    config: dict[str, str | bool | int | float | list[str]],
) -> None:
    (partial / TABLES).mkdir(parents=True)
    with duckdb.connect(str(partial / DATABASE), config=config) as connection:
        connection.execute(f"attach {literal(warehouse)} as build (read_only)")
        tables = _copy_tables(connection, partial / TABLES, tell)
        connection.execute("detach build")
        connection.execute("checkpoint")
    if not tables:
        raise PublishRefused(f"release [{release_id}] is not published: schema {'/'.join(PUBLISHED_SCHEMAS)} has no table: run dbt first")
    if docs is not None:
        tell("documents")
        shutil.copytree(docs, partial / DOCS)
    tell("report")
    (partial / PAGE).parent.mkdir(parents=True)
    write_page(partial / DATABASE, partial / PAGE, {"release_id": release_id, **facts})
    tell("manifest")
    files = {path: sha256(partial / path) for path in listed_files(partial)}
    manifest = {"release_id": release_id, **facts, "tables": tables, "files": files}
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    (partial / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _copy_tables(connection: duckdb.DuckDBPyConnection, folder: Path, tell: Progress) -> dict[str, dict[str, Any]]:
    """Copies every published table, ordered by its key and with its comments, into the database and a Parquet file each."""
    published = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = 'build' and list_contains(?, schema_name) "
        "and not contains(table_name, '__dbt_') order by table_name, schema_name",
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    facts: dict[str, dict[str, Any]] = {}
    for schema, name, comment in published:
        tell(name)
        relation = f"{quoted(schema)}.{quoted(name)}"
        connection.execute(f"create schema if not exists {quoted(schema)}")
        key, is_in_order = _key_of(connection, f"build.{relation}")
        connection.execute(_create_statement(connection, relation, [] if is_in_order else key))
        _copy_comments(connection, schema, name, comment)
        target = folder / f"{name}.parquet"
        connection.execute(f"copy (from {relation}) to {literal(target)} (format parquet, compression zstd)")
        counted = connection.execute(f"select count(*) from {relation}").fetchone()
        facts[name] = {
            "rows": counted[0] if counted else 0,
            "columns": list(columns_of(connection, relation)),
            "key": key,
            "sha256": content_digest(connection, relation, key, is_in_order=True),
        }
    return facts


def _key_of(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[list[str], bool]:
    """The key, and whether rows are stored in its order.

    The key is the first column, or as few of the first columns as are never empty and unique together.
    """
    names = list(columns_of(connection, relation))
    candidates = [names[:length] for length in range(1, min(len(names), MOST_KEY_COLUMNS) + 1)]
    for judge in (in_key_order, _is_unique):
        for key in candidates:
            if judge(connection, relation, key):
                return key, judge is in_key_order
    raise PublishRefused(f"table {relation} is not published: none of its first columns make a key: {candidates[-1]}")


def _is_unique(connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str]) -> bool:
    together = ", ".join(map(quoted, key))
    empty = " or ".join(f"{quoted(name)} is null" for name in key)
    counted = connection.execute(
        f"select count(*), count(distinct row({together})), count(*) filter (where {empty}) from {relation}"
    ).fetchone()
    return counted is not None and counted[0] == counted[1] and not counted[2]


def _create_statement(connection: duckdb.DuckDBPyConnection, relation: str, order: Sequence[str]) -> str:
    """The statement that copies a table, in the order of these columns or, without any, as it is stored.

    Sums of whole numbers (HUGEINT) become BIGINT, since Parquet has no place for more.
    """
    wide = [quoted(name) for name, kind in columns_of(connection, f"build.{relation}").items() if kind == "HUGEINT"]
    narrow = f" replace ({', '.join(f'cast({name} as bigint) as {name}' for name in wide)})" if wide else ""
    by = f" order by {', '.join(map(quoted, order))}" if order else ""
    return f"create table {relation} as select *{narrow} from build.{relation}{by}"


def _copy_comments(connection: duckdb.DuckDBPyConnection, schema: str, name: str, comment: str | None) -> None:
    relation = f"{quoted(schema)}.{quoted(name)}"
    if comment:
        connection.execute(f"comment on table {relation} is {literal(comment)}")
    described = connection.execute(
        "select column_name, comment from duckdb_columns() "
        "where database_name = 'build' and schema_name = ? and table_name = ? and comment is not null order by column_index",
        [schema, name],
    ).fetchall()
    for column, text in described:
        connection.execute(f"comment on column {relation}.{quoted(column)} is {literal(text)}")
