from __future__ import annotations

import csv
import io
import json
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

import data_contracts
from data_contracts.fields import CODES, columns, facts
from pipeline.exports import generate
from pipeline.exports.dbt_seeds import read_header, seed_type
from tests.support import further
from tests.support.contracts_command import Generate

MODELS = data_contracts.registered([further])
FILES = generate.render_files(MODELS)
SOURCES = [*data_contracts.SOURCES, "further"]
STANDARDS = [path for path in FILES if path.endswith(".odcs.yaml")]


@pytest.fixture(scope="module")
def standard() -> Validator:
    schema = json.loads(
        (resources("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8")
    )
    return validator_for(schema)(schema)


def sources_of(source: str) -> dict[str, Any]:
    stated = yaml.safe_load(FILES[f"dbt_project/models/staging/{source}/_{source}__sources.yml"])
    return {table["name"]: table for table in stated["sources"][0]["tables"]}


def checks_of(table: dict[str, Any]) -> dict[str, list[Any]]:
    return {column["name"]: column.get("data_tests", []) for column in table["columns"]}


def promises_of(table: dict[str, Any]) -> list[Any]:
    return [test["keys_hold"]["arguments"] for test in table["data_tests"]]


@pytest.mark.parametrize("path", STANDARDS)
def test_contracts_keep_to_the_open_standard(path: str, standard: Validator) -> None:
    stated = yaml.safe_load(FILES[path])
    assert [error.message for error in standard.iter_errors(stated)] == []
    assert stated["apiVersion"] == "v3.1.0"


def test_the_open_standard_is_not_taken_lightly(standard: Validator) -> None:
    stated = yaml.safe_load(FILES[STANDARDS[0]])
    stated["schema"][0]["properties"][0]["nonsense"] = True
    assert list(standard.iter_errors(stated))


@pytest.mark.parametrize("path", STANDARDS)
def test_relationships_of_the_open_standard_lead_somewhere(path: str) -> None:
    stated = yaml.safe_load(FILES[path])
    there = {
        f"{table['name']}.{column['name']}"
        for table in stated["schema"]
        for column in table["properties"]
    }
    led = {
        link["to"]
        for table in stated["schema"]
        for column in table["properties"]
        for link in column.get("relationships", [])
    }
    assert led <= there


@pytest.mark.parametrize(
    "model", MODELS, ids=lambda model: f"{facts(model).source}.{facts(model).name}"
)
def test_sources_have_the_shape_that_landing_stages(model: Any) -> None:
    stated, contract = facts(model), columns(model)
    if stated.source in data_contracts.LOOKUPS:
        assert not any(
            f"/{stated.source}/" in path for path in FILES if path.startswith("dbt_project/")
        )
        return
    found = [column["name"] for column in sources_of(stated.source)[stated.name]["columns"]]
    kept = [
        name
        for name, column in contract.items()
        if column.privacy != "direct" or column.role != "value"
    ]
    added = ["source_record_id", "birth_year"] if stated.record_of_person else []
    assert found == [*kept, *added, "contract_flags"]


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_table_and_column_is_described(source: str) -> None:
    for table in sources_of(source).values():
        assert table["description"].startswith("One row per ")
        assert all(column["description"] and column["data_type"] for column in table["columns"])


def test_keys_are_promised_and_references_lead_to_their_table() -> None:
    events = sources_of("probation")["events"]
    assert promises_of(events) == [{"key": "event_id_hash"}]
    columns_of_events = checks_of(events)
    link = columns_of_events["offender_id"][0]["relationships"]
    assert link == {
        "arguments": {"to": "source('probation', 'offenders')", "field": "offender_id"},
        "config": {"severity": "warn"},
    }
    assert columns_of_events["event_id_hash"] == []
    assert columns_of_events["custody_id"] == []


def test_keys_of_two_columns_are_unique_together() -> None:
    assert promises_of(sources_of("further")["notes"]) == [{"key": ["visit_id", "note_id"]}]


def test_the_key_that_landing_adds_is_promised_too() -> None:
    offenders = sources_of("probation")["offenders"]
    assert promises_of(offenders) == [
        {"key": "offender_id", "unique": ["source_record_id"], "not_null": ["source_record_id"]}
    ]
    defendants = sources_of("magistrates")["defendants"]
    assert promises_of(defendants) == [
        {"key": "source_record_id", "not_null": ["case_id", "defendant_id"]}
    ]


def test_the_macro_names_the_sources_in_order() -> None:
    assert (
        "return(['probation', 'prison', 'crown_court', 'magistrates', 'further'])"
        in FILES["dbt_project/macros/generated_sources.sql"]
    )


@pytest.mark.parametrize(
    ("source", "table", "day", "deleted", "of_people"),
    [
        ("probation", "offenders", "none", "'soft_deleted'", "true"),
        ("probation", "recalls", "'recall_date'", "'soft_deleted'", "false"),
        ("crown_court", "defendants", "'receipt_date'", "'obs_ind'", "true"),
        ("further", "notes", "none", "none", "false"),
    ],
)
def test_the_macro_says_what_a_loop_over_tables_needs(
    source: str, table: str, day: str, deleted: str, of_people: str
) -> None:
    line = (
        f"{{'source': '{source}', 'table': '{table}', 'day': {day}, "
        f"'deleted': {deleted}, 'of_people': {of_people}}},"
    )
    assert line in FILES["dbt_project/macros/generated_sources.sql"]


def test_every_code_list_is_a_typed_seed() -> None:
    seeds = {
        seed["name"]: seed
        for seed in yaml.safe_load(FILES["dbt_project/seeds/_codes__seeds.yml"])["seeds"]
    }
    assert sorted(seeds) == sorted(path.stem for path in CODES.glob("*.csv"))
    for name, seed in seeds.items():
        assert list(seed["config"]["column_types"]) == read_header(CODES / f"{name}.csv")
        assert [column["name"] for column in seed["columns"]] == read_header(CODES / f"{name}.csv")


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("is_psr", "BOOLEAN"),
        ("convicted", "BOOLEAN"),
        ("disposal_rank", "INTEGER"),
        ("fullness", "INTEGER"),
        ("valid_to", "DATE"),
        ("code", "VARCHAR"),
    ],
)
def test_a_seed_column_is_typed_by_its_name(column: str, expected: str) -> None:
    assert seed_type(column) == expected


