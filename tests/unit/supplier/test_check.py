"""What a supplier is told of a delivery: findings with places and advice, and a page without a
value of a row.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.contracts.registry import list_contracts
from pipeline.quality.supplier_findings import MAX_SAMPLES, Examined, Finding, Sample
from pipeline.reports.check_page import write_check_page
from pipeline.settings import Settings
from pipeline.supplier import check
from tests.support.supplier import FILE, SOURCE, TABLE, Deliver, journeys

NAME = f"{SOURCE}.{TABLE}"
DIRECT = [
    name
    for name, column in list_contracts()[SOURCE, TABLE].columns.items()
    if column.privacy == "direct"
]


@pytest.fixture
def faulty(deliver: Deliver) -> Path:
    """The faulty rows, thirty more with one fault, and dates out of order."""
    rows = journeys()
    thirty = pl.int_range(pl.len()).is_between(50, 79)
    rows = rows.with_columns(
        agy_loc_id=pl.when(thirty).then(pl.lit("no such prison")).otherwise("agy_loc_id")
    )
    begun = (
        pl.when(pl.int_range(pl.len()) == 89)
        .then(pl.lit("2016-03-01"))
        .otherwise("booking_begin_date")
        .alias("booking_begin_date")
    )
    return deliver("first", {FILE: rows.with_columns(begun, booking_end_date=pl.lit("2016-02-01"))})


@pytest.fixture
def examined(faulty: Path, settings: Settings) -> Examined:
    return check.examine_delivery(faulty, settings, lambda _: None)


def of(examined: Examined, column: str, rule: str) -> Finding:
    (found,) = [
        finding
        for finding in examined.findings
        if (finding.table, finding.column, finding.rule) == (NAME, column, rule)
    ]
    return found


def test_each_finding_names_its_rule_its_rows_and_what_to_do(examined: Examined) -> None:
    found = of(examined, "birth_date", "type")
    assert (found.rows, found.rows_checked, found.severity, found.samples) == (
        1,
        100,
        "quarantine",
        (Sample(FILE, 3),),
    )
    assert found.advice.startswith("deliver a date, such as")
    many = of(examined, "agy_loc_id", "isin")
    assert (many.rows, many.samples) == (
        30,
        tuple(Sample(FILE, row) for row in range(51, 51 + MAX_SAMPLES)),
    )
    assert "list prisons" in many.advice
    (repeat,) = of(examined, "custodial_journey_id", "unique").samples
    assert repeat.row in (39, 40)
    assert of(examined, "custodial_journey_id", "not_nullable").samples == (Sample(FILE, 20),)


def test_rows_that_raise_a_flag_are_named_though_they_are_not_quarantined(
    examined: Examined,
) -> None:
    found = of(examined, "booking_end_date", "booking_end_date before booking_begin_date")
    assert (found.severity, found.rows, found.samples) == ("warn", 1, (Sample(FILE, 90),))


def test_counts_say_where_every_row_would_go(examined: Examined) -> None:
    (table,) = [table for table in examined.tables if table.is_delivered]
    assert (table.table, table.delivered, table.staged, table.quarantined) == (NAME, 100, 65, 35)
    assert len(examined.tables) == len(list_contracts())
    assert examined.is_blocked


def test_a_table_that_cannot_be_read_is_told_by_its_place_in_the_delivery(
    deliver: Deliver, settings: Settings
) -> None:
    folder = deliver("cut", {FILE.replace(".csv", ".parquet"): journeys({})})
    path = folder / FILE.replace(".csv", ".parquet")
    path.write_bytes(path.read_bytes()[:500])
    examined = check.examine_delivery(folder, settings, lambda _: None)
    (found,) = [finding for finding in examined.findings if finding.table == NAME]
    assert (found.severity, found.advice) == ("block", "deliver the file again")
    assert found.reason.startswith(f"[{SOURCE}/{TABLE}.parquet] cannot be read")
    assert str(folder) not in "".join(finding.reason for finding in examined.findings)
    assert [table.is_read for table in examined.tables if table.is_delivered] == [False]


class Page(HTMLParser):
    """The visible text of a page, and whatever would ask for something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.requests: list[str] = []
        self._hidden = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._hidden = tag == "style"
        wanted = [
            value or ""
            for name, value in attributes
            if name in ("src", "href", "action", "data", "srcset", "background")
        ]
        self.requests += [value for value in wanted if not value.startswith("#")] + (
            [tag] if tag in ("script", "link", "iframe") else []
        )

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 named as its parent has it
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture
def page(examined: Examined, tmp_path: Path) -> Path:
    target = tmp_path / "page" / "check.html"
    write_check_page(examined, target)
    return target


