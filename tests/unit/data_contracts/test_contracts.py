from __future__ import annotations

import re
from typing import get_args

import pandera.polars as pa
import pytest

import data_contracts
from data_contracts.fields import (
    CODES,
    Confidence,
    Identifier,
    Privacy,
    allowed,
    columns,
    facts,
    prose,
)

TABLES = data_contracts.tables()
every_table = pytest.mark.parametrize(
    "model", TABLES, ids=lambda model: f"{facts(model).source}.{facts(model).name}"
)


@every_table
def test_table_says_its_grain(model: type[pa.DataFrameModel]) -> None:
    grain, quirks = prose(model)
    assert grain.startswith("One row per ")
    assert grain.endswith(".")
    assert all(quirk.endswith(".") for quirk in quirks)


@every_table
def test_class_and_table_have_one_name(model: type[pa.DataFrameModel]) -> None:
    assert re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower() == facts(model).name


@every_table
def test_every_column_is_described_and_classed(model: type[pa.DataFrameModel]) -> None:
    schema = model.to_schema().columns
    for name, column in columns(model).items():
        assert (schema[name].description or "").endswith("."), (
            f"{name} has no description that ends in a full stop"
        )
        assert column.privacy in get_args(Privacy), name
        assert column.confidence in get_args(Confidence), name


@every_table
def test_columns_that_a_table_names_are_there(model: type[pa.DataFrameModel]) -> None:
    stated, contract, schema = facts(model), columns(model), model.to_schema().columns
    assert stated.key
    assert all(not schema[name].nullable for name in stated.key)
    assert {name for name, column in contract.items() if column.role == "key"} <= set(stated.key)
    if stated.lookup_key:
        assert contract[stated.lookup_key].family
    for pair in stated.ordered_dates:
        assert {str(schema[name].dtype) for name in pair} == {"Date"}


@every_table
def test_no_identifier_is_delivered_twice_and_every_key_has_a_family(
    model: type[pa.DataFrameModel],
) -> None:
    contract = columns(model)
    identifiers = [column.identifier for column in contract.values() if column.identifier]
    assert len(identifiers) == len(set(identifiers))
    assert set(identifiers) <= set(get_args(Identifier))
    assert all(column.privacy == "direct" for column in contract.values() if column.identifier)
    assert all(bool(column.family) == (column.role != "value") for column in contract.values())


@every_table
def test_only_records_of_persons_bring_identifiers(model: type[pa.DataFrameModel]) -> None:
    brings = any(column.identifier for column in columns(model).values())
    assert brings == facts(model).record_of_person


@every_table
def test_code_lists_are_there_and_hold_values(model: type[pa.DataFrameModel]) -> None:
    schema = model.to_schema().columns
    for name, column in columns(model).items():
        if column.codes:
            values = allowed(column.codes)
            assert values, f"{name}: {column.codes} is empty"
            assert all(values), f"{name}: {column.codes} holds an empty code"
            stated = [
                check.statistics["allowed_values"]
                for check in schema[name].checks
                if check.name == "isin"
            ]
            assert [list(one) for one in stated] == [list(values)], name


def test_a_code_list_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        allowed("no_such_list")


def test_code_lists_named_in_descriptions_exist() -> None:
    said = {
        found
        for model in TABLES
        for column in model.to_schema().columns.values()
        for found in re.findall(r"codes/(\w+)\.csv", column.description or "")
    }
    assert said
    assert all((CODES / f"{name}.csv").is_file() for name in said)
