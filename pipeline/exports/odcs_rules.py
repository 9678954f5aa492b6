"""Rules of a contract as quality checks of the Open Data Contract Standard.

Each check has a name, a severity, a reason for people, and something to run.

A rule that the standard has a metric for is stated so; any other is a query that counts the rows
that break it, in plain SQL.

Belongs here: one function a kind of rule. Does not belong here: how grave a kind is and what it
says (`data_contracts.rules`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any

from data_contracts.fields import meanings
from data_contracts.rules import RULES
from pipeline.exports.contract_model import DescribedColumn, DescribedTable

Node = dict[str, Any]

LISTED = 40
"""A code list up to this long is written out with its meanings; a longer one is a link."""

SEVERITIES = {"block": "error", "quarantine": "error", "warn": "warning"}
"""The standard's words; what becomes of the row stands beside, as `onBreach`."""


def column_rules(
    table: DescribedTable, column: DescribedColumn, refers_to: tuple[str, str] | None
) -> list[Node]:
    """Every rule of one column.

    Args:
        table: the table that holds the column.
        column: the column.
        refers_to: table and column of the same source whose key it holds, if any.
    """
    stated: dict[str, Callable[[], Node]] = {
        "type": lambda: {"type": "text"},
        "not_nullable": lambda: _metric("nullValues"),
        "isin": lambda: _allowed(column),
        "str_matches": lambda: _metric("invalidValues", {"pattern": column.checks["pattern"]}),
        "str_length": lambda: _query(table, _length(column)),
        "greater_than_or_equal_to": lambda: _query(
            table, f"{_name(column.name)} < {_literal(column.checks['least'])}"
        ),
        "less_than_or_equal_to": lambda: _query(
            table, f"{_name(column.name)} > {_literal(column.checks['most'])}"
        ),
        "in_force": lambda: {
            "type": "text",
            "customProperties": list_custom_properties({"datedBy": column.contract.dated_by}),
        },
        "reference": lambda: _query(table, _orphan(table, column, refers_to)),
        "orphans": lambda: _share(
            table, _orphan(table, column, refers_to), column.contract.orphan_tolerance
        ),
    }
    named = {"in_force": f"{column.name} not in force on {column.contract.dated_by}"}
    return [
        _rule(kind, column.name, stated[kind](), named.get(kind))
        for kind in _kinds(column, refers_to)
    ]


def table_rules(table: DescribedTable) -> list[Node]:
    """Every rule of a whole table."""
    facts = table.facts
    key = {
        "arguments": {"properties": list(facts.key)},
        "mustBeLessOrEqualTo": round(facts.duplicate_tolerance * 100, 6),
    }
    unique = {"type": "library", "metric": "duplicateValues"} | key | {"unit": "percent"}
    held = {
        "type": "text",
        "customProperties": list_custom_properties({"tolerance": facts.quarantine_tolerance}),
    }
    ordered = [
        _rule(
            "ordered_dates",
            later,
            _query(table, f"{_name(later)} < {_name(earlier)}"),
            f"{later} before {earlier}",
        )
        for earlier, later in facts.ordered_dates
    ]
    shape, found = (
        _rule("shape", "row", {"type": "text"}),
        [_rule("unique", "key", unique), _rule("held_back", facts.name, held)],
    )
    return [shape, *ordered, *found, *_over_time(table)]


def _over_time(table: DescribedTable) -> list[Node]:
    """What holds against the manifest and earlier deliveries, in words with tolerances.

    No tool has such checks, so they are told in words.
    """
    facts = table.facts
    stated: dict[str, Node] = {
        "row_count": {},
        "row_history": asdict(facts.row_history),
        "collapse": {"share": facts.row_history.collapse},
    }
    stated |= {"coverage": asdict(facts.coverage)} if facts.coverage else {}
    stated |= {"drift": asdict(facts.drift)}
    return [
        _rule(kind, facts.name, {"type": "text", "customProperties": _tolerances(told)})
        for kind, told in stated.items()
    ]


