"""A check against contracts only, which is what a supplier sees before sending.

It lands every table in a private folder and then deletes the folder.

Belongs here: running landing for its findings alone. Does not belong here: rules, the form of
findings, and how they are shown (main).
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from data_contracts.rules import Severity
from pipeline.contracts.registry import Contract, describe_reason, list_contracts, required_tables
from pipeline.delivery import batches, manifest, typed_rows
from pipeline.delivery.manifest import Delivery
from pipeline.errors import DeliveryError
from pipeline.landing import land_table, privacy_split
from pipeline.landing.row_ledger import RuleCount, TableLedger
from pipeline.linkage.delivered import contract_results
from pipeline.quality import referential_integrity, table_checks
from pipeline.quality.findings import TableFinding
from pipeline.quality.supplier_findings import (
    KEPT,
    MAX_SAMPLES,
    WHOLE_DELIVERY,
    Examined,
    Finding,
    Sample,
    TableCount,
    give_advice,
)
from pipeline.settings import Settings
from pipeline.supplier import quarantine
from pipeline.workspace import Build

Progress = Callable[[str], None]


def check_delivery(folder: Path, settings: Settings, progress: Progress) -> list[Finding]:
    """Everything that is wrong with a delivery: see `examine_delivery`."""
    return list(examine_delivery(folder, settings, progress).findings)


def examine_delivery(folder: Path, settings: Settings, progress: Progress) -> Examined:
    """Everything that is wrong with a delivery, and where its rows would go.

    Tables are in contract order. Within each table, what blocks comes first.

    Raises:
        DeliveryError: there is no manifest that can be read.
    """
    delivery = manifest.read_delivery(folder)
    findings = list(_of_delivery(delivery))
    tables: list[TableCount] = []
    settings.workspace.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".check-", dir=settings.workspace.root) as scratch:
        build, key = Build(Path(scratch)), secrets.token_bytes(32)
        for contract in list_contracts().values():
            progress(contract.name)
            is_delivered = (contract.facts.source, contract.facts.name) in delivery.tables
            try:
                entry = land_table.land_table(contract, delivery, build, key=key, settings=settings)
                findings += _of_table(contract, entry, delivery, build)
                findings += map(
                    _of_whole,
                    table_checks.judge_table(contract, entry, delivery, build, settings).findings,
                )
            except DeliveryError as error:
                findings.append(_whole(contract.name, error, delivery))
                tables.append(TableCount(contract.name, is_delivered, is_read=False))
            else:
                tables.append(_counted(entry))
        findings += map(_of_whole, referential_integrity.list_findings(build, settings))
        findings += _of_links(contract_results.judge_links(build, settings))
    return Examined(
        delivery.delivery_id,
        delivery.extract_date,
        delivery.synthetic,
        tuple(tables),
        tuple(findings),
    )


def _of_whole(found: TableFinding) -> Finding:
    return Finding(
        found.table,
        found.column,
        found.text,
        found.severity,
        found.rows,
        rule=found.rule,
        advice=found.advice,
    )


def _of_delivery(delivery: Delivery) -> Iterator[Finding]:
    tables = partial(
        manifest.check_tables, delivery, required=required_tables(), known=list_contracts()
    )
    for rule in (tables, partial(manifest.check_digests, delivery)):
        try:
            rule()
        except DeliveryError as error:
            yield _whole(WHOLE_DELIVERY, error, delivery)
    for name in delivery.unlisted:
        what = f"[{name}] is not in the manifest: nothing reads it"
        yield Finding(
            WHOLE_DELIVERY, "", what, "warn", 0, advice="name it in the manifest or take it out"
        )


def _whole(table: str, error: DeliveryError, delivery: Delivery) -> Finding:
    """What is wrong as a whole; files by their place in the delivery, wherever that lies."""
    what, _, todo = (
        str(error).removeprefix(f"{table}: ").replace(f"{delivery.folder}/", "").rpartition(": ")
    )
    return Finding(table, "", what or todo, "block", 0, advice=todo if what else "")


def _counted(entry: TableLedger) -> TableCount:
    return TableCount(
        f"{entry.source}.{entry.table_name}",
        is_delivered=entry.is_present,
        is_read=True,
        delivered=entry.delivered,
        staged=entry.staged,
        quarantined=entry.quarantined,
        duplicates=entry.duplicates_removed,
        replaced=entry.replaced,
    )


def _of_table(
    contract: Contract, entry: TableLedger, delivery: Delivery, build: Build
) -> Iterator[Finding]:
    for line in entry.blocking:
        what = line.removeprefix(f"{contract.name}: ").rpartition(": ")[0]
        yield Finding(
            contract.name,
            "",
            what,
            "block",
            0,
            advice="correct the rows that are listed for this table",
        )
    for rule in entry.rules:
        if rule.rows_failed:
            samples = _samples(contract, rule, delivery, build)
            # Beyond its tolerance it blocks, and stands above.
            repeated: Severity = "quarantine" if samples else "warn"
            severity = repeated if rule.severity == "block" else rule.severity
            found = Finding(
                contract.name,
                rule.column_name,
                describe_reason(rule.column_name, rule.rule),
                severity,
                rule.rows_failed,
            )
            yield _in_full(
                found, rule, samples, give_advice(contract, rule.column_name, rule.rule, severity)
            )


def _in_full(found: Finding, rule: RuleCount, samples: tuple[Sample, ...], todo: str) -> Finding:
    return replace(
        found, rule=rule.rule, rows_checked=rule.rows_checked, samples=samples, advice=todo
    )


def _samples(
    contract: Contract, rule: RuleCount, delivery: Delivery, build: Build
) -> tuple[Sample, ...]:
    """The first rows that broke a rule."""
    if (rule.column_name, rule.rule) in privacy_split.flag_rows(contract):
        return tuple(
            islice(_flagged(contract, rule, delivery, build), min(MAX_SAMPLES, rule.rows_failed))
        )
    what = {typed_rows.SHAPE: typed_rows.WHOLE_ROW, "unique": land_table.DUPLICATE_KEY}.get(
        rule.rule, describe_reason(rule.column_name, rule.rule)
    )
    return tuple(
        Sample(file, row)
        for file, row in quarantine.list_samples(build, contract, what, MAX_SAMPLES)
    )


def _flagged(
    contract: Contract, rule: RuleCount, delivery: Delivery, build: Build
) -> Iterator[Sample]:
    """Rows that raise a flag and are not quarantined, so they are looked for again."""
    raised = privacy_split.flag_rows(contract)[rule.column_name, rule.rule]
    held = quarantine.list_quarantined(build, contract)
    with tempfile.TemporaryDirectory(dir=build.root) as scratch:
        for file in delivery.of_table(contract.facts.source, contract.facts.name):
            place, replaced = str(file.path.relative_to(delivery.folder)), set(file.replaced)
            for part in batches.prepare_parts(contract, [file], Path(scratch)):
                start = 1
                for batch in part.batches([raised.fill_null(value=False).alias("is_raised")]):
                    rows = (start + row for row in batch["is_raised"].arg_true())
                    yield from (
                        Sample(place, row)
                        for row in rows
                        if row not in replaced and (place, row) not in held
                    )
                    start += batch.height


def _of_links(found: tuple[RuleCount, ...]) -> Iterator[Finding]:
    for rule in found:
        if rule.rows_failed:
            todo = KEPT if rule.severity == "warn" else "ask whoever made the links to correct them"
            table = f"{rule.source}.{rule.table_name}"
            yield _in_full(
                Finding(
                    table,
                    rule.column_name,
                    describe_reason(rule.column_name, rule.rule),
                    rule.severity,
                    rule.rows_failed,
                ),
                rule,
                (),
                todo,
            )
