"""The page: asks nothing of anybody, hides what is suppressed, and is the same bytes each time."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from pipeline.reports.release_page import is_synthetic, write_page

FACTS = {
    "release_id": "2021-09-30-abc-1",
    "synthetic": True,
    "model": None,
    "delivery": {"delivery_id": "D<1>"},
    "files": {str(number): "x" for number in range(40)},
}


class Outline(HTMLParser):
    """Tags, their attributes, and whether they nest."""

    VOID = frozenset({"meta", "br", "link", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(database: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    target = tmp_path_factory.mktemp("page") / "index.html"
    write_page(database, target, FACTS)
    return target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser


def test_page_asks_nothing_of_anybody(page: str, outline: Outline) -> None:
    assert not {tag for tag, _ in outline.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "image",
        "use",
        "base",
        "form",
    }
    for tag, attributes in outline.tags:
        for name in ("src", "href", "xlink:href", "action", "srcset", "data"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert "@import" not in page
    assert all(address.startswith("#") for address in re.findall(r"url\(([^)]*)", page))
    assert set(re.findall(r"https?://[^\"' <]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    policy = [
        attributes["content"]
        for tag, attributes in outline.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_page_is_accessible_in_its_bones(outline: Outline) -> None:
    tags = outline.tags
    assert ("html", {"lang": "en-GB"}) in tags
    assert [tag for tag, _ in tags].count("h1") == 1
    assert all(attributes.get("scope") in {"col", "row"} for tag, attributes in tags if tag == "th")
    assert all(
        attributes.get("role") == "img" and attributes.get("aria-label")
        for tag, attributes in tags
        if tag == "svg"
    )
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(names) == len(set(names))
    targets = {(attributes.get("href") or "")[1:] for tag, attributes in tags if tag == "a"}
    assert targets <= set(names)


def test_one_picture_each_for_recall_sentencing_and_reports(page: str) -> None:
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(pictures) == 4
    for picture in pictures:
        ET.fromstring(picture)
    by_section = {
        name: section(page, name) for name in ("recall-by-sentence", "custody-by-ethnicity")
    }
    assert all("<svg" in text for text in by_section.values())
    assert "Reports completed in 2018, the year with most reports" in page


def section(page: str, name: str) -> str:
    return page.partition(f'<h2 id="{name}">')[2].partition("</section>")[0]


def row(text: str, *labels: str) -> list[str]:
    """Texts of the cells of the first row that begins with these labels."""
    for found in re.findall(r"<tr>(.*?)</tr>", text, flags=re.DOTALL):
        cells = [
            re.sub(r"<[^>]+>", "", cell)
            for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", found, flags=re.DOTALL)
        ]
        if tuple(cells[: len(labels)]) == labels:
            return cells
    raise AssertionError(f"no row {labels}")


def test_zero_suppressed_and_missing_are_three_things(page: str) -> None:
    recall = section(page, "recall-by-sentence")
    assert row(recall, "first release", "up to 6 months")[2:] == [
        "100",
        "300",
        "33.3%",
        "23.3% to 43.3%",
    ]
    assert row(recall, "re-release", "up to 6 months")[2:] == ["c", "45", "c", "c"]
    ledger = section(page, "ledger")
    assert row(ledger, "probation", "events")[2:] == [
        "40,000",
        "39,500",
        "500",
        "0",
        "39,500",
        "yes",
    ]
    assert row(ledger, "prison", "movements")[2:] == ["5,000", "4,990", "c", "10", "c", "yes"]
    assert row(section(page, "release"), "Model")[1:] == ["–"]
    assert row(section(page, "concordance"), "Little &lt;Court&gt;", "exact")[-1] == "c"


def test_rows_are_chosen_and_ordered(page: str) -> None:
    concordance = section(page, "concordance")
    assert (
        concordance.index("England and Wales")
        < concordance.index("Large Court")
        < concordance.index("Little &lt;Court&gt;")
    )
    assert "less severe" not in concordance
    assert "2017" not in section(page, "reports-requested-delivered").split("<details>")[0]
    assert "3 of 4 rows: all years of release together" in section(page, "recall-by-sentence")
    assert "1 of the rows shown are suppressed" in section(page, "recall-by-sentence")


def test_absent_and_empty_tables_say_so(page: str) -> None:
    assert "This release has no table <code>rpt_linkage_quality</code>" in section(page, "links")
    assert "has no rows to show" in section(page, "coverage")


def test_a_table_of_another_shape_is_told_as_it_is(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
        connection.execute(
            "create schema marts; create table marts.rpt_recall_by_type as "
            "select 'a' as cell_id, 'other' as kind, 25 as numerator"
        )
    write_page(tmp_path / "other.duckdb", tmp_path / "other.html", {})
    text = section((tmp_path / "other.html").read_text(encoding="utf-8"), "recall-by-type")
    assert row(text, "other") == ["other", "25"]


def test_facts_and_banner(page: str, database: Path, tmp_path: Path) -> None:
    assert "Synthetic data." in page
    release = section(page, "release")
    assert row(release, "Delivery, delivery id") == ["Delivery, delivery id", "D&lt;1&gt;"]
    assert row(release, "Files")[1] == "40 entries, in manifest.json"
    write_page(database, tmp_path / "real.html", {"release_id": "r", "synthetic": False})
    assert "Synthetic data." not in (tmp_path / "real.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"is_synthetic": True}, True),
        ({"deliveries": [{"is_synthetic": True}]}, True),
        ({"is_synthetic": False}, False),
        ({}, False),
    ],
)
def test_synthetic_is_found_wherever_it_is_said(facts: dict[str, object], expected: bool) -> None:
    assert is_synthetic(facts) is expected


def test_descriptions_come_from_the_database(page: str) -> None:
    text = section(page, "recall-by-month")
    assert "One row per kind of release, length of sentence and month." in text
    assert "Share &lt;recalled&gt; by then" in text


def test_page_is_the_same_bytes_twice(page: str, database: Path, tmp_path: Path) -> None:
    write_page(database, tmp_path / "again.html", FACTS)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page
