"""Every row accounted for: what was delivered, where each row went, and which rule it broke.

Belongs here: counts and their balance. Does not belong here: rows, values, decisions.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.contracts import Severity

Schema = dict[str, type[pl.DataType]]


@dataclass(frozen=True, kw_only=True)
class RuleCount:
    """How many rows of a table broke one rule."""

    source: str
    table_name: str
    column_name: str
    rule: str
    severity: Severity
    rows_failed: int
    rows_checked: int


@dataclass(frozen=True, kw_only=True)
class TableLedger:
    """Where the rows of one table went."""

    source: str
    table_name: str
    is_present: bool
    is_required: bool
    delivered: int
    staged: int
    quarantined: int
    duplicates_removed: int
    coverage_from: date | None
    coverage_to: date | None
    rules: tuple[RuleCount, ...]
    blocking: tuple[str, ...]
    """One line for each table rule that is broken; a run with any is not published."""

    @property
    def balances(self) -> bool:
        """Every delivered row is in exactly one place."""
        return self.delivered == self.staged + self.quarantined + self.duplicates_removed


_ROWS: Schema = {"source": pl.String, "table_name": pl.String, "delivered": pl.Int64, "staged": pl.Int64, "quarantined": pl.Int64}
_ROWS |= {"duplicates_removed": pl.Int64}
_FILES: Schema = {"source": pl.String, "table_name": pl.String, "is_present": pl.Boolean, "is_required": pl.Boolean}
_FILES |= {"delivered_rows": pl.Int64, "coverage_from": pl.Date, "coverage_to": pl.Date}
_RULES: Schema = {"source": pl.String, "table_name": pl.String, "column_name": pl.String, "rule": pl.String, "severity": pl.String}
_RULES |= {"rows_failed": pl.Int64, "rows_checked": pl.Int64}


def write(entry: TableLedger, folder: Path) -> None:
    """Write one table's entry as three Parquet files under `row_ledger/`, `delivery_files/` and `contract_results/`.

    Raises:
        RuntimeError: the entry does not balance; a broken promise of landing, never of a delivery.
    """
    if not entry.balances:
        raise RuntimeError(f"the row ledger of {entry.source}.{entry.table_name} does not balance")
    row = asdict(entry) | {"delivered_rows": entry.delivered}
    rules = [asdict(rule) for rule in entry.rules]
    for name, schema, facts in (("row_ledger", _ROWS, [row]), ("delivery_files", _FILES, [row]), ("contract_results", _RULES, rules)):
        target = folder / name / f"{entry.source}.{entry.table_name}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        records = [{column: fact[column] for column in schema} for fact in facts]
        pl.DataFrame(records, schema=schema).write_parquet(target)
