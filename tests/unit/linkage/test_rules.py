from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pipeline.linkage.predict import pairs_of
from pipeline.linkage.rules import BLOCKING_RULES, COMPARISONS, OTHER, Comparison
from tests.unit.linkage.conftest import cases

COLUMNS = {
    **dict.fromkeys(
        ("forename", "middle_names", "surname", "full_name", "birth_digits", "postcode", "outcode", "pnc", "cro", "prison_number", "crn"),
        "varchar",
    ),
    "birth": "date",
    "aliases": "varchar[]",
    "asns": "varchar[]",
    "days": "date[]",
}
BLOCKING, LEVELS = cases("blocking"), cases("levels")


def _node(given: dict[str, Any]) -> dict[str, Any]:
    node = dict.fromkeys(COLUMNS) | {"aliases": [], "asns": [], "days": []} | given
    if node["forename"] and node["surname"]:
        node["full_name"] = f"{node['forename']} {node['surname']}"
    if node["birth"]:
        node["birth_digits"] = node["birth"].strftime("%Y%m%d")
    if node["postcode"]:
        node["outcode"] = node["postcode"][:-3]
    return node


def _values(given: dict[str, Any], suffix: str = "") -> tuple[str, list[Any]]:
    node = _node(given)
    return ", ".join(f"cast(? as {kind}) as {column}{suffix}" for column, kind in COLUMNS.items()), [node[column] for column in COLUMNS]


def _level(comparison: Comparison) -> str:
    levels = " ".join(f"when {level.sql} then '{level.name}'" for level in comparison.levels)
    return f"case when {comparison.unknown} then 'unknown' {levels} else '{OTHER}' end"


@pytest.mark.parametrize("case", LEVELS, ids=lambda case: f"{case['comparison']} {case['expect']}")
@pytest.mark.parametrize("turned", [False, True], ids=["as given", "turned"])
def test_pair_meets_its_level_either_way_round(database: duckdb.DuckDBPyConnection, case: dict[str, Any], turned: bool) -> None:
    comparison = next(comparison for comparison in COMPARISONS if comparison.name == case["comparison"])
    sides = (case["right"], case["left"]) if turned else (case["left"], case["right"])
    (left, left_values), (right, right_values) = _values(sides[0], "_l"), _values(sides[1], "_r")
    query = f"select {_level(comparison)} from (select {left}, {right})"
    assert database.execute(query, left_values + right_values).fetchone() == (case["expect"],)


@pytest.mark.parametrize("case", BLOCKING, ids=lambda case: str(case["rule"]))
@pytest.mark.parametrize("turned", [False, True], ids=["as given", "turned"])
def test_blocking_rule_brings_its_pair_together_once(database: duckdb.DuckDBPyConnection, case: dict[str, Any], turned: bool) -> None:
    rule = next(rule for rule in BLOCKING_RULES if rule.name == case["rule"])
    sides = (case["right"], case["left"]) if turned else (case["left"], case["right"])
    columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
    database.execute(f"create or replace temp table nodes (node bigint, {columns})")
    for number, given in enumerate((*sides, {})):
        values, parameters = _values(given)
        database.execute(f"insert into nodes select {number}, {values}", parameters)
    found = database.execute(pairs_of(rule)).fetchall()
    assert found == [(0, 1)]


def test_every_rule_and_level_has_a_worked_case() -> None:
    assert {rule.name for rule in BLOCKING_RULES} == {case["rule"] for case in BLOCKING}
    worked = {(case["comparison"], case["expect"]) for case in LEVELS}
    missing = {(comparison.name, level) for comparison in COMPARISONS for level in comparison.level_names} - worked
    assert missing == {("twins", OTHER)}, "`other` of twins cannot be met: whoever is not suspected is unknown"


def test_every_rule_has_a_name_of_its_own_and_a_reason() -> None:
    for rules in (BLOCKING_RULES, COMPARISONS):
        names = [rule.name for rule in rules]
        assert len(set(names)) == len(names)
        assert all(len(rule.reason) > 10 for rule in rules)