def test_page_has_no_value_of_any_row(page: Path, faulty: Path) -> None:
    text = page.read_text()
    delivered = pl.read_csv(faulty / FILE, infer_schema=False)
    values = {value for name in DIRECT for value in delivered[name].drop_nulls() if len(value) > 1}
    assert len(values) > 500
    words = set(re.findall(r"[\w-]+", text))
    assert not [value for value in values if value in words or (" " in value and value in text)]
    assert "Quintember" not in text
    assert "no such prison" not in text


def test_page_says_what_is_wrong_where_and_what_to_do(page: Path) -> None:
    shown = Page(page.read_text())
    assert shown.requests == []
    for words in (
        "Check of delivery first",
        "The delivery cannot be taken as it is.",
        f"{NAME} agy_loc_id agy_loc_id is not in the code list {FILE} : row 51, 52, 53",
        "and 10 more 30 100",
        "deliver a date, such as 2021-09-30",
        f"{NAME} 100 65 35 0",
        "send a supplement",
    ):
        assert words in shown.text, words
    assert (
        "81"
        not in shown.text.split("agy_loc_id is not in the code list")[1].split("and 10 more")[0]
    )


def test_page_of_a_sound_delivery_says_so(tmp_path: Path) -> None:
    target = tmp_path / "check.html"
    write_check_page(
        Examined("sound", date(2021, 9, 30), is_synthetic=False, tables=(), findings=()), target
    )
    assert "The delivery can be taken whole." in Page(target.read_text()).text


def test_texts_are_escaped(tmp_path: Path) -> None:
    target = tmp_path / "check.html"
    strange = Finding(
        "<b>",
        "",
        "[<script>alert(1)</script>] is not in the manifest",
        "warn",
        0,
        samples=(Sample("<i>.csv", 1),),
    )
    write_check_page(
        Examined("sound", date(2021, 9, 30), is_synthetic=True, tables=(), findings=(strange,)),
        target,
    )
    assert Page(target.read_text()).requests == []


def run(*arguments: Any) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.stdout


def test_commands_print_places_and_no_values(faulty: Path, tmp_path: Path) -> None:
    page = tmp_path / "check.html"
    code, text = run(
        "check", faulty, "--format", "json", "--html", page, "--workspace", tmp_path / "workspace"
    )
    assert (code, page.is_file()) == (1, True)
    (found,) = [found for found in json.loads(text) if found["rule"] == "type"]
    assert found["samples"] == [{"file": FILE, "row": 3}]
    assert {
        "table",
        "column",
        "reason",
        "severity",
        "rows",
        "rule",
        "rows_checked",
        "samples",
        "advice",
    } == set(found)
    code, table = run("check", faulty, "--workspace", tmp_path / "workspace")
    code, lines = run("check", faulty, "--format", "csv", "--workspace", tmp_path / "workspace")
    assert code == 1
    assert lines.startswith("table,column,reason")
    assert not [
        word
        for word in ("Quillfeather", "Quintember", "WRONG-NUMBER")
        if word in text + table + lines
    ]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")
def test_page_can_be_shown_by_a_browser_without_script_or_network(
    page: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "check.png"
    command = [
        "chromium",
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--screenshot={picture}",
        "--window-size=1280,1400",
    ]
    subprocess.run(
        [*command, f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert picture.stat().st_size > 10_000
