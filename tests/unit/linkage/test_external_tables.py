from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app, main
from pipeline.errors import LinkageError
from pipeline.linkage import external_tables
from pipeline.linkage.prepare import load_records
from pipeline.linkage.prepare.identity_tables import IDENTIFIERS

COLUMNS = (
    "source_record_id=no",
    "forename=first",
    "surname=last",
    "date_of_birth=born",
    "postcode=zip",
)
ROWS = """no, first, last, born, zip, town
a1, Thomas, Baker, 19800203, LS1 4AP, Leeds
a2, Anna, Cook, 19750630, 4011, Perth
a3, , , , ,
"""
OTHERS = """no,first,family,born
b1,Tomas,Baker,19800203
b2,Zoe,Quill,19920229
"""


@pytest.fixture
def tables(tmp_path: Path) -> list[Path]:
    (tmp_path / "clinic a.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "school.csv").write_text(OTHERS, encoding="utf-8")
    return [tmp_path / "clinic a.csv", tmp_path / "school.csv"]


def _identity(
    tables: list[Path], *columns: str, date_format: str = "%Y%m%d"
) -> dict[str, pl.DataFrame]:
    folder = tables[0].parent / "identity"
    external_tables.write_identity(
        tables, external_tables.columns_of(columns), folder, date_format=date_format
    )
    return {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*/*.parquet"))}


def test_columns_become_an_identity_side(tables: list[Path]) -> None:
    made = _identity(tables, *COLUMNS, "surname=family")
    assert made["clinic_a"].rows(named=True)[0] == {
        "source_dataset": "clinic_a",
        "source_record_id": "a1",
        "forename": "Thomas",
        "surname": "Baker",
        "date_of_birth": date(1980, 2, 3),
        "postcode": "LS1 4AP",
    }
    assert made["clinic_a"].row(2) == ("clinic_a", "a3", None, None, None, None)
    assert made["school"].columns == [
        "source_dataset",
        "source_record_id",
        "forename",
        "surname",
        "date_of_birth",
    ]


def test_rows_are_numbered_where_nothing_numbers_them(tables: list[Path]) -> None:
    assert _identity(tables[1:], "forename=first")["school"]["source_record_id"].to_list() == [
        "1",
        "2",
    ]


def test_parquet_keeps_its_dates(tmp_path: Path) -> None:
    pl.DataFrame({"no": [7, 8], "born": [date(1980, 2, 3), None]}).write_parquet(
        tmp_path / "x.parquet"
    )
    made = _identity([tmp_path / "x.parquet"], "source_record_id=no", "date_of_birth=born")["x"]
    assert made.rows() == [("x", "7", date(1980, 2, 3)), ("x", "8", None)]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["forename"], "--column forename is not OURS=THEIRS"),
        (
            ["christian_name=first"],
            "linkage knows no christian_name; it knows source_record_id, forename",
        ),
        (["forename=first", "surname=first"], r"\[first\] is named as forename already"),
        (
            ["forename=frist"],
            r"no table has \[frist\]; the columns are \[born\], \[family\], \[first\]",
        ),
        (
            ["forename=first", "forename=last"],
            r"clinic a.csv has two columns for \[forename\]: name one",
        ),
        (["postcode=zip"], "school.csv has none of the named columns"),
        (
            ["source_record_id=last", "forename=first"],
            "clinic a.csv: 1 of 3 rows have no source_record_id and 0 have that of another",
        ),
    ],
)
def test_a_configuration_that_cannot_serve_is_refused(
    tables: list[Path], columns: list[str], message: str
) -> None:
    with pytest.raises(LinkageError, match=message):
        _identity(tables, *columns)


def test_birth_dates_of_another_format_are_refused_without_telling_one(tables: list[Path]) -> None:
    with pytest.raises(
        LinkageError, match=r"2 of 2 birth dates are not written as %d/%m/%Y: give --date-format"
    ) as refused:
        _identity(tables, *COLUMNS, date_format="%d/%m/%Y")
    assert "1980" not in str(refused.value)


@pytest.mark.parametrize("name", ["missing.csv", "linking.csv"])
def test_a_file_that_cannot_be_a_source_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "linking.csv").write_text(ROWS, encoding="utf-8")
    with pytest.raises(LinkageError, match=r"missing.csv cannot be read|cannot be called linking"):
        _identity([tmp_path / name], *COLUMNS)


def test_two_tables_of_one_name_are_refused(tables: list[Path]) -> None:
    (tables[0].parent / "more").mkdir()
    again = tables[0].rename(tables[0].parent / "more" / "school.csv")
    with pytest.raises(LinkageError, match=r"two tables would both be called \[school\]"):
        _identity([tables[1], again], *COLUMNS)


def test_every_identifier_has_a_standardised_column(
    database: duckdb.DuckDBPyConnection, tables: list[Path]
) -> None:
    _identity(tables, *COLUMNS)
    load_records.load_records(database, tables[0].parent / "identity")
    there = {row[0] for row in database.execute("describe records").fetchall()}
    assert {external_tables.STANDARDISED.get(name, name) for name in IDENTIFIERS} <= there


def test_the_command_links_and_tells_what_it_could_use(tables: list[Path], tmp_path: Path) -> None:
    stated = [part for column in (*COLUMNS, "surname=family") for part in ("--column", column)]
    output = tmp_path / "out"
    done = CliRunner().invoke(
        app,
        [
            "link-tables",
            *map(str, tables),
            *stated,
            "--output",
            str(output),
            "--date-format",
            "%Y%m%d",
        ],
    )
    assert done.exit_code == 0
    links = pl.read_parquet(output / "linkage" / "person_links.parquet")
    person = dict(links.select("source_record_id", "person_id").iter_rows())
    assert person["a1"] == person["b1"]
    assert links["person_id"].n_unique() == 4
    told = done.stdout
    assert "clinic_a.postcode: 2 of 3 records have it, 1 in a form that is known" in told
    assert "5 records, 4 persons" in told
    assert not [word for word in ("Baker", "BAKER", "LS1", "1980") if word in told]
    assert output.stat().st_mode & 0o077 == 0


def test_the_command_says_what_is_wrong_and_fails(
    tables: list[Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stated = ["link-tables", str(tables[0]), "--column", "forename=frist"]
    monkeypatch.setattr("sys.argv", ["journeys", *stated, "--output", str(tmp_path / "out")])
    with pytest.raises(SystemExit, match="1"):
        main()
    assert "no table has [frist]" in capsys.readouterr().err
