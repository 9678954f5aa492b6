"""What a table's digest is, and whether a release still is what its manifest says.

Belongs here: the definition of the content digest, checking one release against its own manifest,
comparing two releases. Does not belong here: writing releases (publish.py), reading them for people
(open_release.py), making a release again (the command line does that and calls `compare_releases`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.delivery.manifest import hash_file
from pipeline.errors import ReleaseError
from pipeline.release.digest import content_digest
from pipeline.release.release_manifest import (
    DATABASE,
    MANIFEST,
    SCHEMA,
    TABLES,
    listed_files,
    read_manifest,
)
from pipeline.storage import columns_of, open_scratch, quote_literal, quote_name

MAKERS = ("code_version", "linkage_model")
"""What a manifest says of the program that made the release."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be."""

    subject: str
    problem: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}"


def verify_release(
    release: Path, *, threads: int | None = None, memory: str | None = None
) -> list[Difference]:
    """What differs from the manifest of a release, after every digest is computed again.

    Digests are computed in the Parquet files and in the database.
    """
    try:
        manifest = read_manifest(release)
    except ReleaseError as error:
        return [Difference(MANIFEST, str(error))]
    stated: Mapping[str, Mapping[str, Any]] = manifest["tables"]
    # A digest keeps one core busy, so the Parquet files and the database are read side by side.
    with open_scratch(threads, memory) as connection, ThreadPoolExecutor(max_workers=2) as readers:
        found = [
            readers.submit(_parquet_differences, connection.cursor(), release, stated),
            readers.submit(_database_differences, connection.cursor(), release / DATABASE, stated),
            readers.submit(_file_differences, release, manifest["files"]),
        ]
        parquet, database, files = (future.result() for future in found)
    return [*files, *parquet, *database]


def scan_released(release: Path, name: str) -> str:
    """A released table in SQL, from its Parquet file."""
    return f"read_parquet({quote_literal(release / TABLES / f'{name}.parquet')})"


def _file_differences(release: Path, stated: Mapping[str, str]) -> list[Difference]:
    present = listed_files(release)
    differences: list[Difference] = []
    for path in sorted({*present, *stated}):
        if path not in stated:
            differences.append(Difference(path, "is not in the manifest"))
        elif path not in present:
            differences.append(Difference(path, "is missing"))
        elif hash_file(release / path) != stated[path]:
            differences.append(Difference(path, "its bytes are not those that were published"))
    return differences


def _parquet_differences(
    connection: duckdb.DuckDBPyConnection, release: Path, stated: Mapping[str, Mapping[str, Any]]
) -> list[Difference]:
    differences: list[Difference] = []
    for name, facts in stated.items():
        path = f"{TABLES}/{name}.parquet"
        differences += _table_differences(connection, path, scan_released(release, name), facts)
    return differences


def _table_differences(
    connection: duckdb.DuckDBPyConnection, subject: str, relation: str, facts: Mapping[str, Any]
) -> Iterator[Difference]:
    try:
        counted = connection.execute(f"select count(*) from {relation}").fetchone()
        rows = counted[0] if counted else 0
        digest = content_digest(connection, relation, facts["key"])
    except duckdb.Error:
        yield Difference(subject, "cannot be read")
        return
    if rows != facts["rows"]:
        yield Difference(subject, f"has [{rows}] rows, the manifest says [{facts['rows']}]")
    if digest != facts["sha256"]:
        yield Difference(
            subject,
            f"content digest is [{digest[:12]}], the manifest says [{facts['sha256'][:12]}]",
        )


def _database_differences(
    connection: duckdb.DuckDBPyConnection, database: Path, stated: Mapping[str, Mapping[str, Any]]
) -> list[Difference]:
    try:
        connection.execute(f"attach {quote_literal(database)} as release (read_only)")
        found = connection.execute(
            (
                "select table_name from duckdb_tables() "
                "where database_name = 'release' and schema_name = ? "
                "order by 1"
            ),
            [SCHEMA],
        ).fetchall()
    except duckdb.Error:
        return [Difference(DATABASE, "cannot be read")]
    names = {row[0] for row in found}
    differences = [
        Difference(f"{DATABASE} {name}", "is not in the manifest")
        for name in sorted(names - set(stated))
    ]
    for name in stated:
        differences += _table_differences(
            connection, f"{DATABASE} {name}", f"release.{SCHEMA}.{quote_name(name)}", stated[name]
        )
    connection.execute("detach release")
    return differences


def compare_releases(
    first: Path, second: Path, *, threads: int | None = None, memory: str | None = None
) -> list[Difference]:
    """Tables that differ between two releases by their manifests' digests, and in what.

    Files that are no tables are left out: pictures and documents may differ in bytes between
    machines, tables may not.
    """
    facts = [read_manifest(release) for release in (first, second)]
    one, other = (stated["tables"] for stated in facts)
    differences: list[Difference] = []
    with open_scratch(threads, memory) as connection:
        for name in sorted({*one, *other}):
            if name not in one or name not in other:
                absent = first if name not in one else second
                differences.append(Difference(name, f"is not in {absent.name}"))
            elif one[name]["sha256"] != other[name]["sha256"]:
                files = [scan_released(release, name) for release in (first, second)]
                differences.append(
                    Difference(name, _explain(connection, *files, key=one[name]["key"]))
                )
    return [*differences, *_makers(*facts)] if differences else []


def _makers(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    """What made two releases, where it is not the same.

    This is a reason for tables to differ that is no damage.
    """
    for name in MAKERS:
        if name in first and name in second and first[name] != second[name]:
            yield Difference(
                name,
                (
                    f"is [{first[name]}] in the first and [{second[name]}] in the second, "
                    "so their tables may well differ"
                ),
            )


def _explain(
    connection: duckdb.DuckDBPyConnection, first: str, second: str, *, key: Sequence[str]
) -> str:
    """In what two tables of one name differ.

    They differ in columns, in keys on one side only, or in columns with other values.
    """
    one, other = columns_of(connection, first), columns_of(connection, second)
    if list(one.items()) != list(other.items()):
        changed = sorted({name for name, _ in {*one.items()} ^ {*other.items()}})
        return f"columns differ: {changed or 'their order'}"
    rest = [name for name in one if name not in key]
    leading = quote_name(key[0])
    both = f"a.{leading} is not null and b.{leading} is not null"
    changes = [
        f"count(*) filter (where {both} and a.{name} is distinct from b.{name})"
        for name in map(quote_name, rest)
    ]
    on = " and ".join(f"a.{quote_name(name)} = b.{quote_name(name)}" for name in key)
    sides = [f"count(*) filter (where {side}.{leading} is null)" for side in ("b", "a")]
    counts = connection.execute(
        f"select {', '.join([*sides, *changes])} "
        f"from (select * from {first}) as a "
        f"full join (select * from {second}) as b on {on}"
    ).fetchone()
    assert counts is not None
    parts = [f"{counts[0]} rows only in the first, {counts[1]} only in the second"]
    parts += [
        f"{name} differs in {count} rows"
        for name, count in zip(rest, counts[2:], strict=True)
        if count
    ]
    return "; ".join(parts)
