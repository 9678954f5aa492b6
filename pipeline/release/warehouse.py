"""The DuckDB files that dbt builds in, and the sources that dbt finds there.

The sources are views on staged tables, lookups, ledger and delivery.

Marts go into a file of their own, which becomes the database of the release; all else stays in the
warehouse. Belongs here: opening both, the one place that does. Does not belong here: table logic
(dbt_project).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.delivery.manifest import Delivery
from pipeline.landing.staged_files import find_staged_file
from pipeline.settings import Settings
from pipeline.storage import open_database, open_scratch, quote_literal
from pipeline.workspace import Build

LEDGER_TABLES = ("row_ledger", "delivery_files", "contract_results")
LINKAGE_TABLES = (
    "person_links",
    "case_links",
    "link_quality",
    "link_signs",
    "person_crosswalk",
    "person_link_draw",
    "person_confidence",
    "record_confidence",
)


MARTS = "release"
"""How dbt knows the file of the marts (profiles.yml, dbt_project.yml)."""
OLDEST_READER = "v1.4.0"
"""The oldest DuckDB version, one with long support, that can read a release.

Its storage format takes a quarter less time to write than older ones.
"""


@contextmanager
def open_warehouse(build: Build, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both files as dbt sees them, for reading, for as long as the block lasts."""
    config = settings.duckdb(build.spill / "warehouse")
    with open_database(build.warehouse, config, read_only=True) as database:
        database.execute(f"attach {quote_literal(build.marts)} as {MARTS} (read_only)")
        yield database


def prepare_warehouse(build: Build, delivery: Delivery, settings: Settings) -> None:
    """Give dbt its files and its sources.

    Each source is a schema with a view for each table; `linkage` has the lookups, and `landing` has
    the ledger.

    Whoever makes a file says in which form it is written. The warehouse is in DuckDB's latest, for
    older versions need not read it.
    """
    build.warehouse.parent.mkdir(parents=True, exist_ok=True)
    config = settings.duckdb(build.spill / "warehouse") | {
        "storage_compatibility_version": "latest"
    }
    with open_database(build.warehouse, config) as database:
        database.execute(
            f"attach {quote_literal(build.marts)} as {MARTS} (storage_version '{OLDEST_READER}')"
        )
        for contract in list_contracts().values():
            if not contract.is_lookup:
                _view(
                    database,
                    contract.facts.source,
                    contract.facts.name,
                    find_staged_file(build, contract),
                )
        for name in LEDGER_TABLES:
            _view(database, "landing", name, build.ledger / name / "*.parquet")
        for name in LINKAGE_TABLES:
            _view(database, "linkage", name, build.linkage / f"{name}.parquet")
        database.execute(
            (
                "create or replace table landing.delivery as "
                "select cast(? as varchar) as delivery_id, cast(? as date) as extract_date, "
                "cast(? as boolean) as is_synthetic"
            ),
            [delivery.delivery_id, delivery.extract_date, delivery.synthetic],
        )


def _view(database: duckdb.DuckDBPyConnection, schema: str, name: str, files: Path) -> None:
    database.execute(f"create schema if not exists {schema}")
    database.execute(
        f"create or replace view {schema}.{name} as "
        f"select * from read_parquet({quote_literal(files)})"
    )


def count_records(build: Build, settings: Settings) -> tuple[int, int]:
    """Number of distinct source records in the lookup, and number of source records staged.

    The first number is -1 when a record is there twice.
    """
    tables = [contract for contract in list_contracts().values() if contract.facts.record_of_person]
    expected = sum(
        int(pl.scan_parquet(find_staged_file(build, table)).select(pl.len()).collect().item())
        for table in tables
    )
    links = f"read_parquet({quote_literal(build.linkage / 'person_links.parquet')})"
    key = "source_dataset, source_record_id"
    # Hashes are narrow; records themselves are compared only where a hash repeats.
    alike = f"select hash({key}) from {links} group by all having count(*) > 1"
    repeated = (
        f"select 1 from {links} where hash({key}) in ({alike}) group by {key} having count(*) > 1"
    )
    with open_scratch(settings.threads, settings.memory) as database:
        linked, is_unique = database.execute(
            f"select count(*), not exists ({repeated}) from {links}"
        ).fetchall()[0]
    return (int(linked) if is_unique else -1), expected


def row_counts(build: Build, settings: Settings) -> dict[str, int]:
    """Rows of every table that dbt built, by name."""
    with open_warehouse(build, settings) as database:
        counted = database.execute(
            "select table_name, estimated_size from duckdb_tables()"
        ).fetchall()
        return {name: int(rows) for name, rows in counted}


def broken_promises(build: Build, settings: Settings, query: str) -> dict[str, int]:
    """Rows that break each promise about keys, by promise, from the query of dbt's test of keys."""
    with open_warehouse(build, settings) as database:
        return {promise: int(rows) for promise, rows in database.execute(query).fetchall()}
