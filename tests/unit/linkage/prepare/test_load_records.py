"""Reading tables of records that are unlike in what they have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.errors import LinkageError
from pipeline.linkage.prepare import load_records

BARE = {"source_record_id": ["1", "2"], "surname": ["Smith", "Khan"]}


def _load(
    database: duckdb.DuckDBPyConnection, folder: Path, tables: Mapping[str, Mapping[str, list[Any]]]
) -> int:
    for name, columns in tables.items():
        path = folder / "identity" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(columns).write_parquet(path)
    return load_records.load_records(database, folder / "identity")


def _rows(database: duckdb.DuckDBPyConnection, *columns: str) -> list[tuple[Any, ...]]:
    return database.execute(
        f"select {', '.join(columns)} from records order by source_dataset, source_record_id"
    ).fetchall()


def test_what_a_source_does_not_have_is_null_and_of_its_kind(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    known: dict[str, list[Any]] = {
        "source_record_id": ["a"],
        "aliases": ["TOM KHAN"],
        "crn": ["X1"],
        "offender_id": ["o"],
        "deceased_date": [date(2020, 1, 2)],
    }
    assert _load(database, tmp_path, {"court/cases": BARE, "prison/people": known}) == 3
    told = (
        "source_dataset",
        "surname",
        "aliases",
        "crn",
        "own_group",
        "died",
        "pnc",
        "sex",
        "days",
        "full_name",
        "name_number",
    )
    assert _rows(database, *told) == [
        ("court", "SMITH", [], None, None, None, None, None, [], None, None),
        ("court", "KHAN", [], None, None, None, None, None, [], None, None),
        ("prison", None, ["TOM KHAN"], "X1", "o", date(2020, 1, 2), None, None, [], None, None),
    ]
    kinds = {name: kind for name, kind, *_ in database.execute("describe records").fetchall()}
    assert kinds == {name: kind.upper() for name, kind in load_records.COLUMNS.items()} | {
        "full_name": "VARCHAR"
    }


def test_columns_are_the_same_where_nobody_has_anything(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    _load(database, tmp_path, {"court/cases": BARE})
    some = database.execute("select column_name, column_type from (describe records)").fetchall()
    database.execute("drop view records")
    (tmp_path / "identity/court/cases.parquet").unlink()
    nobody = pl.DataFrame({name: [] for name in BARE}, schema=dict.fromkeys(BARE, pl.String))
    nobody.write_parquet(tmp_path / "identity/court/cases.parquet")
    assert load_records.load_records(database, tmp_path / "identity") == 0
    assert (
        database.execute("select column_name, column_type from (describe records)").fetchall()
        == some
    )


def test_two_tables_of_one_source_are_both_read(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    other = {"source_record_id": ["3"], "surname": ["Dunn"], "forename": ["Ann"]}
    assert _load(database, tmp_path, {"court/cases": BARE, "court/appeals": other}) == 3
    assert _rows(database, "source_dataset", "surname") == [
        ("court", "SMITH"),
        ("court", "KHAN"),
        ("court", "DUNN"),
    ]


def test_a_record_that_is_there_twice_is_an_error(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(LinkageError, match="2 source records are there more than once"):
        _load(database, tmp_path, {"court/cases": BARE, "court/copies": BARE})


def test_equal_names_and_homes_have_equal_numbers(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    spelt = [
        ("Ann", "Dunn", "LS1 1AA"),
        ("ANN", "DUNN", "ls11aa"),
        ("Ann", "Dunn", "LS1 1AB"),
        ("Dunn", "Ann", "LS2 1AA"),
        (None, "Dunn", None),
    ]
    columns = dict(
        zip(("forename", "surname", "postcode"), map(list, zip(*spelt, strict=True)), strict=True)
    )
    _load(
        database, tmp_path, {"court/cases": {"source_record_id": [*map(str, range(5))], **columns}}
    )
    names, homes = zip(*_rows(database, "name_number", "home_number"), strict=True)
    assert names[0] == names[1] == names[2] != names[3]
    assert homes[0] == homes[1] != homes[2]
    # The lower half of a home's number is that of its outcode.
    assert len({home % 2**32 for home in homes[:3]}) == 1
    assert homes[3] % 2**32 != homes[0] % 2**32
    assert names[4] is None
    assert homes[4] is None
