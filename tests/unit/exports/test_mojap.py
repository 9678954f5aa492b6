from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
import pyarrow
import pytest
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

import data_contracts
from data_contracts.fields import allowed, columns, facts
from pipeline.exports import generate
from tests.support import further
from tests.support.contract_frames import frame, sound_row

SCHEMA = Path(__file__).parents[2] / "fixtures" / "mojap_metadata" / "table_schema.json"
MODELS = data_contracts.registered([further])
FILES = generate.render_files(MODELS)

every_table = pytest.mark.parametrize(
    "model", MODELS, ids=lambda model: f"{facts(model).source}.{facts(model).name}"
)


@pytest.fixture(scope="module")
def schema() -> Validator:
    stated = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return validator_for(stated)(stated)


def metadata(model: type[pa.DataFrameModel]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        FILES[f"data_contracts/exports/mojap/{facts(model).source}/{facts(model).name}.json"]
    )
    return found


@every_table
def test_metadata_keeps_to_the_schema_of_the_package(
    model: type[pa.DataFrameModel], schema: Validator
) -> None:
    stated = metadata(model)
    assert [error.message for error in schema.iter_errors(stated)] == []
    names = [column["name"] for column in stated["columns"]]
    assert set(stated["primary_key"]) <= set(names), "the package asks this beside its schema"
    assert stated["partitions"] == []


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "text"},
        {"type_category": "date"},
        {"nullable": "yes"},
        {"minimum": "1"},
        {"enum": "M"},
        {"name": 1},
    ],
)
def test_the_schema_of_the_package_is_not_taken_lightly(
    broken: dict[str, Any], schema: Validator
) -> None:
    stated = metadata(MODELS[0])
    stated["columns"][0] |= broken
    assert list(schema.iter_errors(stated))


@every_table
def test_metadata_says_what_the_contract_says(model: type[pa.DataFrameModel]) -> None:
    stated, schema = metadata(model), model.to_schema().columns
    assert (stated["database_name"], stated["name"]) == (facts(model).source, facts(model).name)
    assert stated["primary_key"] == list(facts(model).key)
    assert stated["sensitive"] == any(
        column.privacy != "plain" for column in columns(model).values()
    )
    assert [column["name"] for column in stated["columns"]] == list(columns(model))
    for column in stated["columns"]:
        contract, pandera = columns(model)[column["name"]], schema[column["name"]]
        assert column["nullable"] == pandera.nullable
        assert column["description"] == pandera.description
        assert column["sensitive"] == (contract.privacy != "plain")
        assert column.get("enum") == (list(allowed(contract.codes)) if contract.codes else None)
        assert {check.name for check in pandera.checks} - {"isin"} == set(checks_of(column))
        for check in pandera.checks:
            bounds = {name: bound for name, bound in check.statistics.items() if bound is not None}
            assert check.name == "isin" or bounds == checks_of(column)[check.name]


def checks_of(column: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The column's checks as pandera has them, read back from the metadata."""
    day = pl.Series([column.get("earliest"), column.get("latest")], dtype=pl.String).str.to_date()
    least, most = (
        day[place] if column["type"] == "date32" else column.get(name)
        for place, name in enumerate(("minimum", "maximum"))
    )
    found = {
        "greater_than_or_equal_to": {"min_value": least},
        "less_than_or_equal_to": {"max_value": most},
        "str_matches": {"pattern": column.get("pattern")},
        "str_length": {"min_value": column.get("minLength"), "max_value": column.get("maxLength")},
    }
    return {name: bounds for name, bounds in found.items() if None not in bounds.values()}


@every_table
def test_types_are_those_of_arrow(model: type[pa.DataFrameModel]) -> None:
    declared = pyarrow.schema(
        [
            (column["name"], pyarrow.type_for_alias(column["type"]))
            for column in metadata(model)["columns"]
        ]
    )
    rows = frame(model, [sound_row(model)]).collect()
    assert pl.DataFrame(pl.from_arrow(rows.to_arrow().cast(declared))).equals(rows)


def test_references_lead_to_columns_that_are_there() -> None:
    there = {
        (f"{facts(model).source}.{facts(model).name}", column["name"])
        for model in MODELS
        for column in metadata(model)["columns"]
    }
    led = {
        (link["table"], column)
        for model in MODELS
        for stated in metadata(model)["columns"]
        for link in stated.get("foreign_key", [])
        for column in link["columns"]
    }
    assert led
    assert led <= there
    assert ("probation.events", "custody_id") in led


def test_a_column_is_unique_only_where_no_repeat_is_tolerated() -> None:
    unique = {
        (table["database_name"], table["name"])
        for table in map(metadata, MODELS)
        for column in table["columns"]
        if column.get("unique")
    }
    assert ("probation", "offenders") in unique
    assert ("probation", "events") not in unique
    assert ("magistrates", "defendants") not in unique
