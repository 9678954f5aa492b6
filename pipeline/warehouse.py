"""The DuckDB file that dbt builds in, and what it finds there: views on staged tables, lookups, ledger, delivery.

Belongs here: opening the build file, the one place that does. Does not belong here: table logic (dbt_project).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contracts import Contract, registry
from pipeline.delivery import Delivery
from pipeline.settings import Build, Settings
from pipeline.storage import literal

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


@contextmanager
def opened(build: Build, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build file, for writing, for as long as the block lasts."""
    build.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(build.warehouse), config=settings.duckdb(build.spill / "warehouse")) as database:
        yield database


def prepare(build: Build, delivery: Delivery, settings: Settings) -> None:
    """Give dbt its sources: one schema a source with a view a table, `linkage` with the lookups, `landing` with the ledger."""
    with opened(build, settings) as database:
        for contract in registry().values():
            if not contract.is_lookup:
                _view(database, contract.facts.source, contract.facts.name, staged(build, contract))
        for name in LEDGER_TABLES:
            _view(database, "landing", name, build.ledger / name / "*.parquet")
        for name in LINKAGE_TABLES:
            _view(database, "linkage", name, build.linkage / f"{name}.parquet")
        database.execute(
            "create or replace table landing.delivery as "
            "select cast(? as varchar) as delivery_id, cast(? as date) as extract_date, cast(? as boolean) as is_synthetic",
            [delivery.delivery_id, delivery.extract_date, delivery.synthetic],
        )


def staged(build: Build, contract: Contract) -> Path:
    """Where landing puts the payload of one table."""
    return build.staged / contract.facts.source / f"{contract.facts.name}.parquet"


def _view(database: duckdb.DuckDBPyConnection, schema: str, name: str, files: Path) -> None:
    database.execute(f"create schema if not exists {schema}")
    database.execute(f"create or replace view {schema}.{name} as select * from read_parquet({literal(files)})")


def records(build: Build) -> tuple[int, int]:
    """Distinct source records in the lookup, and source records staged; -1 for the first when a record is there twice."""
    links = pl.scan_parquet(build.linkage / "person_links.parquet").select("source_dataset", "source_record_id").collect()
    linked = links.height if links.is_unique().all() else -1
    tables = [contract for contract in registry().values() if contract.facts.record_of_person]
    return linked, sum(int(pl.scan_parquet(staged(build, table)).select(pl.len()).collect().item()) for table in tables)


def row_counts(build: Build) -> dict[str, int]:
    """Rows of every table (not view) that dbt built, by name."""
    with duckdb.connect(str(build.warehouse), read_only=True) as database:
        tables = database.execute("select table_name, estimated_size from duckdb_tables()").fetchall()
        return {name: int(rows) for name, rows in tables}


def broken_promises(build: Build, settings: Settings, query: str) -> dict[str, int]:
    """Rows that break each promise about keys, by promise, from the query of dbt's test of keys."""
    config = settings.duckdb(build.spill / "warehouse")
    with duckdb.connect(str(build.warehouse), read_only=True, config=config) as database:
        return {promise: int(rows) for promise, rows in database.execute(query).fetchall()}
