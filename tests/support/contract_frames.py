"""Frames for contract tests: one sound row, and one row for each way to break a contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

SAMPLES = {
    r"^.{0,80}$": ("MIG_ERROR_Tom", "x" * 81),
    r"^[A-Z]\d{6}$": ("X123456", "X12345"),
    r"^[A-Z]\d{4}[A-Z]{2}$": ("A1234BC", "A1234B"),
    r"^[EW]01\d{6}$": ("E01000001", "S01000001"),
    r"^\d{5}$": ("10400", "10400A"),
    r"^[A-Z_]+(;[A-Z_]+)*$": ("OTHER;FURTHER", "OTHER;"),
}
"""For each pattern of a contract a value that matches and one that does not. A new pattern needs
its line here.
"""

Breaker = Callable[[dict[str, Any]], Any]

BREAKERS: dict[str, Breaker] = {
    "isin": lambda stated: "no such code: " + stated["allowed_values"][0],
    "str_matches": lambda stated: SAMPLES[stated["pattern"]][1],
    "str_length": lambda stated: "x" * (stated["max_value"] + 1),
    "greater_than_or_equal_to": lambda stated: step(stated["min_value"], -1),
    "less_than_or_equal_to": lambda stated: step(stated["max_value"], 1),
}
"""For each kind of check a value that breaks it. A new kind of check needs its line here."""


@dataclass(frozen=True)
class Breach:
    """One way to break a contract, and the value that does."""

    column: str
    check: str
    value: Any


def step(bound: Any, by: int) -> Any:
    """The next value beyond a bound."""
    return bound + timedelta(days=by) if isinstance(bound, date) else bound + by


def sound_row(model: type[pa.DataFrameModel]) -> dict[str, Any]:
    """A value for every column that the contract takes."""
    return {name: _sound(column) for name, column in model.to_schema().columns.items()}


def breaches(model: type[pa.DataFrameModel]) -> list[Breach]:
    """Every way to break one column of the contract, but for its type."""
    found = []
    for name, column in model.to_schema().columns.items():
        found += [
            Breach(name, check.name, BREAKERS[check.name](check.statistics))
            for check in column.checks
        ]
        if not column.nullable:
            found.append(Breach(name, "not_nullable", None))
    return found


def frame(model: type[pa.DataFrameModel], rows: list[dict[str, Any]]) -> pl.LazyFrame:
    """The rows with the contract's types."""
    types = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    return pl.DataFrame(rows, schema=types).lazy()


def judged(model: type[pa.DataFrameModel], rows: pl.LazyFrame) -> set[tuple[str, str, int | None]]:
    """What pandera finds at full depth: column, kind of check, row."""
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            model.validate(rows, lazy=True).collect()
        except SchemaErrors as errors:
            cases = errors.failure_cases.select(
                "column", pl.col("check").str.split("(").list.first(), "index"
            )
            return set(cases.iter_rows())
    return set()


def _sound(column: Any) -> Any:
    stated = {check.name: check.statistics for check in column.checks}
    if "isin" in stated:
        return stated["isin"]["allowed_values"][0]
    if "str_matches" in stated:
        return SAMPLES[stated["str_matches"]["pattern"]][0]
    if "greater_than_or_equal_to" in stated:
        return stated["greater_than_or_equal_to"]["min_value"]
    return {"String": "text", "Boolean": True}[str(column.dtype)]
