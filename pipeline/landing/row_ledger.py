"""Every row accounted for: what was delivered, where each row went, and which rule it broke.

Belongs here: counts and their balance. Does not belong here: rows, values, decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.rules import Severity
from pipeline.storage import replace_file

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
    replaced: int = 0
    """Quarantined rows for which a supplement brought others; the others are delivered too."""
    coverage_from: date | None
    coverage_to: date | None
    rules: tuple[RuleCount, ...]
    blocking: tuple[str, ...]
    """One line for each table rule that is broken; a run with any is not published."""

    @property
    def balances(self) -> bool:
        """Every delivered row is in exactly one place."""
        return (
            self.delivered
            == self.staged + self.quarantined + self.duplicates_removed + self.replaced
        )


_ROWS: Schema = {
    "source": pl.String,
    "table_name": pl.String,
    "delivered": pl.Int64,
    "staged": pl.Int64,
    "quarantined": pl.Int64,
}
_ROWS |= {"duplicates_removed": pl.Int64, "replaced": pl.Int64}
_FILES: Schema = {
    "source": pl.String,
    "table_name": pl.String,
    "is_present": pl.Boolean,
    "is_required": pl.Boolean,
}
_FILES |= {"delivered_rows": pl.Int64, "coverage_from": pl.Date, "coverage_to": pl.Date}
_RULES: Schema = {
    "source": pl.String,
    "table_name": pl.String,
    "column_name": pl.String,
    "rule": pl.String,
    "severity": pl.String,
}
_RULES |= {"rows_failed": pl.Int64, "rows_checked": pl.Int64}


def write_entry(entry: TableLedger, folder: Path) -> None:
    """Write one table's entry as three Parquet files.

    They lie under `row_ledger/`, `delivery_files/` and `contract_results/`.

    Raises:
        RuntimeError: the entry does not balance; a broken promise of landing, never of a delivery.
    """
    if not entry.balances:
        raise RuntimeError(f"the row ledger of {entry.source}.{entry.table_name} does not balance")
    row, name = (
        asdict(entry) | {"delivered_rows": entry.delivered},
        f"{entry.source}.{entry.table_name}",
    )
    _write([row], _ROWS, folder / "row_ledger" / f"{name}.parquet")
    _write([row], _FILES, folder / "delivery_files" / f"{name}.parquet")
    write_rules(entry.rules, folder, name)


def write_rules(rules: Sequence[RuleCount], folder: Path, name: str) -> None:
    """Write what rules found as one more file under `contract_results/`."""
    _write(
        [asdict(rule) for rule in rules], _RULES, folder / "contract_results" / f"{name}.parquet"
    )


def _write(facts: Sequence[Mapping[str, Any]], schema: Schema, target: Path) -> None:
    with replace_file(target) as partial:
        pl.DataFrame(
            [{column: fact[column] for column in schema} for fact in facts], schema=schema
        ).write_parquet(partial)
