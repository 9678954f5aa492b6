from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

import duckdb
import pandera.polars as pa
import pytest
import yaml

import data_contracts
from data_contracts.fields import allowed, columns, facts, meanings
from data_contracts.rules import RULES
from pipeline.contracts.registry import Contract
from pipeline.exports import generate
from pipeline.exports.contract_model import describe_contracts
from pipeline.exports.contract_model import find_reference_targets as described_references
from pipeline.exports.odcs_rules import LISTED, SEVERITIES
from pipeline.quality.referential_integrity import list_references
from tests.support import further
from tests.support.contract_frames import breaches, sound_row

Node = dict[str, Any]

MODELS = data_contracts.registered([further])
FILES = generate.render_files(MODELS)
ROW_RULES_IN_SQL = {"str_length", "greater_than_or_equal_to", "less_than_or_equal_to"}

every_table = pytest.mark.parametrize(
    "model", MODELS, ids=lambda model: f"{facts(model).source}.{facts(model).name}"
)


@cache
def tables_of(source: str) -> list[Node]:
    """What the standard's file of a source says of its tables."""
    found: list[Node] = yaml.safe_load(FILES[f"data_contracts/exports/{source}.odcs.yaml"])[
        "schema"
    ]
    return found


def stated(model: type[pa.DataFrameModel]) -> Node:
    return next(
        table for table in tables_of(facts(model).source) if table["name"] == facts(model).name
    )


def rules(model: type[pa.DataFrameModel]) -> dict[tuple[str, str], Node]:
    """Every rule as the standard has it, by column (or `row`) and name."""
    table = stated(model)
    found = {("row", rule["name"]): rule for rule in table["quality"]}
    for column in table["properties"]:
        found |= {(column["name"], rule["name"]): rule for rule in column.get("quality", [])}
    return found


def custom(node: Node) -> Node:
    return {one["property"]: one["value"] for one in node["customProperties"]}


def kind(rule: Node) -> str:
    return str(custom(rule).get("kind", rule["name"]))


@every_table
def test_every_rule_that_the_door_holds_stands_in_the_standard(
    model: type[pa.DataFrameModel],
) -> None:
    contract, found = Contract(model), rules(model)
    missing = [rule for rule in contract.row_rules if rule not in found]
    missing += [
        (column, name) for name, column, _ in contract.dated_codes if (column, name) not in found
    ]
    missing += [("row", name) for name, _, _ in contract.flags if ("row", name) not in found]
    assert missing == []
    whole = {"shape", "unique", "held_back", "row_count", "row_history", "collapse", "drift"}
    whole |= {"coverage"} if contract.facts.coverage else set()
    assert {kind(rule) for (column, _), rule in found.items() if column == "row"} - {
        "ordered_dates"
    } == whole


@every_table
def test_no_rule_stands_in_the_standard_that_the_door_does_not_hold(
    model: type[pa.DataFrameModel],
) -> None:
    contract = Contract(model)
    held = {*contract.row_rules, *((column, name) for name, column, _ in contract.dated_codes)}
    of_columns = {
        place
        for place, rule in rules(model).items()
        if place[0] != "row" and kind(rule) not in ("reference", "orphans")
    }
    assert of_columns <= held


@pytest.mark.parametrize(
    "model", data_contracts.tables(), ids=lambda model: f"{facts(model).source}.{facts(model).name}"
)
def test_references_are_those_that_the_door_counts(model: type[pa.DataFrameModel]) -> None:
    own = facts(model).source, facts(model).name
    found = {
        column: to
        for (*table, column), to in described_references(
            describe_contracts(data_contracts.tables())
        ).items()
        if (*table,) == own
    }
    if own[0] in data_contracts.LOOKUPS:
        return
    counted = {
        one.column: (one.to.facts.source, one.to.facts.name, one.to_column)
        for one in list_references(Contract(model))
    }
    assert found == counted
    ruled = {column for (column, name) in rules(model) if name == "reference"}
    assert ruled == {column for column, to in counted.items() if to[0] == own[0]}
    assert {column for (column, name) in rules(model) if name == "orphans"} == {
        column for column in ruled if columns(model)[column].orphan_tolerance < 1
    }


@every_table
def test_every_rule_says_how_grave_it_is_and_what_it_says(model: type[pa.DataFrameModel]) -> None:
    for (column, _), rule in rules(model).items():
        known = RULES[kind(rule)]
        assert custom(rule)["onBreach"] == known.severity
        assert rule["severity"] == SEVERITIES[known.severity]
        assert rule["description"].endswith(known.reason)
        assert column == "row" or rule["description"].startswith(f"{column} ")


def test_every_kind_of_rule_stands_somewhere() -> None:
    assert {kind(rule) for model in MODELS for rule in rules(model).values()} == set(RULES)


