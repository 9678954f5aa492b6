"""Writes the page of a release: one HTML file that asks nothing of anybody.

Belongs here: putting facts, tables and pictures into the template. Does not belong here: what is
shown (release_sections.py), how a table is told (html_tables.py), how a picture is drawn
(charts.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import jinja2
import polars as pl
from markupsafe import Markup

from pipeline.reports.html_tables import (
    MISSING,
    SUPPRESSED,
    Shown,
    format_cell,
    read_report,
    show_rows,
)
from pipeline.reports.release_sections import SECTIONS, Section
from pipeline.storage import open_database

TEMPLATES = Path(__file__).parent / "templates"
LISTED_FACTS = 12
"""A mapping or list of facts longer than this stays in the manifest."""


@dataclass(frozen=True)
class Told:
    """A section filled with its table and picture."""

    section: Section
    table: Shown | None
    picture: Markup | None
    caption: str


def write_page(database: Path, target: Path, facts: Mapping[str, object]) -> None:
    """Writes the page.

    Args:
        database: the release's DuckDB file; opened read-only.
        target: the HTML file.
        facts: what the manifest says of the release; `is_synthetic` anywhere in it brings the
            banner.
    """
    with open_database(database, read_only=True) as connection:
        told = [_tell(connection, section) for section in SECTIONS]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    text = environment.get_template("index.html.j2").render(
        sections=told,
        facts=list(_flat(facts)),
        release_id=facts.get("release_id", ""),
        is_synthetic=is_synthetic(facts),
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 our own file
        suppressed=SUPPRESSED,
        missing=MISSING,
    )
    target.write_text(text, encoding="utf-8")


def is_synthetic(facts: object) -> bool:
    """Whether any delivery in the facts is marked synthetic."""
    if isinstance(facts, Mapping):
        return (
            facts.get("is_synthetic") is True
            or facts.get("synthetic") is True
            or any(is_synthetic(value) for value in facts.values())
        )
    return isinstance(facts, (list, tuple)) and any(is_synthetic(value) for value in facts)


def _tell(connection: duckdb.DuckDBPyConnection, section: Section) -> Told:
    report = read_report(connection, section.table)
    if report is None or report.frame.is_empty():
        return Told(section, show_rows(report, report.frame) if report else None, None, "")
    try:
        rows = section.pick(report.frame).head(section.most_rows)
        drawing = section.draw(report.frame, section.name) if section.draw else None
    except pl.exceptions.ColumnNotFoundError:
        # An older or newer shape of the table: told plainly, as it is.
        return Told(section, show_rows(report, report.frame.head(section.most_rows)), None, "")
    table = show_rows(
        report, rows, columns=section.columns, headings=section.headings, counts=section.counts
    )
    picture = Markup(drawing) if drawing else None  # noqa: S704 drawn by us, texts escaped by the renderer
    return Told(section, table, picture, section.caption_for(report.frame))


def _flat(facts: Mapping[str, object], before: str = "") -> Iterator[tuple[str, str]]:
    """Facts as lines of name and value, nested ones by their path."""
    for name, value in facts.items():
        label = f"{before}{name}".replace("_", " ")
        if isinstance(value, Mapping) and len(value) <= LISTED_FACTS:
            yield from _flat({str(key): inner for key, inner in value.items()}, f"{label}, ")
        elif (
            isinstance(value, (list, tuple))
            and all(isinstance(item, Mapping) for item in value)
            and len(value) <= LISTED_FACTS
        ):
            for item in value:
                yield from _flat(item, f"{label}, ")
        elif isinstance(value, (Mapping, list, tuple)):
            yield label, f"{len(value)} entries, in manifest.json"
        else:
            yield label, format_cell(label, value).text
