"""Assets of the row ledger and of the linkage's lookups."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    MarkdownMetadataValue,
    MaterializeResult,
    multi_asset,
)

from pipeline import progress
from pipeline.contracts.registry import describe_reason, list_contracts
from pipeline.linkage import memory_plan
from pipeline.linkage import run as linking
from pipeline.linkage.delivered import contract_results
from pipeline.linkage.monitoring import release_drift
from pipeline.linkage.run import LinkageSummary
from pipeline.orchestration.ledger_chart import draw_ledger
from pipeline.orchestration.run_resource import Run, redact_errors
from pipeline.release import checkpoints, warehouse
from pipeline.settings import Settings
from pipeline.workspace import Build

TABLES = [AssetKey(list(name)) for name in list_contracts()]
RECORDS = AssetKey(["linkage", "person_links"])
QUALITY = AssetKey(["linkage", "link_quality"])
RESULTS = AssetKey(["landing", "contract_results"])


@multi_asset(
    specs=[
        AssetSpec(
            ["landing", name],
            deps=TABLES,
            group_name="landing",
            description=text,
            kinds={"parquet"},
        )
        for name, text in {
            "row_ledger": "One row per raw table: where every delivered row went.",
            "delivery_files": "One row per raw table: whether it was delivered and what it covers.",
            "contract_results": (
                "One row per rule of a contract: rows checked and rows that broke it."
            ),
        }.items()
    ],
    check_specs=[
        AssetCheckSpec(
            "delivered_links",
            asset=RESULTS,
            description="Delivered links fit the records they came with.",
            blocking=True,
        ),
        AssetCheckSpec(
            "delivered_links_complete",
            asset=RESULTS,
            description="Delivered links name all records and no others.",
        ),
    ],
    name="ledger",
)
def ledger(
    context: AssetExecutionContext, run: Run
) -> Iterator[MaterializeResult | AssetCheckResult]:
    """Every row accounted for, over all tables."""
    with redact_errors():
        links = contract_results.judge_links(run.build, run.settings)
    for name in warehouse.LEDGER_TABLES:
        rows = (
            pl.scan_parquet(run.build.ledger / name / "*.parquet").select(pl.len()).collect().item()
        )
        drawn = (
            {"where rows went": MarkdownMetadataValue(draw_ledger(_row_ledger(run.build)))}
            if name == "row_ledger"
            else {}
        )
        yield MaterializeResult(
            asset_key=["landing", name], metadata={"dagster/row_count": rows} | drawn
        )
    stopping = contract_results.list_blocking(links)
    what = {"what": MarkdownMetadataValue("\n".join(stopping) or "none broken")}
    yield AssetCheckResult(
        check_name="delivered_links", asset_key=RESULTS, passed=not stopping, metadata=what
    )
    counts = {
        f"{rule.table_name}: {describe_reason(rule.column_name, rule.rule)}": rule.rows_failed
        for rule in links
        if rule.severity == "warn"
    }
    is_whole = not any(counts.values())
    yield AssetCheckResult(
        check_name="delivered_links_complete",
        asset_key=RESULTS,
        passed=is_whole,
        severity=AssetCheckSeverity.WARN,
        metadata=counts,
    )


def _row_ledger(build: Build) -> pl.DataFrame:
    """All tables, in contract order."""
    return pl.concat(
        [
            pl.read_parquet(build.ledger / "row_ledger" / f"{contract.name}.parquet")
            for contract in list_contracts().values()
        ]
    )


@multi_asset(
    specs=[
        AssetSpec(
            ["linkage", name], deps=TABLES, group_name="linkage", description=text, kinds={"splink"}
        )
        for name, text in {
            "person_links": (
                "One row per source record: the person it belongs to at three thresholds."
            ),
            "case_links": (
                "One row per magistrates' defendant-case that went to the Crown Court, "
                "with its basis."
            ),
            "link_quality": "One row per measure of the linkage; counts and weights, no record.",
            "link_signs": (
                "One row per source record and sign that it is linked wrongly or misses a link; "
                "no identifier."
            ),
            "person_crosswalk": (
                "One row per person id that changed since the last release, "
                "and the id that took its place."
            ),
            "person_link_draw": (
                "One row per drawn linkage and source record whose person differs there from "
                "person_links."
            ),
            "person_confidence": "One row per person: how sure the linkage is of it.",
            "record_confidence": (
                "One row per source record that is not certain to belong to its person."
            ),
        }.items()
    ],
    check_specs=[
        AssetCheckSpec(
            "every_record_once",
            asset=RECORDS,
            description="Every source record has one person.",
            blocking=True,
        ),
        AssetCheckSpec(
            "like_the_last_release",
            asset=QUALITY,
            description="Volumes and distributions are those of the last release.",
        ),
    ],
    name="linkage",
)
def linkage(
    context: AssetExecutionContext, run: Run
) -> Iterator[MaterializeResult | AssetCheckResult]:
    """Which records are the same person, and which magistrates' cases went to the Crown Court.

    It reads the identity side only.
    """
    settings = run.settings
    with redact_errors():
        summary = checkpoints.run_once(
            run.build, "linkage", lambda: _link(run.build, settings), LinkageSummary
        )
    for name in warehouse.LINKAGE_TABLES:
        rows = (
            pl.scan_parquet(run.build.linkage / f"{name}.parquet").select(pl.len()).collect().item()
        )
        model = summary.model or "links came with the delivery"
        yield MaterializeResult(
            asset_key=["linkage", name], metadata={"dagster/row_count": rows, "model": model}
        )
    linked, staged = warehouse.count_records(run.build, settings)
    yield AssetCheckResult(
        check_name="every_record_once",
        asset_key=RECORDS,
        passed=linked == staged,
        metadata={"linked": linked, "staged": staged},
    )
    yield _like_the_last_release(run.build.linkage, run.build.registry)


def _link(build: Build, settings: Settings) -> LinkageSummary:
    """Link the build's identity side, with progress.

    Memory for the linkage's arrays is left beside DuckDB.
    """
    arrays = memory_plan.estimate_arrays(memory_plan.records_of(build.identity))
    return linking.link_identity(
        build.identity,
        build.linkage,
        review=build.review,
        registry=build.registry,
        threads=settings.threads,
        memory=settings.share(beside=arrays),
        progress=lambda step, share: progress.report_progress(
            f"linkage {step}", done=round(100 * share), total=100
        ),
    )


def _like_the_last_release(links: Path, registry: Path) -> AssetCheckResult:
    """Warns of every measure that moved too far, and says how far."""
    last = release_drift.kept_file(registry)
    if not last.is_file():
        return AssetCheckResult(
            check_name="like_the_last_release",
            asset_key=QUALITY,
            passed=True,
            metadata={"compared": "nothing: this is the first release"},
        )
    found = release_drift.find_alarms(
        pl.read_parquet(links / release_drift.KEPT), pl.read_parquet(last)
    )
    told = MarkdownMetadataValue("\n".join(f"- {alarm}" for alarm in found) or "nothing moved")
    return AssetCheckResult(
        check_name="like_the_last_release",
        asset_key=QUALITY,
        passed=not found,
        severity=AssetCheckSeverity.WARN,
        metadata={"what moved": told},
    )
