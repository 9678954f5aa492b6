"""Contracts as Open Data Contract Standard 3.1 files: what a supplier's own tools can read.

Belongs here: how our vocabulary maps to that standard's. Does not belong here: the payload's shape; this is the
delivery's, identifiers and all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.exports.dbt_sources import as_yaml
from pipeline.exports.described import DescribedColumn, DescribedTable, key_holders

Node = dict[str, Any]

VERSION = "1.0.0"
"""Version of the contracts themselves: raise the major part when a supplier has to change something."""

LISTED = 40
"""A code list up to this long is written out; a longer one is named."""

LOGICAL = {"VARCHAR": "string", "BIGINT": "integer", "DOUBLE": "number", "BOOLEAN": "boolean", "DATE": "date"}


def odcs_yaml(source: str, tables: Sequence[DescribedTable]) -> str:
    """`<source>.odcs.yaml`: one contract a source, one schema object a table.

    Args:
        source: name of the source.
        tables: all contracts, of which those of the source are written.
    """
    holders = key_holders(tables)
    return as_yaml(
        {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": f"justice-journeys-{source.replace('_', '-')}",
            "name": source,
            "version": VERSION,
            "status": "active",
            "domain": "justice",
            "dataProduct": "justice-journeys",
            "description": {
                "purpose": f"What the extract of {source} must look like to be taken in.",
                "usage": "Linked and de-identified on arrival; direct identifiers are seen by linkage alone.",
                "limitations": "Names of confidence P are published, S the source system's, I inferred and to be agreed with the supplier.",
            },
            "schema": [_table(table, holders) for table in tables if table.facts.source == source],
        }
    )


def _table(table: DescribedTable, holders: dict[str, tuple[str, str, str]]) -> Node:
    return {
        "name": table.facts.name,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": f"{table.facts.source}/{table.facts.name}",
        "description": table.description,
        "dataGranularityDescription": table.grain,
        "properties": [_column(table, column, holders) for column in table.columns],
        "quality": _table_quality(table),
        "customProperties": _custom(
            {
                "tableRequired": table.facts.required,
                "recordOfPerson": table.facts.record_of_person,
                "quirks": list(table.quirks) or None,
            }
        ),
    }


def _column(table: DescribedTable, column: DescribedColumn, holders: dict[str, tuple[str, str, str]]) -> Node:
    node: Node = {"name": column.name, "logicalType": LOGICAL[column.type], "physicalType": column.type}
    options = _options(column)
    if options:
        node["logicalTypeOptions"] = options
    node |= {"description": column.description, "required": not column.nullable, "classification": column.contract.privacy}
    if column.name in table.facts.key:
        node |= {"primaryKey": True, "primaryKeyPosition": table.facts.key.index(column.name) + 1}
    holder = holders.get(column.contract.family or "")
    if column.contract.role == "reference" and holder and holder[0] == table.facts.source:
        node["relationships"] = [{"type": "foreignKey", "to": f"{holder[1]}.{holder[2]}"}]
    if column.codes:
        node["quality"] = [_allowed(column.contract.codes or "", column.codes)]
    return {**node, "customProperties": _custom(_facts(column))}


def _options(column: DescribedColumn) -> Node:
    checks = column.checks
    if column.type == "VARCHAR":
        stated = {"minLength": checks.get("shortest"), "maxLength": checks.get("longest"), "pattern": checks.get("pattern")}
    elif column.type == "BOOLEAN":
        stated = {}
    else:
        formats = {"DATE": "yyyy-MM-dd", "BIGINT": "i64", "DOUBLE": "f64"}
        stated = {"format": formats[column.type], "minimum": checks.get("least"), "maximum": checks.get("most")}
    return {name: value for name, value in stated.items() if value is not None}


def _allowed(name: str, codes: Sequence[str]) -> Node:
    """A short list as a check that a tool can run, a long one in words."""
    if len(codes) > LISTED:
        return {"name": f"code of {name}", "type": "text", "description": f"One of the {len(codes)} codes of codes/{name}.csv."}
    return {
        "name": f"code of {name}",
        "type": "library",
        "metric": "invalidValues",
        "arguments": {"validValues": list(codes)},
        "mustBe": 0,
        "unit": "rows",
        "dimension": "conformity",
    }


def _table_quality(table: DescribedTable) -> list[Node]:
    facts = table.facts
    unique = {
        "name": "key is unique",
        "type": "library",
        "metric": "duplicateValues",
        "arguments": {"properties": list(facts.key)},
        "mustBeLessOrEqualTo": round(facts.duplicate_tolerance * 100, 6),
        "unit": "percent",
        "dimension": "uniqueness",
        "severity": "error",
    }
    held = f"At most {facts.quarantine_tolerance:.0%} of the rows may break a rule of their columns; such rows are held back."
    ordered = [
        {
            "name": f"{later} not before {earlier}",
            "type": "text",
            "description": f"A row whose {later} comes before its {earlier} is flagged and kept.",
            "dimension": "consistency",
            "severity": "warning",
        }
        for earlier, later in facts.ordered_dates
    ]
    return [unique, {"name": "few rows held back", "type": "text", "description": held, "severity": "error"}, *ordered]


def _facts(column: DescribedColumn) -> Node:
    contract = column.contract
    return {
        "confidence": contract.confidence,
        "unit": contract.unit,
        "codeList": contract.codes,
        "identifier": contract.identifier,
        "keyFamily": contract.family,
        "columnRequired": contract.required,
    }


def _custom(stated: Node) -> list[Node]:
    return [{"property": name, "value": value} for name, value in stated.items() if value is not None]
