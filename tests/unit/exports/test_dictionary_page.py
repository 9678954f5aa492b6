from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import data_contracts
from data_contracts.fields import columns, facts, meanings, prose
from pipeline.exports import generate
from pipeline.exports.dictionary_page import LISTED
from tests.support import further

MODELS = data_contracts.registered([further])
PAGE = generate.render_files(MODELS)["data_contracts/exports/dictionary.html"]
TEXT = unescape(re.sub(r"<[^>]*>", "\n", PAGE))
VOID = {"meta", "br"}


class Parts(HTMLParser):
    """Elements of a page: what is open, what asks for another file, where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.anchors: list[str] = []
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        stated = dict(attrs)
        self.tags.add(tag)
        self.open += [] if tag in VOID else [tag]
        self.anchors += [stated["id"] or ""] if "id" in stated else []
        self.links |= {stated[name] or "" for name in ("href", "src") if name in stated}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parts() -> Parts:
    found = Parts()
    found.feed(PAGE)
    return found


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    found = parts()
    assert found.open == []
    assert not {"script", "img", "link", "iframe", "object"} & found.tags
    assert not re.search(r"url\(|@import|https?:", PAGE)


def test_links_lead_to_places_on_the_page() -> None:
    found = parts()
    assert len(found.anchors) == len(set(found.anchors))
    assert found.links
    assert {link.removeprefix("#") for link in found.links} <= set(found.anchors)


def test_every_column_stands_under_its_table() -> None:
    expected = [
        f"{facts(model).source}.{facts(model).name}.{name}"
        for model in MODELS
        for name in columns(model)
    ]
    anchors = parts().anchors
    assert [anchor for anchor in anchors if anchor in set(expected)] == expected


def test_columns_quirks_codes_and_meanings_are_text_that_a_browser_finds() -> None:
    lines = set(TEXT.splitlines())
    for model in MODELS:
        grain, quirks = prose(model)
        assert {grain, *quirks} <= lines
        assert {column.description for column in model.to_schema().columns.values()} <= lines
        for column in columns(model).values():
            said = meanings(column.codes) if column.codes else {}
            if len(said) <= LISTED:
                assert {*said, *said.values()} <= lines
            else:
                assert f"{len(said)} codes: data_contracts/codes/{column.codes}.csv." in lines


def test_what_a_contract_says_cannot_become_markup() -> None:
    assert "&#34;not entered&#34;" in PAGE


def test_the_page_is_small() -> None:
    assert len(PAGE.encode()) < 300_000
