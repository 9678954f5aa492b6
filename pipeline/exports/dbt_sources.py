"""Contracts as dbt sources: what landing hands over, described and tested.

Belongs here: the shape of the payload (identifiers gone, keys replaced, three columns added) as dbt
must know it. Does not belong here: rules that the contract checks at the door already; only keys
and references are tested again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from pipeline.exports.contract_model import NOTICE, DescribedColumn, DescribedTable, key_holders

Node = dict[str, Any]

RECORD = "source_record_id"
"""Column that landing adds: the record that linkage assigns to a person."""


def sources_yml(source: str, tables: Sequence[DescribedTable]) -> str:
    """`_<source>__sources.yml`: the tables of one source as landing stages them.

    Args:
        source: name of the source, which is its schema in the warehouse too.
        tables: all contracts, since references cross sources.
    """
    holders = key_holders(tables)
    nodes = [_table(table, holders) for table in tables if table.facts.source == source]
    stated = {
        "name": source,
        "schema": source,
        "description": (
            f"Staged tables of the source {source}: typed, checked, without direct identifiers."
        ),
        "tables": nodes,
    }
    return as_yaml({"version": 2, "sources": [stated]})


def as_yaml(content: Node) -> str:
    """YAML with the notice on top, keys in the order given, one line a text."""
    return f"# {NOTICE}\n" + yaml.safe_dump(
        content, sort_keys=False, allow_unicode=True, width=10_000
    )


def _table(table: DescribedTable, holders: dict[str, tuple[str, str, str]]) -> Node:
    node: Node = {"name": table.facts.name, "description": table.description}
    promises = _promises(table)
    if promises:
        node["data_tests"] = [{"keys_hold": {"arguments": promises}}]
    staged = [_column(table, column, holders) for column in table.columns if column.staged]
    node["columns"] = [*staged, *_added(table)]
    return node


def _column(
    table: DescribedTable, column: DescribedColumn, holders: dict[str, tuple[str, str, str]]
) -> Node:
    node: Node = {
        "name": column.name,
        "description": _text(column),
        "data_type": column.type,
        "config": {"meta": _meta(column)},
    }
    tests = _reference_tests(table, column, holders)
    return {**node, "data_tests": tests} if tests else node


def _text(column: DescribedColumn) -> str:
    return f"{column.description} Keyed pseudonym." if column.pseudonymised else column.description


def _meta(column: DescribedColumn) -> Node:
    contract = column.contract
    privacy = "pseudonym" if column.pseudonymised else contract.privacy
    stated = {"privacy": privacy, "confidence": contract.confidence, "unit": contract.unit}
    stated |= {"codes": contract.codes, "family": contract.family}
    return {name: value for name, value in stated.items() if value is not None}


def _promises(table: DescribedTable) -> Node:
    """What the test of keys is asked.

    Where landing adds a key to one of several columns, the added one is the key.
    """
    key = list(table.facts.key)
    if not table.facts.record_of_person:
        return {"key": key if len(key) > 1 else key[0]} if key else {}
    if len(key) == 1:
        return {"key": key[0], "unique": [RECORD], "not_null": [RECORD]}
    return {"key": RECORD, "not_null": key}


def _reference_tests(
    table: DescribedTable, column: DescribedColumn, holders: dict[str, tuple[str, str, str]]
) -> list[Any]:
    """The relationship test of a reference; none where no table holds the key.

    A reference without its row is a fact about the delivery, so the test warns. Where no table
    holds the key, there is nothing to test.
    """
    holder = holders.get(column.contract.family or "")
    if (
        column.contract.role != "reference"
        or holder is None
        or holder[:2] == (table.facts.source, table.facts.name)
    ):
        return []
    source, name, field = holder
    return [
        {
            "relationships": {
                "arguments": {"to": f"source('{source}', '{name}')", "field": field},
                "config": {"severity": "warn"},
            }
        }
    ]


def _added(table: DescribedTable) -> list[Node]:
    """Columns that landing adds."""
    added: list[Node] = []
    if table.facts.record_of_person:
        added.append(
            {
                "name": RECORD,
                "description": (
                    "Keyed pseudonym of the row's key: the record that linkage assigns to a person."
                ),
                "data_type": "VARCHAR",
            }
        )
        added.append(
            {
                "name": "birth_year",
                "description": "Year of the birth date; null if none was given.",
                "data_type": "INTEGER",
            }
        )
    flags = (
        "Names of the contract's flags on this row, separated by semicolons; "
        "null when there are none."
    )
    return [*added, {"name": "contract_flags", "description": flags, "data_type": "VARCHAR"}]
