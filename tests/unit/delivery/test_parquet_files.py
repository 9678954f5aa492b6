"""Parquet files whose types are not the contract's: what can be converted, and what is told."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DeliveryError
from tests.support.landing import TYPES, Read

LEAP = date(2016, 2, 29)


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


EVENING = datetime(2016, 6, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("id", pa.array(["a", " "], pa.large_string()), ["a", None]),
        ("id", pa.array(["a", "NULL"]).dictionary_encode(), ["a", None]),
        ("id", pa.array([b"a", b"\xff"], pa.binary()), ["a", "id;"]),
        ("id", pa.array([7, None], pa.int8()), ["7", None]),
        ("id", pa.array([7.0, 1.5]), ["7", "id;"]),
        ("id", pa.array([Decimal("7.00"), Decimal("1.50")]), ["7", "id;"]),
        ("surname", pa.nulls(2), [None, None]),
        ("day", pa.array([datetime(2016, 2, 29, 13), None], pa.timestamp("ns")), [LEAP, None]),
        (
            "day",
            pa.array([EVENING, EVENING + timedelta(days=183)], pa.timestamp("us", tz="UTC")),
            [date(2016, 7, 1), date(2016, 12, 30)],
        ),
        ("day", pa.array([20160229, 42429]), [LEAP, "day;"]),
        ("day", pa.array([20160229.0, float("nan")]), [LEAP, None]),
        ("day", pa.array(["29/02/2016", "x"]), [LEAP, "day;"]),
        ("number", pa.array([7, 8], pa.uint8()), [7, 8]),
        ("number", pa.array([2**64 - 1, 8], pa.uint64()), ["number;", 8]),
        ("number", pa.array([7.5, float("nan")]), ["number;", None]),
        ("number", pa.array([Decimal("7.00"), Decimal("7.50")]), [7, "number;"]),
        ("amount", pa.array([Decimal("7.50"), None]), [7.5, None]),
        ("amount", pa.array([7, 8], pa.int16()), [7.0, 8.0]),
        ("flag", pa.array([1, 2]), [True, "flag;"]),
        ("flag", pa.array([0.0, float("nan")]), [False, None]),
        ("flag", pa.array([Decimal(1), Decimal("0.5")]), [True, "flag;"]),
    ],
)
def test_parquet_of_other_types(
    read: Read, name: str, values: pa.Array, expected: list[Any]
) -> None:
    columns = {name: values} if name == "id" else {"id": ["x", "y"], name: values}
    rows = read(parquet(**columns), name="part.parquet")
    place = list(TYPES).index(name)
    found = [
        row[-1] if row and str(row[-1]).endswith(";") else dict(enumerate(row)).get(place)
        for row in rows
    ]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_parquet_without_rows_and_without_row_groups(read: Read) -> None:
    buffer = io.BytesIO()
    pq.ParquetWriter(buffer, pa.schema([("ID", pa.large_string()), ("day", pa.date32())])).close()
    assert pq.ParquetFile(io.BytesIO(buffer.getvalue())).num_row_groups == 0
    assert read(
        buffer.getvalue(),
        parquet(id=pa.array([], pa.string())),
        parquet(id=["1"]),
        name="part.parquet",
    ) == [("1",)]


@pytest.mark.parametrize(
    ("name", "values"),
    [("surname", [["a"]]), ("flag", [date(2016, 1, 1)]), ("number", [True]), ("surname", [LEAP])],
)
def test_parquet_of_a_type_without_meaning_is_told(
    read: Read, name: str, values: list[Any]
) -> None:
    with pytest.raises(
        DeliveryError,
        match=rf"\[{name}\] is \w+ and cannot be \w+: deliver these columns in another type",
    ):
        read(parquet(id=["1"], **{name: values}), name="part.parquet")
