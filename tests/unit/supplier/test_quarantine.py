from __future__ import annotations

import os
import stat
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import QuarantineError
from pipeline.landing.land_table import DUPLICATE_KEY
from pipeline.settings import Settings
from pipeline.supplier import quarantine
from pipeline.supplier.quarantine import Wanted
from pipeline.workspace import Build
from tests.support.supplier import FAULTS, FILE, SOURCE, TABLE, journeys

REASONS = {
    ("birth_date", "birth_date cannot be read as its type", 1),
    ("offender_id_display", "offender_id_display does not have the right pattern", 1),
    ("custodial_journey_id", "custodial_journey_id is missing", 1),
    ("sex_code", "sex_code is not in the code list", 1),
    ("race_code", "race_code is not in the code list", 1),
    ("custodial_journey_id", DUPLICATE_KEY, 1),
}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_quarantined_rows_are_counted_by_table_column_and_reason(build: Build) -> None:
    found = quarantine.count_rows(build, Wanted())
    assert set(found.select("column", "reason", "rows").iter_rows()) == REASONS
    assert set(found.select("source", "table").iter_rows()) == {(SOURCE, TABLE)}
    assert quarantine.count_rows(build, Wanted(reason="CODE list"))["rows"].to_list() == [1, 1]
    assert quarantine.count_rows(build, Wanted(source="probation")).height == 0
    with pytest.raises(QuarantineError, match="is not one of"):
        quarantine.count_rows(build, Wanted(source="prisons"))


def test_rows_are_listed_by_place_and_no_value_of_them(build: Build) -> None:
    found = quarantine.list_places(build, Wanted())
    assert found.columns == ["source", "table", "file", "row_in_file", "line", "reasons"]
    assert dict(found.select("row_in_file", "file").iter_rows()) == dict.fromkeys(
        _held(build), FILE
    )
    both = found.filter(pl.col("row_in_file") == 30)["reasons"].item()
    assert both == "race_code is not in the code list; sex_code is not in the code list"
    told = found.write_csv() + quarantine.count_rows(build, Wanted()).write_csv()
    assert not [
        word
        for word in ("Quillfeather", "Peregrine", "WRONG-NUMBER", "Quintember", "journey-39")
        if word in told
    ]


def _held(build: Build) -> set[int]:
    """Rows in the file that are held; of the two rows with one key the first by digest stays."""
    held = pl.read_parquet(build.quarantine / SOURCE / f"{TABLE}.parquet").filter(
        pl.col("reasons") == DUPLICATE_KEY
    )
    repeat = int(held["row_in_file"].item())
    assert repeat in (39, 40)
    return {*FAULTS} - {40} | {repeat}


def test_export_is_private_and_holds_the_rows_as_delivered(
    build: Build, settings: Settings
) -> None:
    workspace = settings.workspace
    folder = workspace.held_back / "to-correct"
    former = os.umask(0)
    try:
        assert quarantine.export_rows(build, Wanted(), folder, workspace, outside=False) == {
            f"{SOURCE}.{TABLE}": 5
        }
    finally:
        os.umask(former)
    assert (mode(folder), mode(workspace.held_back)) == (0o700, 0o700)
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    held = pl.read_csv(folder / f"{SOURCE}.{TABLE}.csv", infer_schema=False)
    delivered = journeys()
    for row in held.iter_rows(named=True):
        assert {name: row[name] for name in delivered.columns} == delivered.row(
            int(row["row_in_file"]) - 1, named=True
        )
    assert held["file"].unique().to_list() == [FILE]
    with pytest.raises(QuarantineError, match="exists already"):
        quarantine.export_rows(build, Wanted(), folder, workspace, outside=False)


def test_export_elsewhere_must_be_meant(build: Build, settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    with pytest.raises(QuarantineError, match="not in a restricted folder"):
        quarantine.export_rows(build, Wanted(), folder, settings.workspace, outside=False)
    with pytest.raises(QuarantineError, match="not in a restricted folder"):
        quarantine.export_rows(
            build,
            Wanted(),
            settings.workspace.held_back / ".." / "elsewhere",
            settings.workspace,
            outside=False,
        )
    assert not folder.exists()
    quarantine.export_rows(
        build, Wanted(reason="pattern"), folder, settings.workspace, outside=True
    )
    assert mode(folder) == 0o700
    assert pl.read_csv(folder / f"{SOURCE}.{TABLE}.csv", infer_schema=False)[
        "row_in_file"
    ].to_list() == ["10"]


def test_the_last_run_is_told_of_unless_another_is_named(build: Build, settings: Settings) -> None:
    workspace = settings.workspace
    assert quarantine.last_build(workspace).root == build.root
    later = workspace.build("2021-09-30-aaaa-2")
    later.quarantine.mkdir(parents=True)
    os.utime(later.root, (2e9, 2e9))
    assert quarantine.last_build(workspace).root == later.root
    assert quarantine.last_build(workspace, build.root.name).root == build.root
    with pytest.raises(QuarantineError, match="not kept any more"):
        quarantine.last_build(workspace, "2020-01-01-bbbb-1")
    assert quarantine.count_rows(later, Wanted()).height == 0
