"""What the registry finds in rows is what pandera finds, case by case."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import data_contracts
from data_contracts.fields import facts, table
from pipeline.contracts import registry
from pipeline.contracts.registry import Contract
from tests.support.contract_frames import breaches, frame, judged, sound_row

TABLES = data_contracts.tables()
every_table = pytest.mark.parametrize(
    "model", TABLES, ids=lambda model: f"{facts(model).source}.{facts(model).name}"
)


def found(model: type[pa.DataFrameModel], rows: pl.DataFrame) -> set[tuple[str, str, int]]:
    """What the registry finds, in the shape of `judged`."""
    broken = registry.find_broken_rules(Contract(model), rows)
    return {
        (column, rule, row) for (column, rule), mask in broken.items() for row in mask.arg_true()
    }


@st.composite
def corrupted(draw: st.DrawFn, model: type[pa.DataFrameModel]) -> pl.DataFrame:
    """Rows in which any cells are sound, missing, broken in a way that is known, or anything of
    their type.
    """
    kinds = {name: str(kind) for name, kind in Contract(model).types.items()}
    ways: dict[str, list[Any]] = {name: [None] for name in kinds}
    for way in breaches(model):
        ways[way.column].append(way.value)
    for name, kind in kinds.items():
        ways[name] += [float("nan"), float("inf")] if kind == "Float64" else []
    anything = {
        "String": st.text(max_size=300),
        "Date": st.dates(),
        "Int64": st.integers(-(2**63), 2**63 - 1),
        "Boolean": st.booleans(),
    }
    anything["Float64"] = st.floats()
    rows = []
    for _ in range(draw(st.integers(0, 5))):
        row = dict(sound_row(model))
        for name in draw(st.sets(st.sampled_from(sorted(kinds)), max_size=6)):
            row[name] = draw(st.one_of(st.sampled_from(ways[name]), anything[kinds[name]]))
        rows.append(row)
    return frame(model, rows).collect()


@every_table
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_registry_finds_what_pandera_finds(
    model: type[pa.DataFrameModel], data: st.DataObject
) -> None:
    rows = data.draw(corrupted(model))
    assert found(model, rows) == judged(model, rows.lazy())


@every_table
def test_every_way_to_break_a_contract_is_found(model: type[pa.DataFrameModel]) -> None:
    ways = breaches(model)
    rows = frame(
        model, [sound_row(model), *({**sound_row(model), way.column: way.value} for way in ways)]
    ).collect()
    assert found(model, rows) == {
        (way.column, way.check, row) for row, way in enumerate(ways, start=1)
    }


class Measures(pa.DataFrameModel):
    """One row per measure."""

    amount: float = pa.Field(ge=0)

    class Config:
        metadata = table(source="further", name="measures", key=("amount",))


def test_what_is_no_number_is_missing() -> None:
    rows = pl.DataFrame(
        {"amount": [1.0, float("nan"), None, -1.0, float("-inf")]}, schema={"amount": pl.Float64}
    )
    expected = {("amount", "not_nullable", 1), ("amount", "not_nullable", 2)}
    expected |= {
        ("amount", "greater_than_or_equal_to", 3),
        ("amount", "greater_than_or_equal_to", 4),
    }
    assert found(Measures, rows) == judged(Measures, rows.lazy()) == expected


@every_table
def test_a_contract_states_nothing_that_the_registry_does_not_run(
    model: type[pa.DataFrameModel],
) -> None:
    schema = model.to_schema()
    assert not schema.checks
    assert not schema.parsers
    assert not schema.unique
    assert not schema.coerce
    for column in schema.columns.values():
        assert not (
            column.unique
            or column.coerce
            or column.regex
            or column.parsers
            or column.default is not None
        ), column.name
        assert column.required, column.name
        assert not [
            check.name
            for check in column.checks
            if check.raise_warning or check.n_failure_cases is not None
        ], column.name


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda rows: rows.with_columns(pl.lit(1).alias("offender_id")), "dtype"),
        (
            lambda rows: rows.with_columns(pl.lit("x").cast(pl.Categorical).alias("offender_id")),
            "dtype",
        ),
    ],
    ids=["number for text", "category for text"],
)
def test_columns_of_another_type_are_our_own_fault(spoil: Any, what: str) -> None:
    model = TABLES[0]
    with pytest.raises(RuntimeError, match=what):
        registry.find_broken_rules(
            Contract(model), spoil(frame(model, [sound_row(model)]).collect())
        )