def test_the_dictionary_holds_every_column_once() -> None:
    rows = list(csv.DictReader(io.StringIO(FILES["data_contracts/exports/dictionary.csv"])))
    expected = [
        (facts(model).source, facts(model).name, name)
        for model in MODELS
        for name in columns(model)
    ]
    assert [(row["source"], row["table"], row["column"]) for row in rows] == expected
    assert all(
        row["type"]
        and row["description"]
        and row["privacy"]
        and row["confidence"]
        and row["table_grain"]
        for row in rows
    )


def test_the_dictionary_says_what_becomes_of_an_identifier() -> None:
    rows = {
        row["column"]: row
        for row in csv.DictReader(io.StringIO(FILES["data_contracts/exports/dictionary.csv"]))
        if row["table"] == "visits"
    }
    assert [rows[name]["payload_holds"] for name in rows] == [
        "keyed pseudonym",
        "nothing",
        "birth_year",
        "value",
    ]
    assert rows["visit_id"]["key_or_reference"] == "key"


def test_pages_and_spreadsheet_agree() -> None:
    page = FILES["data_contracts/exports/dictionary.md"]
    for model in MODELS:
        assert f"### {facts(model).source}.{facts(model).name}\n" in page
    lines = [
        line
        for line in page.splitlines()
        if line.startswith("| ") and not line.startswith("| column ")
    ]
    assert len(lines) == sum(len(columns(model)) for model in MODELS)


def test_what_can_say_so_says_that_it_is_generated() -> None:
    for path, text in FILES.items():
        if path.endswith(".json"):
            assert "do not edit" in json.loads(text)["notice"], path
        else:
            assert ("do not edit" in text.splitlines()[0]) == (not path.endswith(".csv")), path


def test_same_contracts_same_bytes() -> None:
    assert generate.render_files(MODELS) == FILES


def test_a_changed_or_missing_file_is_stale_and_named(
    tmp_path: Path, contracts_generate: Generate
) -> None:
    assert contracts_generate().exit_code == 0
    assert contracts_generate("--check").exit_code == 0
    (tmp_path / "data_contracts/exports/dictionary.md").write_text("edited by hand")
    (tmp_path / "dbt_project/macros/generated_sources.sql").unlink()
    done = contracts_generate("--check")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "stale: dbt_project/macros/generated_sources.sql",
        "stale: data_contracts/exports/dictionary.md",
    ]
    assert contracts_generate().exit_code == 0
    assert contracts_generate("--check").exit_code == 0
