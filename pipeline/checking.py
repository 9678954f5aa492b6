"""Contracts only: what a supplier sees before sending. Lands every table in a private folder and throws it away.

Belongs here: running landing for its findings alone. Does not belong here: rules, and how findings are shown (cli).
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline import delivery as deliveries
from pipeline import landing
from pipeline.contracts import reason, registry, required_tables
from pipeline.delivery import DeliveryError
from pipeline.ledger import TableLedger
from pipeline.settings import Build, Settings


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a delivery; no value in it."""

    table: str
    column: str
    reason: str
    severity: str
    rows: int


def check(folder: Path, settings: Settings, progress: Callable[[str], None]) -> list[Finding]:
    """Everything that is wrong with a delivery, tables in contract order, what blocks first within each.

    Raises:
        DeliveryError: there is no manifest that can be read.
    """
    delivery = deliveries.read(folder)
    findings: list[Finding] = []
    tables = partial(deliveries.check_tables, delivery, required=required_tables(), known=registry())
    whole = (tables, partial(deliveries.check_digests, delivery))
    for rule in whole:
        try:
            rule()
        except DeliveryError as error:
            findings.append(Finding("(delivery)", "", str(error), "block", 0))
    settings.workspace.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".check-", dir=settings.workspace.root) as scratch:
        for contract in registry().values():
            progress(contract.name)
            try:
                entry = landing.land(contract, delivery, Build(Path(scratch)), key=secrets.token_bytes(32), settings=settings)
            except DeliveryError as error:
                findings.append(Finding(contract.name, "", str(error), "block", 0))
            else:
                findings += _of_table(entry)
    return findings


def _of_table(entry: TableLedger) -> list[Finding]:
    name = f"{entry.source}.{entry.table_name}"
    blocking = [Finding(name, "", line, "block", 0) for line in entry.blocking]
    broken = [rule for rule in entry.rules if rule.rows_failed]
    rules = [Finding(name, rule.column_name, reason(rule.column_name, rule.rule), rule.severity, rule.rows_failed) for rule in broken]
    return blocking + [finding for finding in rules if finding.severity != "block"]
