"""Reading a release: read-only, shut off, and clear about what is wrong."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import ReleaseError
from pipeline.release.open_release import Release, open_current, render_frame
from pipeline.release.publish import publish_release
from tests.support.marts import FACTS


@pytest.fixture
def release(marts: Path, tmp_path: Path) -> Release:
    publish_release(
        marts=marts,
        releases=tmp_path / "releases",
        release_id="r1",
        manifest_facts=FACTS,
        failed_blocking_checks=[],
        docs=None,
    )
    return open_current(tmp_path / "releases")


def test_query_needs_no_schema_name(release: Release) -> None:
    assert release.query(
        "select count(*) as n from fct_recall", threads=1, memory="500MB"
    ).to_dicts() == [{"n": 5000}]
    assert release.query("select count(*) as n from marts.fct_recall").item() == 5000


@pytest.mark.parametrize(
    "sql",
    [
        "create table marts.mine as select 1",
        "delete from fct_recall",
        "drop table fct_recall",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "copy fct_recall to 'out.csv'",
        "attach 'other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "set threads = 64",
        "selec 1",
        "select nothing from fct_recall",
    ],
)
def test_query_changes_nothing_and_reaches_nothing(release: Release, sql: str) -> None:
    before = {path: path.read_bytes() for path in release.folder.rglob("*") if path.is_file()}
    with pytest.raises(ReleaseError) as refused:
        release.query(sql)
    assert "\n" not in str(refused.value)
    assert {
        path: path.read_bytes() for path in release.folder.rglob("*") if path.is_file()
    } == before


def test_tables_tells_name_grain_and_rows(release: Release) -> None:
    assert release.tables().rows() == [
        ("fct_recall", "One row per recall (person's x date).", 5000),
        ("person_link", None, 5000),
        ("rpt_coverage", None, 1),
    ]


def test_no_release_and_damaged_release_say_what_to_do(tmp_path: Path, release: Release) -> None:
    with pytest.raises(ReleaseError, match="journeys run"):
        open_current(tmp_path / "nowhere")
    release.database.unlink()
    with pytest.raises(ReleaseError, match="publish the release again"):
        open_current(tmp_path / "releases")


def test_render_keeps_every_row_in_every_form() -> None:
    frame = pl.DataFrame(
        {
            "id": range(200),
            "day": [date(2020, 2, 29)] * 200,
            "rate": [0.5, None] * 100,
            "text": ['a,"b"'] * 200,
        }
    )
    table = render_frame(frame, "table")
    assert table.count("2020-02-29") == 200
    assert "199" in table
    rows = json.loads(render_frame(frame, "json"))
    assert len(rows) == 200
    assert rows[1] == {"id": 1, "day": "2020-02-29", "rate": None, "text": 'a,"b"'}
    read = list(csv.DictReader(io.StringIO(render_frame(frame, "csv"))))
    assert read[1] == {"id": "1", "day": "2020-02-29", "rate": "", "text": 'a,"b"'}


def test_render_tells_lists_in_csv_as_json() -> None:
    frame = pl.DataFrame({"id": [1, 2], "parts": [["a", "b"], []]})
    assert render_frame(frame, "csv").splitlines()[1] == '1,"[""a"", ""b""]"'


def test_render_tells_no_rows() -> None:
    empty = pl.DataFrame(schema={"id": pl.String})
    assert json.loads(render_frame(empty, "json")) == []
    assert render_frame(empty, "csv") == "id"
    assert "id" in render_frame(empty, "table")
