from __future__ import annotations

from typing import Any

import duckdb
import pytest

from pipeline.linkage.scoring.blocking_rules import BLOCKING_RULES
from pipeline.linkage.scoring.candidate_pairs import find_pairs, split_pairs
from pipeline.linkage.scoring.comparisons import COMPARISONS, OTHER, Comparison
from tests.support.identity import cases

TEXTS = (
    "forename",
    "surname",
    "full_name",
    "name_number",
    "birth_digits",
    "sex",
    "forename_sound",
    "surname_sound",
)
LISTS = (
    *("middle_names", "aliases", "postcodes", "common_postcodes", "outcodes"),
    *("pncs", "cros", "asns", "prison_numbers", "crns", "own_groups"),
)
WORKED_OUT = (
    "police_numbers",
    "service_numbers",
    "slipped_pncs",
    "slipped_cros",
    "forename_forms",
)
COLUMNS = {
    **dict.fromkeys(TEXTS, "varchar"),
    "birth": "date",
    **dict.fromkeys(
        ("has_postcode", "has_prison_number", "has_sound_pnc", "has_sound_cro"), "boolean"
    ),
    **dict.fromkeys((*LISTS, *WORKED_OUT), "varchar[]"),
    "days": "date[]",
    "days_known": "bigint",
}
BLOCKING, LEVELS = cases("blocking"), cases("levels")


def _node(database: duckdb.DuckDBPyConnection, given: dict[str, Any]) -> dict[str, Any]:
    """A node with what `collapse` works out of its values."""
    node: dict[str, Any] = (
        dict.fromkeys(COLUMNS)
        | {name: [] for name, kind in COLUMNS.items() if kind.endswith("[]")}
        | given
    )
    if node["forename"] and node["surname"]:
        node["full_name"] = node["name_number"] = f"{node['forename']} {node['surname']}"
    for name in ("forename", "surname"):
        node[f"{name}_sound"] = _told(database, "nullif(sound(?), '')", node[name])
    node["forename_forms"] = (
        [node["forename"], *given.get("forename_forms", [])] if node["forename"] else []
    )
    if node["birth"]:
        node["birth_digits"] = node["birth"].strftime("%Y%m%d")
    node["has_postcode"] = bool(node["postcodes"] + node["common_postcodes"])
    node["days_known"] = len(node["days"])
    node["outcodes"] = node["outcodes"] or [
        postcode[:-3] for postcode in node["postcodes"] + node["common_postcodes"]
    ]
    node["police_numbers"] = node["pncs"] + node["cros"] + node["asns"]
    node["has_prison_number"] = bool(node["prison_numbers"])
    node["service_numbers"] = node["prison_numbers"] + node["crns"]
    for kind in ("pnc", "cro"):
        node[f"slipped_{kind}s"] = [
            number
            for number in node[f"{kind}s"]
            if not _told(database, f"{kind}_is_right(?)", number)
        ]
        node[f"has_sound_{kind}"] = len(node[f"slipped_{kind}s"]) < len(node[f"{kind}s"])
    return node


def _told(database: duckdb.DuckDBPyConnection, expression: str, value: Any) -> Any:
    return (database.execute(f"select {expression}", [value]).fetchone() or (None,))[0]


def _values(
    database: duckdb.DuckDBPyConnection, given: dict[str, Any], suffix: str = ""
) -> tuple[str, list[Any]]:
    node = _node(database, given)
    return ", ".join(
        f"cast(? as {kind}) as {column}{suffix}" for column, kind in COLUMNS.items()
    ), [node[column] for column in COLUMNS]


def level_of(comparison: Comparison) -> str:
    """Expression over the columns of two nodes: the level that they are of."""
    levels = " ".join(f"when {level.sql} then '{level.name}'" for level in comparison.levels)
    return f"case when {comparison.unknown} then 'unknown' {levels} else '{OTHER}' end"


@pytest.mark.parametrize("case", LEVELS, ids=lambda case: f"{case['comparison']} {case['expect']}")
@pytest.mark.parametrize("turned", [False, True], ids=["as given", "turned"])
def test_pair_meets_its_level_either_way_round(
    database: duckdb.DuckDBPyConnection, case: dict[str, Any], turned: bool
) -> None:
    comparison = next(
        comparison for comparison in COMPARISONS if comparison.name == case["comparison"]
    )
    sides = (case["right"], case["left"]) if turned else (case["left"], case["right"])
    (left, left_values), (right, right_values) = (
        _values(database, sides[0], "_l"),
        _values(database, sides[1], "_r"),
    )
    query = f"select {level_of(comparison)} from (select {left}, {right})"
    assert database.execute(query, left_values + right_values).fetchone() == (case["expect"],)


@pytest.mark.parametrize("case", BLOCKING, ids=lambda case: str(case["rule"]))
@pytest.mark.parametrize("turned", [False, True], ids=["as given", "turned"])
def test_blocking_rule_brings_its_pair_together_once(
    database: duckdb.DuckDBPyConnection, case: dict[str, Any], turned: bool
) -> None:
    rule = next(rule for rule in BLOCKING_RULES if rule.name == case["rule"])
    sides = (case["right"], case["left"]) if turned else (case["left"], case["right"])
    columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
    database.execute(f"create or replace table nodes (node bigint, {columns})")
    for number, given in enumerate((*sides, {})):
        values, parameters = _values(database, given)
        database.execute(f"insert into nodes select {number}, {values}", parameters)
    assert [
        tuple(map(int, pair))
        for pair in zip(*split_pairs(find_pairs(database, [rule])), strict=True)
    ] == [(0, 1)]


def test_every_rule_and_level_has_a_worked_case() -> None:
    assert {rule.name for rule in BLOCKING_RULES} == {case["rule"] for case in BLOCKING}
    worked = {(case["comparison"], case["expect"]) for case in LEVELS}
    missing = {
        (comparison.name, level) for comparison in COMPARISONS for level in comparison.level_names
    } - worked
    assert missing == {("own_group", OTHER)}, (
        "`other` of own_group cannot be met: different groups say nothing"
    )


def test_every_rule_has_a_name_of_its_own_and_a_reason() -> None:
    for rules in (BLOCKING_RULES, COMPARISONS):
        names = [rule.name for rule in rules]
        assert len(set(names)) == len(names)
        assert all(len(rule.reason) > 10 for rule in rules)