def _tolerances(stated: Node) -> list[Node]:
    return list_custom_properties(
        {
            _camel(name): value.isoformat() if isinstance(value, date) else value
            for name, value in stated.items()
        }
    )


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def list_custom_properties(stated: Node) -> list[Node]:
    """Custom properties, without those that hold nothing."""
    return [
        {"property": name, "value": value} for name, value in stated.items() if value is not None
    ]


def _kinds(column: DescribedColumn, refers_to: tuple[str, str] | None) -> list[str]:
    """Kinds of rule that the column has, in the order of the rules."""
    bounds = {
        "pattern": "str_matches",
        "longest": "str_length",
        "least": "greater_than_or_equal_to",
        "most": "less_than_or_equal_to",
    }
    has = {"type"} | {kind for fact, kind in bounds.items() if fact in column.checks}
    judged = bool(refers_to) and column.contract.orphan_tolerance < 1
    stated = {
        "not_nullable": not column.nullable,
        "isin": column.codes,
        "in_force": column.contract.dated_by,
    }
    stated |= {"reference": refers_to, "orphans": judged}
    has |= {kind for kind, holds in stated.items() if holds}
    return [kind for kind in RULES if kind in has]


def _rule(kind: str, subject: str, check: Node, name: str | None = None) -> Node:
    """A rule is named after its kind, but where a table may have several of one kind."""
    rule = RULES[kind]
    check = dict(check)
    facts = list_custom_properties(
        {"kind": kind if name else None, "onBreach": rule.severity}
    ) + check.pop("customProperties", [])
    said = {"name": name or kind, "description": f"{subject} {rule.reason}"}
    return {
        **said,
        **check,
        "dimension": rule.dimension,
        "severity": SEVERITIES[rule.severity],
        "customProperties": facts,
    }


def _metric(metric: str, arguments: Node | None = None) -> Node:
    check: Node = {"type": "library", "metric": metric}
    return check | ({"arguments": arguments} if arguments else {}) | {"mustBe": 0, "unit": "rows"}


def _query(table: DescribedTable, condition: str) -> Node:
    return {
        "type": "sql",
        "query": f"SELECT COUNT(*) FROM {_name(table.facts.name)} WHERE {condition}",
        "mustBe": 0,
        "unit": "rows",
    }


def _share(table: DescribedTable, condition: str, tolerance: float) -> Node:
    share = (
        f"COALESCE(100.0 * SUM(CASE WHEN {condition} THEN 1 ELSE 0 END) / NULLIF(COUNT(*), 0), 0)"
    )
    most = {"mustBeLessOrEqualTo": round(tolerance * 100, 6), "unit": "percent"}
    return {"type": "sql", "query": f"SELECT {share} FROM {_name(table.facts.name)}"} | most


def _allowed(column: DescribedColumn) -> Node:
    """The allowed values: a short list as a check that a tool can run, with its meanings.

    A long list is a link to its file.
    """
    name = column.contract.codes or ""
    link = {
        "authoritativeDefinitions": [
            {"url": f"data_contracts/codes/{name}.csv", "type": "businessDefinition"}
        ]
    }
    if len(column.codes) > LISTED:
        return {
            "type": "text",
            **link,
            "customProperties": list_custom_properties({"codes": len(column.codes)}),
        }
    said = {code: meaning for code, meaning in meanings(name).items() if meaning}
    return (
        _metric("invalidValues", {"validValues": list(column.codes)})
        | link
        | {"customProperties": list_custom_properties({"meanings": said or None})}
    )


def _length(column: DescribedColumn) -> str:
    return (
        f"LENGTH({_name(column.name)}) "
        f"NOT BETWEEN {column.checks['shortest']} AND {column.checks['longest']}"
    )


def _orphan(
    table: DescribedTable, column: DescribedColumn, refers_to: tuple[str, str] | None
) -> str:
    holder, key = (_name(part) for part in refers_to or ("", ""))
    own = f"{_name(table.facts.name)}.{_name(column.name)}"
    return f"{own} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {holder} WHERE {holder}.{key} = {own})"


def _name(name: str) -> str:
    return f'"{name}"'


def _literal(bound: Any) -> str:
    """A bound in SQL; days are already written as in ISO 8601."""
    return f"DATE '{date.fromisoformat(bound)}'" if isinstance(bound, str) else str(bound)
