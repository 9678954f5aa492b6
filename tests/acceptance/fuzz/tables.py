"""Tiny sound tables of every contract, made by hand of values that can be told from anything a
message may say.

Belongs here: what a file holds before anything is done to it. Does not belong here: any damage.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from pipeline.contracts.registry import Contract
from tests.support.contract_frames import SAMPLES

MARK = "Zqx"
"""Stands in every free text: a message that holds it quotes a row."""
DAY = date(1987, 6, 5)
VALUES = (MARK, "1987-06-")
"""What no message may hold."""


def sound(contract: Contract, rows: int) -> pl.DataFrame:
    """Rows that the contract takes, each with a key of its own; nullable columns are empty in every
    seventh row.
    """
    described = contract.model.to_schema().columns
    names = {
        name: _values(described[name], contract.facts.key, name, rows) for name in contract.types
    }
    return pl.DataFrame(names, schema=contract.types)


def _values(column: Any, key: tuple[str, ...], name: str, rows: int) -> list[Any]:
    values = [_value(column, name, row) for row in range(rows)]
    is_empty = column.nullable and name not in key
    return [None if is_empty and row % 7 == 6 else value for row, value in enumerate(values)]


def _value(column: Any, name: str, row: int) -> Any:
    stated = {check.name: check.statistics for check in column.checks}
    if "isin" in stated:
        allowed = stated["isin"]["allowed_values"]
        return allowed[row % len(allowed)]
    if "str_matches" in stated:
        return SAMPLES[stated["str_matches"]["pattern"]][0]
    kind = str(column.dtype)
    if kind == "Date":
        return DAY + timedelta(days=row % 20)
    if kind in ("Int64", "Float64"):
        return stated["greater_than_or_equal_to"]["min_value"] + row % 2
    return row % 2 == 0 if kind == "Boolean" else f"{MARK}{row}{MARK} {name[:20]}"
