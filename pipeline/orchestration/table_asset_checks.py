"""Asset checks of the rules over a whole table and over time.

The tables and plots that show them are here too.

Belongs here: how coverage, row history, drift, codes out of force and references look in Dagster.
Does not belong here: the rules.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl
from dagster import (
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MarkdownMetadataValue,
    MetadataValue,
    TableColumn,
    TableRecord,
    TableSchema,
    multi_asset_check,
)

from pipeline.contracts.registry import Contract, list_contracts
from pipeline.landing import row_ledger
from pipeline.landing.row_ledger import TableLedger
from pipeline.orchestration.run_resource import Run, redact_errors
from pipeline.quality.findings import TableFinding
from pipeline.quality.referential_integrity import Orphans, count_orphans, list_references
from pipeline.quality.table_checks import Judged

MAX_SHARES = 100
"""Shares in the table of drift: those that changed most."""
REFERENCES = "references"
_TYPES: dict[Any, str] = {pl.Int64: "int", pl.Float64: "float"}

Metadata = dict[str, Any]


def list_specs(contract: Contract, key: AssetKey) -> list[AssetCheckSpec]:
    """Checks of one raw table beyond its rows."""
    history = (
        "Rows delivered, against the newest accepted delivery of an earlier extract date: "
        "a collapse blocks, the rest warns."
    )
    drift = "Shares of nulls and of codes, new and lost codes, against the same delivery."
    found = [AssetCheckSpec("row_history", asset=key, description=history, blocking=True)]
    found.append(AssetCheckSpec("drift", asset=key, description=drift))
    if contract.facts.coverage:
        found.append(
            AssetCheckSpec(
                "coverage",
                asset=key,
                description="Every month of the window has rows, and the last are not thin.",
            )
        )
    if contract.dated_codes:
        found.append(
            AssetCheckSpec(
                "code_dates",
                asset=key,
                description="Codes stand on days on which they were in force.",
            )
        )
    return found


def list_results(
    contract: Contract, entry: TableLedger, judged: Judged
) -> Iterator[AssetCheckResult]:
    """What the checks of `list_specs` found."""
    against = {
        "compared with": str(
            judged.former or "nothing: no delivery of an earlier extract date was accepted"
        )
    }
    yield _result("row_history", judged.rows, {"delivered": entry.delivered} | against)
    yield _result("drift", judged.drift, against)
    if contract.facts.coverage:
        yield _result(
            "coverage",
            judged.coverage,
            {
                "months without rows": _months(judged, "no rows"),
                "thin months": _months(judged, "thin"),
            },
        )
    if contract.dated_codes:
        flags = {flag for flag, _, _ in contract.dated_codes}
        rows = {rule.rule: rule.rows_failed for rule in entry.rules if rule.rule in flags}
        yield AssetCheckResult(
            check_name="code_dates",
            passed=not any(rows.values()),
            severity=AssetCheckSeverity.WARN,
            metadata={**rows, "rows flagged": sum(rows.values())},
        )


def describe_table(entry: TableLedger, judged: Judged) -> Metadata:
    """Numbers that Dagster plots over deliveries, and the tables behind the checks."""
    nulls = judged.facts.filter(pl.col("fact") == "null").sort(
        "rows", "column_name", descending=[True, False]
    )
    shares = nulls.with_columns((pl.col("rows") / max(entry.staged, 1)).alias("share of rows"))
    partly = shares.filter(pl.col("rows") < entry.staged)["share of rows"]
    found: Metadata = {
        "share quarantined": entry.quarantined / max(entry.delivered, 1),
        "share of nulls, mean": float(shares["share of rows"].mean() or 0.0),  # type: ignore[arg-type]
        "share of nulls, largest below one": float(partly.max() or 0.0),  # type: ignore[arg-type]
        "warnings over the whole table": len(judged.findings),
        "nulls": _table(shares.select("column_name", "rows", "share of rows")),
        "history of deliveries": _table(judged.history),
    }
    if judged.months.height:
        found |= {
            "coverage by month": _table(judged.months),
            "months without rows": _months(judged, "no rows"),
        }
    if judged.shares is not None and judged.shares.height:
        changed = judged.shares.sort(pl.col("effect").abs(), descending=True, maintain_order=True)
        known = changed.select(
            pl.col("rule").fill_null("within tolerance"), pl.exclude("rule")
        ).head(MAX_SHARES)
        found |= {
            "drift": _table(known),
            "largest drift": float(known["effect"].abs().max() or 0.0),  # type: ignore[arg-type]
        }
    return found


def reference_checks() -> list[AssetChecksDefinition]:
    """For each raw table that refers to others, one check that runs once all of them are landed."""
    return [
        _reference_check(contract)
        for contract in list_contracts().values()
        if list_references(contract)
    ]


def _reference_check(contract: Contract) -> AssetChecksDefinition:
    key = AssetKey([contract.facts.source, contract.facts.name])
    others = list(
        dict.fromkeys(
            AssetKey([one.to.facts.source, one.to.facts.name]) for one in list_references(contract)
        )
    )
    text = (
        "Rows that refer to others find them; "
        "orphans are kept and counted, and block beyond the contract's tolerance."
    )
    spec = AssetCheckSpec(
        REFERENCES, asset=key, description=text, additional_deps=others, blocking=True
    )

    @multi_asset_check(
        specs=[spec], name=f"{contract.facts.source}_{contract.facts.name}_{REFERENCES}"
    )
    def references_lead_somewhere(run: Run) -> Iterator[AssetCheckResult]:
        with redact_errors():
            counted = count_orphans(contract, run.build, run.settings)
            row_ledger.write_rules(
                [one.rule for one in counted], run.build.ledger, f"{contract.name}.{REFERENCES}"
            )
        yield _reference_result(key, counted)

    return references_lead_somewhere


def _reference_result(key: AssetKey, counted: Sequence[Orphans]) -> AssetCheckResult:
    names = [f"{one.reference.column} to {one.reference.to.name}" for one in counted]
    rows = pl.DataFrame(
        {
            "reference": names,
            "rows": [one.rows for one in counted],
            "orphans": [one.orphans for one in counted],
            "tolerated share": [one.reference.tolerance for one in counted],
        },
        schema={
            "reference": pl.String,
            "rows": pl.Int64,
            "orphans": pl.Int64,
            "tolerated share": pl.Float64,
        },
    )
    facts = {"orphans": sum(one.orphans for one in counted), "by reference": _table(rows)}
    return _result(REFERENCES, [one.finding for one in counted if one.finding], facts, key)


def _result(
    name: str, findings: Sequence[TableFinding], facts: Metadata, key: AssetKey | None = None
) -> AssetCheckResult:
    blocks = [finding for finding in findings if finding.severity == "block"]
    texts = [f"{finding.table}: {finding.text}" for finding in blocks or findings]
    return AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=not findings,
        severity=AssetCheckSeverity.ERROR if blocks else AssetCheckSeverity.WARN,
        metadata={
            "what": MarkdownMetadataValue("\n".join(texts) or "none broken"),
            "findings": len(findings),
            **facts,
        },
    )


def _months(judged: Judged, state: str) -> int:
    return judged.months.filter(pl.col("state") == state).height


def _table(frame: pl.DataFrame) -> MetadataValue:
    columns = [
        TableColumn(name, type=_TYPES.get(kind.base_type(), "string"))
        for name, kind in frame.schema.items()
    ]
    records = [
        TableRecord({name: _cell(value) for name, value in row.items()})
        for row in frame.iter_rows(named=True)
    ]
    return MetadataValue.table(records=records, schema=TableSchema(columns=columns))


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, date) else "" if value is None else value
