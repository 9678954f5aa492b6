"""Writes what a check found as one HTML file that can be sent to a supplier.

The file makes no request and holds no value of a row.

Belongs here: putting findings and counts into the template. Does not belong here: finding anything
(check), advice (supplier_findings).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import jinja2
from markupsafe import Markup

from pipeline.quality.supplier_findings import Examined, Finding, Sample
from pipeline.reports.release_page import TEMPLATES
from pipeline.storage import replace_text


@dataclass(frozen=True)
class Chapter:
    """Findings of one severity."""

    name: str
    title: str
    about: str
    findings: tuple[Finding, ...]


CHAPTERS = (
    (
        "block",
        "What stops the delivery",
        "While any of these stands, nothing is made from the delivery.",
    ),
    (
        "quarantine",
        "Rows that would be quarantined",
        (
            "These rows are set aside with their reasons and the others go on. "
            "A row with several faults is listed under each."
        ),
    ),
    ("warn", "Worth a look", "Nothing is quarantined for these."),
)


def write_check_page(examined: Examined, target: Path) -> None:
    """Writes the page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    chapters = [
        Chapter(
            name,
            title,
            about,
            tuple(finding for finding in examined.findings if finding.severity == name),
        )
        for name, title, about in CHAPTERS
    ]
    text = environment.get_template("check.html.j2").render(
        examined=examined,
        chapters=chapters,
        tables=[table for table in examined.tables if table.is_delivered],
        absent=[table.table for table in examined.tables if not table.is_delivered],
        has_replaced=any(table.replaced for table in examined.tables),
        where=list_rows,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 our own file
    )
    replace_text(target, text)


def list_rows(samples: tuple[Sample, ...]) -> Iterator[tuple[str, str]]:
    """Each file with the numbers of its rows, `1, 5, 7`."""
    for file, rows in groupby(samples, key=lambda sample: sample.file):
        yield file, ", ".join(f"{sample.row}" for sample in rows)
