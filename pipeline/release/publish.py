"""A release from the marts that dbt built: its files first, then the pointer.

The files are the database, Parquet files, the manifest, documents and reports.

Belongs here: what is written, in which order, and how a release becomes the current one without
anybody seeing half of it. Does not belong here: making tables (dbt), judging them (checks are
handed in by name), reading releases (open_release.py).

A release is written into a hidden folder beside its place, flushed to the disk, renamed, and only
then pointed at. A run that is killed or meets a full disk leaves the former release and its pointer
as they were; the next run clears what was left behind.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from pipeline.delivery.manifest import hash_file
from pipeline.errors import PublishFailed, PublishRefused, TableRefused, describe_error
from pipeline.release.published_tables import Progress, write_tables
from pipeline.release.release_manifest import DATABASE, MANIFEST, TABLES, listed_files
from pipeline.reports.release_page import write_page
from pipeline.storage import (
    DatabaseConfig,
    make_folder,
    open_database,
    recover_folder,
    replace_folder,
    replace_link,
)
from pipeline.workspace import CURRENT

DOCS = "docs"
PAGE = Path("reports", "index.html")
RESERVED_FACTS = frozenset({"release_id", "tables", "files"})


def publish_release(
    *,
    marts: Path,
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
        marts: the DuckDB file with the marts that dbt built, closed by everyone. The release gets a
            copy of it.
        releases: folder of all releases.
        release_id: name of the new release. A release of that name is replaced.
        manifest_facts: what the manifest says besides tables and files: delivery digests, code and
            model version, whether synthetic.
        failed_blocking_checks: names of the blocking checks of this release that failed. One is
            enough to refuse.
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
    _refuse(marts, release_id, manifest_facts, failed_blocking_checks)
    tell = progress or (lambda _: None)
    make_folder(releases)
    recover_folder(releases)
    shutil.rmtree(_spill(releases), ignore_errors=True)
    release = releases / release_id
    try:
        with replace_folder(release) as partial:
            _write(
                partial,
                marts,
                release_id,
                manifest_facts,
                docs,
                tell,
                _limits(releases, threads, memory),
            )
            tell("pointing to the new release")
        point_current(releases, release_id)
    except (OSError, duckdb.Error) as error:
        reason = describe_error(error)
        raise PublishFailed(
            f"release [{release_id}] was not published, the former one stands: {reason}"
        ) from error
    finally:
        shutil.rmtree(_spill(releases), ignore_errors=True)
    return release


def point_current(releases: Path, release_id: str) -> None:
    """Makes a release the current one, in one atomic move of a relative symbolic link."""
    replace_link(releases / CURRENT, release_id)


def _refuse(
    marts: Path, release_id: str, facts: Mapping[str, object], failed: Sequence[str]
) -> None:
    if failed:
        raise PublishRefused(
            f"release [{release_id}] is not published: {len(failed)} blocking checks failed: "
            f"{', '.join(sorted(failed))}; mend the delivery or the rule and run again"
        )
    if not release_id or release_id.startswith(".") or "/" in release_id or release_id == CURRENT:
        raise PublishRefused(
            f"[{release_id}] cannot be the name of a release: use letters, digits and dashes"
        )
    if taken := RESERVED_FACTS & set(facts):
        raise PublishRefused(f"manifest facts may not set {sorted(taken)}: publishing sets them")
    if not marts.is_file():
        raise PublishRefused(
            f"release [{release_id}] is not published: no marts at {marts}: build them first"
        )


def _spill(releases: Path) -> Path:
    return releases / ".spill"


def _limits(releases: Path, threads: int | None, memory: str | None) -> DatabaseConfig:
    config: DatabaseConfig = {"temp_directory": str(_spill(releases))}
    if threads is not None:
        config["threads"] = threads
    if memory is not None:
        config["memory_limit"] = memory
    return config


def _write(
    partial: Path,
    marts: Path,
    release_id: str,
    facts: Mapping[str, object],
    docs: Path | None,
    tell: Progress,
    config: DatabaseConfig,
) -> None:
    (partial / TABLES).mkdir(parents=True)
    tell("database")
    with open_database(marts, config) as built:
        built.execute("checkpoint")  # a killed dbt leaves tables in the log beside the file
    shutil.copyfile(marts, partial / DATABASE)
    with open_database(partial / DATABASE, config, read_only=True) as connection:
        try:
            tables = write_tables(connection, partial / TABLES, tell)
        except TableRefused as error:
            raise PublishRefused(f"release [{release_id}] is not published: {error}") from None
    if docs is not None:
        tell("documents")
        shutil.copytree(docs, partial / DOCS)
    tell("report")
    (partial / PAGE).parent.mkdir(parents=True)
    write_page(partial / DATABASE, partial / PAGE, {"release_id": release_id, **facts})
    tell("manifest")
    manifest = {
        "release_id": release_id,
        **facts,
        "tables": tables,
        "files": _digest_files(partial),
    }
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    (partial / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _digest_files(partial: Path) -> dict[str, str]:
    """The SHA-256 of every file by relative path.

    Two files are read at a time, since one file has half of all bytes.
    """
    paths = listed_files(partial)
    with ThreadPoolExecutor(max_workers=2) as workers:
        return dict(
            zip(paths, workers.map(lambda path: hash_file(partial / path), paths), strict=True)
        )
