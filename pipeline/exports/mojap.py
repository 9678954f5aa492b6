"""Contracts as metadata of the ministry's Analytical Platform: one JSON file per table.

The format is that of its package mojap-metadata.

Belongs here: how our vocabulary maps to that package's. Does not belong here: the payload's shape;
this is the delivery's. What that form has no word for (unit, confidence, key family, bounds of
days) stands in further properties, which it allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.exports.contract_model import (
    NOTICE,
    DescribedColumn,
    DescribedTable,
    Place,
    find_reference_targets,
)
from pipeline.exports.json_text import as_json

Node = dict[str, Any]

TYPES = {
    "VARCHAR": ("string", "string"),
    "BIGINT": ("int64", "integer"),
    "DOUBLE": ("float64", "float"),
    "BOOLEAN": ("bool", "boolean"),
    "DATE": ("date32", "timestamp"),
}
"""Arrow's name of a type, and the category under which the package has it."""


def mojap_files(tables: Sequence[DescribedTable]) -> dict[str, str]:
    """`<source>/<table>.json` -> text, for every table."""
    targets = find_reference_targets(tables)
    return {
        f"{table.facts.source}/{table.facts.name}.json": as_json(_table(table, targets), depth=2)
        for table in tables
    }


def _table(table: DescribedTable, targets: dict[Place, Place]) -> Node:
    facts = table.facts
    return {
        "$schema": "https://moj-analytical-services.github.io/metadata_schema/mojap_metadata/v1.5.0.json",
        "name": facts.name,
        "description": table.description,
        "database_name": facts.source,
        "file_format": "parquet",
        "sensitive": any(_sensitive(column) for column in table.columns),
        "primary_key": list(facts.key),
        "partitions": [],
        "columns": [_column(table, column, targets) for column in table.columns],
        "version": table.version,
        "notice": NOTICE,
    }


def _column(table: DescribedTable, column: DescribedColumn, targets: dict[Place, Place]) -> Node:
    kind, category = TYPES[column.type]
    target = targets.get((table.facts.source, table.facts.name, column.name))
    contract = column.contract
    stated: Node = {
        "name": column.name,
        "type": kind,
        "type_category": category,
        "description": column.description,
        "nullable": column.nullable,
        "sensitive": _sensitive(column),
        "unique": (table.facts.key == (column.name,) and not table.facts.duplicate_tolerance)
        or None,
        "foreign_key": [{"table": ".".join(target[:2]), "columns": [target[2]]}]
        if target
        else None,
        "enum": list(column.codes) or None,
        **_bounds(column),
        "column_required": contract.required,
        "privacy": contract.privacy,
        "confidence": contract.confidence,
        "unit": contract.unit,
        "code_list": contract.codes,
        "key_family": contract.family,
        "identifier": contract.identifier,
    }
    return {name: value for name, value in stated.items() if value is not None}


def _bounds(column: DescribedColumn) -> Node:
    """Pattern, lengths and range.

    The format's own minimum and maximum are numbers, so those of days have other names.
    """
    checks = column.checks
    least, most = ("earliest", "latest") if column.type == "DATE" else ("minimum", "maximum")
    lengths = {"minLength": checks.get("shortest"), "maxLength": checks.get("longest")}
    return {
        "pattern": checks.get("pattern"),
        **lengths,
        least: checks.get("least"),
        most: checks.get("most"),
    }


def _sensitive(column: DescribedColumn) -> bool:
    """Whether the column is sensitive: everything but what our contracts call plain.

    The format asks for personal or special category data.
    """
    return column.contract.privacy != "plain"
