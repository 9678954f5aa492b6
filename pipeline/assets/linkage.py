"""Assets of the row ledger and of the linkage's lookups."""

from collections.abc import Iterator

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    MaterializeResult,
    multi_asset,
)

from pipeline import warehouse
from pipeline.assets.run import Run, told
from pipeline.contracts import registry
from pipeline.linkage import run as linking

TABLES = [AssetKey(list(name)) for name in registry()]
RECORDS = AssetKey(["linkage", "person_links"])


@multi_asset(
    specs=[
        AssetSpec(["landing", name], deps=TABLES, group_name="landing", description=text, kinds={"parquet"})
        for name, text in {
            "row_ledger": "One row per raw table: where every delivered row went.",
            "delivery_files": "One row per raw table: whether it was delivered and what it covers.",
            "contract_results": "One row per rule of a contract: rows checked and rows that broke it.",
        }.items()
    ],
    name="ledger",
)
def ledger(context: AssetExecutionContext, run: Run) -> Iterator[MaterializeResult]:
    """Every row accounted for, over all tables."""
    for name in warehouse.LEDGER_TABLES:
        rows = pl.scan_parquet(run.build.ledger / name / "*.parquet").select(pl.len()).collect().item()
        yield MaterializeResult(asset_key=["landing", name], metadata={"dagster/row_count": rows})


@multi_asset(
    specs=[
        AssetSpec(["linkage", name], deps=TABLES, group_name="linkage", description=text, kinds={"splink"})
        for name, text in {
            "person_links": "One row per source record: the person it belongs to at three thresholds.",
            "case_links": "One row per magistrates' defendant-case that went to the Crown Court, with its basis.",
            "link_quality": "One row per measure of the linkage; counts and weights, no record.",
        }.items()
    ],
    check_specs=[AssetCheckSpec("every_record_once", asset=RECORDS, description="Every source record has one person.", blocking=True)],
    name="linkage",
)
def linkage(context: AssetExecutionContext, run: Run) -> Iterator[MaterializeResult | AssetCheckResult]:
    """Which records are the same person, and which magistrates' cases went to the Crown Court. Sees the identity side only."""
    settings = run.settings
    with told():
        summary = linking.link(
            run.build.identity,
            run.build.linkage,
            registry=settings.workspace.registry,
            threads=settings.threads,
            memory=settings.memory,
        )
    for name in warehouse.LINKAGE_TABLES:
        rows = pl.scan_parquet(run.build.linkage / f"{name}.parquet").select(pl.len()).collect().item()
        model = summary.model or "links came with the delivery"
        yield MaterializeResult(asset_key=["linkage", name], metadata={"dagster/row_count": rows, "model": model})
    linked, staged = warehouse.records(run.build)
    yield AssetCheckResult(
        check_name="every_record_once", asset_key=RECORDS, passed=linked == staged, metadata={"linked": linked, "staged": staged}
    )
