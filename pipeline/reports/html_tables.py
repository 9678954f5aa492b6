"""An `rpt_` table as a reader sees it: headings, formatted cells, and why a cell is empty.

Belongs here: reading one aggregate table and telling it in text. Does not belong here: pictures
(charts.py), which tables are shown (release_sections.py), and any arithmetic on figures: what is
shown is what disclosure control let through.

Zero, suppressed and missing stay three things: "0", "c" and "–".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

SUPPRESSED = "c"
MISSING = "–"
FLAG = "is_suppressed"
REASON = "suppression_reason"
MEASURES = ("numerator", "denominator", "rate", "rate_lower", "rate_upper")
HIDDEN = frozenset(MEASURES) - {"denominator"}
"""What a suppressed row never shows.

Its denominator may be safe by itself, and is null where it is not.
"""
BOUNDS = ("rate_lower", "rate_upper")
INTERVAL = "95% interval"
SHARES = frozenset({"rate", "one_minus_kaplan_meier"})
HEADINGS = {"numerator": "Number", "denominator": "Out of", "rate": "Rate"}


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and its kind for the style.

    The kind is `text`, `number`, `suppressed` or `missing`.
    """

    text: str
    kind: str


@dataclass(frozen=True)
class Shown:
    """A table ready for the page."""

    name: str
    grain: str
    headings: list[Cell]
    rows: list[list[Cell]]
    rows_in_all: int
    suppressed_rows: int
    meanings: dict[str, str]


@dataclass(frozen=True)
class Report:
    """An `rpt_` table as read: its rows and what the database says of it."""

    name: str
    frame: pl.DataFrame
    grain: str
    comments: Mapping[str, str]


def read_report(connection: duckdb.DuckDBPyConnection, name: str) -> Report | None:
    """One aggregate table in the order of its rows.

    It is None where the release has no table of that name.
    """
    if not name.startswith("rpt_"):
        raise ValueError(
            f"[{name}] is no rpt_ table: "
            "the page shows nothing that did not pass disclosure control"
        )
    found = connection.execute(
        "select comment from duckdb_tables() where schema_name = 'marts' and table_name = ?", [name]
    ).fetchone()
    if found is None:
        return None
    frame = connection.execute(f'select * from marts."{name}" order by 1').pl()
    described = connection.execute(
        (
            "select column_name, comment from duckdb_columns() "
            "where schema_name = 'marts' and table_name = ? and comment is not null "
            "order by column_index"
        ),
        [name],
    ).fetchall()
    return Report(name=name, frame=frame, grain=found[0] or "", comments=dict(described))


def columns_shown(frame: pl.DataFrame, wanted: Sequence[str] = ()) -> list[str]:
    """Columns to show: those wanted, else what a row is about and its measures.

    The key, and the columns that tell of suppression, are not shown on the page.
    """
    if wanted:
        return [name for name in wanted if name in frame.columns]
    about = [name for name in frame.columns[1:] if name not in (*MEASURES, FLAG, REASON)]
    return [*about, *(name for name in MEASURES if name in frame.columns)]


def show_rows(
    report: Report,
    frame: pl.DataFrame,
    *,
    columns: Sequence[str] = (),
    headings: Mapping[str, str] | None = None,
    counts: Sequence[str] = (),
) -> Shown:
    """Tells rows of a report.

    Args:
        report: the table as read.
        frame: those of its rows that are shown, in the order in which they are shown.
        columns: the columns to show, in order; all that a reader can use when left out.
        headings: headings of this table in place of the usual ones.
        counts: further columns that are never missing, so that what is empty there was suppressed.
    """
    wanted = columns_shown(frame, columns)
    if not set(BOUNDS) <= set(wanted) or frame[BOUNDS[0]].null_count() == frame.height:
        wanted = [name for name in wanted if name not in BOUNDS]
    shown = [INTERVAL if name == BOUNDS[0] else name for name in wanted if name != BOUNDS[1]]
    titles = [
        (headings or {}).get(name) or HEADINGS.get(name) or say_heading(name) for name in shown
    ]
    rows = [_row(row, shown, counts) for row in frame.to_dicts()]
    return Shown(
        name=report.name,
        grain=report.grain,
        headings=_headings(titles, rows),
        rows=rows,
        rows_in_all=report.frame.height,
        suppressed_rows=int(frame[FLAG].sum()) if FLAG in frame.columns else 0,
        meanings={
            name: text for name, text in report.comments.items() if name in frame.columns[1:]
        },
    )


def _headings(titles: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[Cell]:
    """Headings stand as the figures below them do: on the right unless a text is among them."""
    columns = [{row[position].kind for row in rows} for position in range(len(titles))]
    return [
        Cell(title, "text" if "text" in kinds else "number")
        for title, kinds in zip(titles, columns, strict=True)
    ]


def _row(row: Mapping[str, Any], shown: Sequence[str], counts: Sequence[str]) -> list[Cell]:
    hidden = bool(row.get(FLAG))
    return [
        _interval_cell(row[BOUNDS[0]], row[BOUNDS[1]], hidden=hidden)
        if name == INTERVAL
        else format_cell(name, row[name], hidden=hidden or (name in counts and row[name] is None))
        for name in shown
    ]


def format_cell(name: str, value: object, *, hidden: bool = False) -> Cell:
    """A value as a cell.

    In a suppressed row the count of events and its rate are hidden whatever they hold, and whatever
    is empty was hidden.
    """
    if hidden and (name in HIDDEN or value is None):
        return Cell(SUPPRESSED, "suppressed")
    if value is None:
        return Cell(MISSING, "missing")
    if isinstance(value, bool):
        return Cell("yes" if value else "no", "text")
    if isinstance(value, int):
        return Cell(str(value) if "year" in name else f"{value:,}", "number")
    if isinstance(value, float):
        return Cell(
            f"{value:.1%}" if name in SHARES else f"{value:,.3f}".rstrip("0").rstrip("."), "number"
        )
    return Cell(str(value) if "table" in name else say_code(str(value)), "text")


def say_code(code: str) -> str:
    """A category as a reader says it."""
    return code.replace("_", " ")


def _interval_cell(lower: float | None, upper: float | None, *, hidden: bool) -> Cell:
    if hidden:
        return Cell(SUPPRESSED, "suppressed")
    if lower is None or upper is None:
        return Cell(MISSING, "missing")
    return Cell(f"{lower:.1%} to {upper:.1%}", "number")


def say_heading(name: str) -> str:
    """A column name as a heading."""
    return say_code(name).capitalize()
