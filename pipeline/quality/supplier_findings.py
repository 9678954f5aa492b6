"""What is wrong with a delivery, as its supplier is told it.

A finding says what is wrong, where, how often, and what to do. It never holds a value.

Belongs here: the form of a finding, and advice. Does not belong here: rules (data_contracts,
landing), showing (terminal, reports).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from data_contracts.rules import Severity
from pipeline.contracts.registry import Contract

MAX_SAMPLES = 20
WHOLE_DELIVERY = "(delivery)"
"""Stands for the table of what is wrong with the delivery as a whole."""

FORMS = {
    pl.Date: "a date, such as 2021-09-30",
    pl.Int64: "a whole number, such as 12",
    pl.Float64: "a number, such as 12.5",
}
FORMS |= {pl.Boolean: "true or false", pl.String: "text in UTF-8"}
ADVICE = {
    "shape": (
        "look at quotes, delimiters and line breaks inside fields; "
        "deliver each row with as many fields as the header"
    ),
    "not_nullable": "fill in the value, or deliver the row without the fault that emptied it",
    "str_matches": "deliver the value in the pattern that the data dictionary states",
    "unique": "deliver each row once; where two rows share a key, say which of them holds",
}
"""What to do, by rule; the others depend on the column."""
KEPT = "nothing is quarantined: look whether the source means it so, and tell us"


@dataclass(frozen=True)
class Sample:
    """Where a row stands: its file in the delivery, and its number in the file.

    Rows are counted from 1, without the header.
    """

    file: str
    row: int


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a delivery; no value in it."""

    table: str
    column: str
    reason: str
    severity: Severity
    rows: int
    rule: str = ""
    """Name of the rule; empty for what is wrong with a table or a delivery as a whole."""
    rows_checked: int = 0
    samples: tuple[Sample, ...] = ()
    advice: str = ""


@dataclass(frozen=True)
class TableCount:
    """Where the rows of one table of a delivery would go."""

    table: str
    is_delivered: bool
    is_read: bool
    """False: the table is broken as a whole, so no row of it could be counted."""
    delivered: int = 0
    staged: int = 0
    quarantined: int = 0
    duplicates: int = 0
    replaced: int = 0


@dataclass(frozen=True)
class Examined:
    """A delivery as its contracts see it."""

    delivery_id: str
    extract_date: date
    is_synthetic: bool
    tables: tuple[TableCount, ...]
    findings: tuple[Finding, ...]

    @property
    def is_blocked(self) -> bool:
        """A run with this delivery would not be published."""
        return any(finding.severity == "block" for finding in self.findings)


def give_advice(contract: Contract, column: str, rule: str, severity: Severity) -> str:
    """What a supplier can do about a broken rule."""
    described = contract.model.to_schema().columns.get(column)
    bounds = {check.name: check.statistics for check in described.checks} if described else {}
    if rule == "type" and described:
        return (
            f"deliver {FORMS.get(contract.types[column].base_type(), 'its type')}, "
            "or leave the cell empty where it may be"
        )
    if rule == "isin":
        return (
            f"deliver a code of the list {contract.columns[column].codes}, "
            "or tell us the new code and what it means"
        )
    if rule in ("greater_than_or_equal_to", "less_than_or_equal_to"):
        return f"values are expected {_range(bounds)}: correct the value or its unit"
    if rule == "str_length" and bounds:
        return (
            f"deliver {bounds['str_length']['min_value']} to {bounds['str_length']['max_value']} "
            "characters"
        )
    return ADVICE.get(rule, KEPT if severity == "warn" else "see the data dictionary")


def _range(bounds: dict[str, Any]) -> str:
    least = bounds.get("greater_than_or_equal_to", {}).get("min_value")
    most = bounds.get("less_than_or_equal_to", {}).get("max_value")
    return " ".join(
        f"{word} {bound}" for word, bound in (("from", least), ("to", most)) if bound is not None
    )
