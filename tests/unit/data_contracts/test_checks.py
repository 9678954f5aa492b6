from __future__ import annotations

import pandera.polars as pa
import polars as pl
import pytest

import data_contracts
from data_contracts.fields import facts
from tests.support.contract_frames import BREAKERS, Breach, breaches, frame, judged, sound_row

TABLES = data_contracts.tables()
ANOTHER_TYPE = {
    "String": pl.Int64,
    "Int64": pl.String,
    "Float64": pl.String,
    "Boolean": pl.String,
    "Date": pl.String,
}

every_table = pytest.mark.parametrize(
    "model", TABLES, ids=lambda model: f"{facts(model).source}.{facts(model).name}"
)


@every_table
def test_a_sound_row_passes(model: type[pa.DataFrameModel]) -> None:
    assert judged(model, frame(model, [sound_row(model)])) == set()


@every_table
def test_a_row_of_nulls_fails_only_where_a_value_must_be(model: type[pa.DataFrameModel]) -> None:
    columns = model.to_schema().columns
    nothing = dict.fromkeys(columns)
    must = {(name, "not_nullable", 0) for name, column in columns.items() if not column.nullable}
    assert judged(model, frame(model, [nothing])) == must


@every_table
def test_every_way_to_break_a_column_is_found_in_its_row_and_nowhere_else(
    model: type[pa.DataFrameModel],
) -> None:
    ways = breaches(model)
    sound = sound_row(model)
    rows = [sound, *({**sound, way.column: way.value} for way in ways)]
    assert judged(model, frame(model, rows)) == {
        (way.column, way.check, row) for row, way in enumerate(ways, start=1)
    }


@every_table
def test_every_column_of_another_type_fails(model: type[pa.DataFrameModel]) -> None:
    rows = frame(model, [sound_row(model)])
    columns = model.to_schema().columns
    others = rows.with_columns(
        [
            pl.lit(None, dtype=ANOTHER_TYPE[str(column.dtype)]).alias(name)
            for name, column in columns.items()
        ]
    )
    assert {column for column, check, _ in judged(model, others) if check == "dtype"} == set(
        columns
    )


@every_table
def test_a_missing_column_fails(model: type[pa.DataFrameModel]) -> None:
    first = next(iter(model.to_schema().columns))
    assert "column_in_dataframe" in {
        check for _, check, _ in judged(model, frame(model, [sound_row(model)]).drop(first))
    }


def test_every_kind_of_check_is_broken_somewhere() -> None:
    broken = {way.check for model in TABLES for way in breaches(model)}
    assert broken == {*BREAKERS, "not_nullable"}


@pytest.mark.parametrize("value", ["", "x" * 65], ids=["empty", "long"])
def test_a_key_has_a_length(value: str) -> None:
    model = TABLES[0]
    name = facts(model).key[0]
    way = Breach(name, "str_length", value)
    assert judged(model, frame(model, [{**sound_row(model), way.column: way.value}])) == {
        (name, "str_length", 0)
    }
