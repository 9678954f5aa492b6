"""Assets of the delivery and of each raw table, with what their contract found as asset checks."""

from collections.abc import Iterator, Sequence

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    MarkdownMetadataValue,
    MaterializeResult,
    MetadataValue,
    TableColumn,
    TableColumnConstraints,
    TableRecord,
    TableSchema,
    asset,
)

from data_contracts.fields import prose
from pipeline import progress, workspace_lock
from pipeline.contracts.registry import Contract, describe_reason, list_contracts
from pipeline.delivery import manifest
from pipeline.landing import land_table
from pipeline.landing.row_ledger import RuleCount, TableLedger
from pipeline.orchestration import table_asset_checks
from pipeline.orchestration.run_resource import Run, redact_errors
from pipeline.quality.table_checks import judge_table
from pipeline.release import admission, checkpoints, registration

DELIVERY = AssetKey(["landing", "delivery"])


@asset(key=DELIVERY, group_name="landing", kinds={"json"})
def delivery(context: AssetExecutionContext, run: Run) -> MaterializeResult:
    """The delivery, once its checks have passed.

    The manifest can be read, every required table is there, no table is unknown, every digest is
    right, and a key is at hand.
    """
    workspace = run.settings.workspace
    with redact_errors():
        workspace_lock.hold_workspace(workspace)
        stated = run.manifest()
        admission.admit_run(stated, run.settings)
        progress.report_progress("delivery: digests of its files")
        manifest.check_digests(stated)
        registration.settle_registration(workspace)
        admission.begin_build(run.build, workspace, checkpoints.describe_run(stated, run.key))
    facts = {
        "delivery": stated.delivery_id,
        "digest": stated.digest,
        "extract_date": str(stated.extract_date),
    }
    return MaterializeResult(
        metadata=facts
        | {"files": len(stated.files), "synthetic": stated.synthetic, "release": run.release_id}
    )


def extract(contract: Contract) -> AssetsDefinition:
    """The asset of one raw table."""
    grain, quirks = prose(contract.model)
    key = AssetKey([contract.facts.source, contract.facts.name])
    checks = [
        AssetCheckSpec(
            "row_rules", asset=key, description="Rows that break a row rule are in quarantine."
        ),
        AssetCheckSpec(
            "table_rules",
            asset=key,
            description="Keys unique and quarantine small, within the contract's tolerance.",
            blocking=True,
        ),
        AssetCheckSpec(
            "row_ledger",
            asset=key,
            description="Delivered rows are each in one place of the ledger.",
            blocking=True,
        ),
        *table_asset_checks.list_specs(contract, key),
    ]

    @asset(
        key=key,
        deps=[DELIVERY],
        group_name=contract.facts.source,
        description="\n".join([grain, "", *(f"- {quirk}" for quirk in quirks)]),
        check_specs=checks,
        kinds={"pandera", "parquet"},
        metadata={"dagster/column_schema": MetadataValue.table_schema(_schema(contract))},
    )
    def landed(context: AssetExecutionContext, run: Run) -> MaterializeResult:
        with redact_errors():
            entry = _land_once(contract, run)
            judged = judge_table(contract, entry, run.manifest(), run.build, run.settings)
        counts = {
            "delivered": entry.delivered,
            "quarantined": entry.quarantined,
            "duplicates_removed": entry.duplicates_removed,
        }
        metadata = {"dagster/row_count": entry.staged, "present": entry.is_present} | counts
        return MaterializeResult(
            metadata=metadata | table_asset_checks.describe_table(entry, judged),
            check_results=[
                *_results(entry),
                *table_asset_checks.list_results(contract, entry, judged),
            ],
        )

    return landed


def _land_once(contract: Contract, run: Run) -> TableLedger:
    """The table's ledger entry: of an earlier attempt of this build, or landed now."""
    delivery = run.manifest()
    files = delivery.of_table(contract.facts.source, contract.facts.name)
    progress.report_progress(f"landing {contract.name}", rows=sum(file.rows for file in files))
    return checkpoints.run_once(
        run.build,
        f"landing.{contract.name}",
        lambda: land_table.land_table(
            contract, delivery, run.build, key=run.key, settings=run.settings
        ),
        TableLedger,
    )


def _schema(contract: Contract) -> TableSchema:
    described = contract.model.to_schema().columns
    return TableSchema(
        columns=[
            TableColumn(
                name=name,
                type=str(described[name].dtype),
                description=described[name].description,
                constraints=TableColumnConstraints(
                    nullable=described[name].nullable, other=[f"privacy: {column.privacy}"]
                ),
            )
            for name, column in contract.columns.items()
        ]
    )


def _results(entry: TableLedger) -> Iterator[AssetCheckResult]:
    broken = [rule for rule in entry.rules if rule.rows_failed]
    yield AssetCheckResult(
        check_name="row_rules",
        passed=not [rule for rule in broken if rule.severity != "block"],
        severity=AssetCheckSeverity.WARN,
        metadata={"quarantined rows": entry.quarantined, "rules broken": _table(broken)},
    )
    yield AssetCheckResult(
        check_name="table_rules",
        passed=not entry.blocking,
        severity=AssetCheckSeverity.ERROR,
        metadata={"what": MarkdownMetadataValue("\n".join(entry.blocking) or "none broken")},
    )
    places = {
        "staged": entry.staged,
        "quarantined": entry.quarantined,
        "duplicates removed": entry.duplicates_removed,
    }
    places |= {"replaced by a supplement": entry.replaced}
    yield AssetCheckResult(
        check_name="row_ledger",
        passed=entry.balances,
        metadata={"delivered": entry.delivered} | places,
    )


def _table(rules: Sequence[RuleCount]) -> MetadataValue:
    records = [
        TableRecord(
            {
                "rule": describe_reason(rule.column_name, rule.rule),
                "severity": rule.severity,
                "rows": rule.rows_failed,
            }
        )
        for rule in rules
    ]
    columns = [TableColumn("rule"), TableColumn("severity"), TableColumn("rows", type="int")]
    return MetadataValue.table(records=records, schema=TableSchema(columns=columns))


def extracts() -> list[AssetsDefinition]:
    """The delivery and one asset a contract."""
    return [delivery, *(extract(contract) for contract in list_contracts().values())]
