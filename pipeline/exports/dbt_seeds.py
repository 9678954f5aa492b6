"""Code lists as dbt seeds: one entry a list, with the type of every column.

Belongs here: how a column of a code list is typed, which follows from its name alone. Does not
belong here: seeds that hold law or bands (they have their own hand-written files beside them), and
tests: a code list changes only with the code, so ours hold it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.exports.contract_model import DescribedTable
from pipeline.exports.dbt_sources import as_yaml

BOOLEANS = {"on_licence", "convicted", "in_custody", "taken_up", "under_12_months", "from_hdc"}
INTEGERS = {"fullness", "maximum_months", "fixed_term_days", "rank_value", "band_code"}
DATES = {"valid_from", "valid_to"}

MEANINGS = {
    "code": "Value as the source system delivers it.",
    "description": "What the source system calls it.",
    "source": "Where the row comes from.",
}
"""Columns that mean the same in every list; others are described by their name in the list."""


def seeds_yml(folder: Path, tables: Sequence[DescribedTable]) -> str:
    """`_codes__seeds.yml`: every code list of a folder.

    Args:
        folder: holds `<list>.csv`, the first column of each being its code.
        tables: contracts, to say which columns are checked against a list.
    """
    used = _used_by(tables)
    lists = sorted(folder.glob("*.csv"))
    return as_yaml(
        {"version": 2, "seeds": [_seed(path, used.get(path.stem, [])) for path in lists]}
    )


def seed_type(column: str) -> str:
    """Type of a column of a code list, by its name."""
    if column.startswith("is_") or column in BOOLEANS:
        return "BOOLEAN"
    if column.endswith(("_rank", "_order")) or column in INTEGERS:
        return "INTEGER"
    return "DATE" if column in DATES else "VARCHAR"


def read_header(path: Path) -> list[str]:
    """Column names of a code list."""
    with path.open(encoding="utf-8", newline="") as lines:
        return next(csv.reader(lines))


def _seed(path: Path, used: Sequence[str]) -> dict[str, Any]:
    names = read_header(path)
    subject = path.stem.replace("_", " ")
    checked = (
        f"Allowed values of {', '.join(used)}."
        if used
        else "No column is checked against it; models join it."
    )
    return {
        "name": path.stem,
        "description": f"One row per code of the list {subject}. {checked}",
        "config": {"column_types": {name: seed_type(name) for name in names}},
        "columns": [{"name": name, "description": _meaning(name)} for name in names],
    }


def _meaning(column: str) -> str:
    return MEANINGS.get(
        column, f"{column.replace('_', ' ').capitalize()} to which the code conforms."
    )


def _used_by(tables: Sequence[DescribedTable]) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for table in tables:
        for column in table.columns:
            if column.contract.codes:
                used.setdefault(column.contract.codes, []).append(
                    f"{table.facts.source}.{table.facts.name}.{column.name}"
                )
    return used