@every_table
def test_codes_stand_with_their_meanings(model: type[pa.DataFrameModel]) -> None:
    for name, column in columns(model).items():
        if not column.codes:
            continue
        rule = rules(model)[name, "isin"]
        assert (
            rule["authoritativeDefinitions"][0]["url"] == f"data_contracts/codes/{column.codes}.csv"
        )
        if len(allowed(column.codes)) <= LISTED:
            assert rule["arguments"]["validValues"] == list(allowed(column.codes))
            assert custom(rule).get("meanings", {}) == {
                code: said for code, said in meanings(column.codes).items() if said
            }
        else:
            assert custom(rule)["codes"] == len(allowed(column.codes))


@pytest.mark.parametrize(
    ("codes", "code", "meaning"),
    [
        ("pleas", None, None),
        ("sex_delius", "F", "sex female"),
        ("sentence_categories", "2003", ""),
        ("courts", "C01CE00", "Central Criminal Court"),
        (
            "probation_areas",
            "East of England",
            "provider kind region; region East of England (from 2021-06-26)",
        ),
    ],
)
def test_a_code_means_what_its_list_says(codes: str, code: str | None, meaning: str | None) -> None:
    assert list(meanings(codes)) == list(allowed(codes))
    assert code is None or meanings(codes)[code] == meaning


@every_table
def test_what_tables_tolerate_stands_there(model: type[pa.DataFrameModel]) -> None:
    found, contract = rules(model), facts(model)
    assert found["row", "unique"]["arguments"] == {"properties": list(contract.key)}
    assert found["row", "unique"]["mustBeLessOrEqualTo"] == pytest.approx(
        contract.duplicate_tolerance * 100
    )
    assert custom(found["row", "held_back"])["tolerance"] == contract.quarantine_tolerance
    assert custom(found["row", "collapse"])["share"] == contract.row_history.collapse
    assert {custom(found["row", "drift"])[name] for name in ("nullEffect", "codeEffect")} == {
        contract.drift.null_effect,
        contract.drift.code_effect,
    }
    if contract.coverage:
        assert custom(found["row", "coverage"])["by"] == asdict(contract.coverage)["by"]
    for name, column in columns(model).items():
        if (name, "orphans") in found:
            assert found[name, "orphans"]["mustBeLessOrEqualTo"] == pytest.approx(
                column.orphan_tolerance * 100
            )


@every_table
def test_columns_say_their_privacy_key_and_null(model: type[pa.DataFrameModel]) -> None:
    schema = model.to_schema().columns
    for node in stated(model)["properties"]:
        contract, name = columns(model)[node["name"]], node["name"]
        assert node["classification"] == contract.privacy
        assert node["required"] != schema[name].nullable
        assert custom(node)["columnRequired"] == contract.required
        assert [node.get("primaryKeyPosition")] == [
            facts(model).key.index(name) + 1 if name in facts(model).key else None
        ]


@every_table
def test_queries_find_the_rows_that_break_their_rule_and_no_others(
    model: type[pa.DataFrameModel],
) -> None:
    with duckdb.connect() as database:
        sound = sound_row(model)
        make_tables(database, facts(model).source)
        insert(database, facts(model).name, sound)
        of_rows = {
            place: rule
            for place, rule in rules(model).items()
            if rule["type"] == "sql" and kind(rule) in ROW_RULES_IN_SQL
        }
        assert of_rows
        assert {count(database, rule) for rule in of_rows.values()} == {0}
        for breach in breaches(model):
            if breach.check in ROW_RULES_IN_SQL:
                insert(database, facts(model).name, {**sound, breach.column: breach.value})
                raised = {place for place, rule in of_rows.items() if count(database, rule)}
                assert raised == {(breach.column, breach.check)}
                database.execute(f'delete from "{facts(model).name}"')


@every_table
def test_queries_find_references_that_lead_nowhere_and_days_out_of_order(
    model: type[pa.DataFrameModel],
) -> None:
    with duckdb.connect() as database:
        make_tables(database, facts(model).source)
        found = [
            rule
            for rule in rules(model).values()
            if rule["type"] == "sql" and kind(rule) not in ROW_RULES_IN_SQL
        ]
        assert {count(database, rule) for rule in found} <= {0}
        for rule in found:
            sound = sound_row(model)
            for earlier, later in facts(model).ordered_dates:
                sound |= {
                    earlier: "2015-01-02",
                    later: "2015-01-01"
                    if rule["name"] == f"{later} before {earlier}"
                    else "2015-01-02",
                }
            insert(database, facts(model).name, sound)
            assert count(database, rule) == (100 if kind(rule) == "orphans" else 1)
            database.execute(f'delete from "{facts(model).name}"')


def make_tables(database: duckdb.DuckDBPyConnection, source: str) -> None:
    """Empty tables of a source, as its contract in the standard has them."""
    for table in tables_of(source):
        declared = ", ".join(
            f'"{column["name"]}" {column["physicalType"]}' for column in table["properties"]
        )
        database.execute(f'create table "{table["name"]}" ({declared})')


def insert(database: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    database.execute(
        f'insert into "{table}" by name '
        f"select {', '.join(f'? as {chr(34)}{name}{chr(34)}' for name in row)}",
        list(row.values()),
    )


def count(database: duckdb.DuckDBPyConnection, rule: Node) -> float:
    answer = database.execute(rule["query"]).fetchone()
    assert answer is not None
    return float(answer[0])
