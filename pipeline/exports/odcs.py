"""Contracts as Open Data Contract Standard 3.1 files: what a supplier's own tools can read.

Belongs here: how our vocabulary maps to that standard's. Does not belong here: the payload's shape;
this is the delivery's, identifiers and all; and how a rule is stated (`odcs_rules`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.exports.contract_model import (
    DescribedColumn,
    DescribedTable,
    Place,
    find_reference_targets,
)
from pipeline.exports.dbt_sources import as_yaml
from pipeline.exports.odcs_rules import column_rules, list_custom_properties, table_rules

Node = dict[str, Any]

LOGICAL = {
    "VARCHAR": "string",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
}


def odcs_yaml(source: str, tables: Sequence[DescribedTable]) -> str:
    """`<source>.odcs.yaml`: one contract a source, one schema object a table.

    Args:
        source: name of the source.
        tables: all contracts, of which those of the source are written.
    """
    targets = find_reference_targets(tables)
    own = [table for table in tables if table.facts.source == source]
    return as_yaml(
        {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": f"justice-journeys-{source.replace('_', '-')}",
            "name": source,
            "version": own[0].version,
            "status": "active",
            "domain": "justice",
            "dataProduct": "justice-journeys",
            "description": {
                "purpose": f"What the extract of {source} must look like to be taken in.",
                "usage": (
                    "Linked and de-identified on arrival; "
                    "direct identifiers are seen by linkage alone."
                ),
                "limitations": (
                    "Names of confidence P are published, S the source system's, "
                    "I inferred and to be agreed with the supplier."
                ),
            },
            "schema": [_table(table, targets) for table in own],
        }
    )


def _table(table: DescribedTable, targets: dict[Place, Place]) -> Node:
    return {
        "name": table.facts.name,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": f"{table.facts.source}/{table.facts.name}",
        "description": table.description,
        "dataGranularityDescription": table.grain,
        "properties": [_column(table, column, targets) for column in table.columns],
        "quality": table_rules(table),
        "customProperties": list_custom_properties(
            {
                "tableRequired": table.facts.required,
                "recordOfPerson": table.facts.record_of_person,
                "quirks": list(table.quirks) or None,
            }
        ),
    }


def _column(table: DescribedTable, column: DescribedColumn, targets: dict[Place, Place]) -> Node:
    node: Node = {
        "name": column.name,
        "logicalType": LOGICAL[column.type],
        "physicalType": column.type,
    }
    options = _options(column)
    if options:
        node["logicalTypeOptions"] = options
    node |= {
        "description": column.description,
        "required": not column.nullable,
        "classification": column.contract.privacy,
    }
    if column.name in table.facts.key:
        node |= {"primaryKey": True, "primaryKeyPosition": table.facts.key.index(column.name) + 1}
    target = targets.get((table.facts.source, table.facts.name, column.name))
    beside = (
        target[1:] if target and target[0] == table.facts.source else None
    )  # the standard links tables of one contract only
    if beside:
        node["relationships"] = [{"type": "foreignKey", "to": ".".join(beside)}]
    rules = column_rules(table, column, beside)
    if rules:
        node["quality"] = rules
    return {
        **node,
        "customProperties": list_custom_properties(
            _facts(column) | {"refersTo": ".".join(target) if target else None}
        ),
    }


def _options(column: DescribedColumn) -> Node:
    checks = column.checks
    if column.type == "VARCHAR":
        stated = {
            "minLength": checks.get("shortest"),
            "maxLength": checks.get("longest"),
            "pattern": checks.get("pattern"),
        }
    elif column.type == "BOOLEAN":
        stated = {}
    else:
        formats = {"DATE": "yyyy-MM-dd", "BIGINT": "i64", "DOUBLE": "f64"}
        stated = {
            "format": formats[column.type],
            "minimum": checks.get("least"),
            "maximum": checks.get("most"),
        }
    return {name: value for name, value in stated.items() if value is not None}


def _facts(column: DescribedColumn) -> Node:
    contract = column.contract
    return {
        "confidence": contract.confidence,
        "unit": contract.unit,
        "codeList": contract.codes,
        "identifier": contract.identifier,
        "keyFamily": contract.family,
        "columnRequired": contract.required,
        "payloadHolds": column.payload,
    }
