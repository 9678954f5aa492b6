"""Forms in which a delivery may come that are no faults: what is staged is what would be staged of
the plainest form.

Belongs here: encodings, delimiters, spellings, parts. Does not belong here: anything that is to be
caught.
"""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable, Sequence
from datetime import date

import polars as pl
from polars import selectors as cs

from tests.acceptance.faults.draft import Draft, as_csv, known, typed, with_cells
from tests.acceptance.faults.fault import Fault

CROWN, EVENTS, OFFENDERS, RECALLS, REPORTS = (
    "crown_court.defendants",
    "probation.events",
    "probation.offenders",
    "probation.recalls",
    "probation.court_reports",
)
MAGISTRATES = "magistrates.defendants"


def _text(
    alter: Callable[[bytes], bytes], ending: str = "csv", table: str = CROWN
) -> Callable[[Draft], Sequence[int]]:
    """The table as CSV, its bytes altered."""

    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, alter(draft.csv(table)), ending)
        return []

    return change


def _spelt(
    spell: Callable[[pl.DataFrame], pl.DataFrame], table: str = EVENTS
) -> Callable[[Draft], Sequence[int]]:
    """The table as CSV, its cells spelt otherwise."""

    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, as_csv(spell(draft.rows(table))), "csv")
        return []

    return change


def _rows(
    alter: Callable[[pl.DataFrame], pl.DataFrame], table: str
) -> Callable[[Draft], Sequence[int]]:
    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, alter(draft.rows(table)))
        return []

    return change


def _days(spelling: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    return lambda rows: rows.with_columns(cs.date().dt.strftime(spelling))


def _separated(text: bytes, by: str) -> bytes:
    """With another delimiter; no clean cell of the table holds one, and those that hold a comma are
    in quotation marks.
    """
    rows = pl.read_csv(text, infer_schema=False)
    return rows.write_csv(separator=by).encode()


def _all_quoted(rows: bytes) -> bytes:
    return (
        pl.read_csv(rows, infer_schema=False)
        .write_csv(quote_style="always", line_terminator="\r\n")
        .encode()
    )


def _parts(draft: Draft) -> Sequence[int]:
    """Three parts: the second has columns in another order and one less, the last no rows."""
    rows = draft.rows(OFFENDERS)
    second = rows.tail(5).drop("estimated_offender_id")
    draft.parts(
        OFFENDERS,
        [
            (rows.head(-5), "csv", None),
            (second[second.columns[::-1]], "csv", None),
            (rows.clear(), "csv", 0),
        ],
    )
    return range(rows.height - 4, rows.height + 1)


def _packed_parts(draft: Draft) -> Sequence[int]:
    rows = draft.rows(EVENTS)
    halves = (rows.head(300), rows.slice(300))
    draft.parts(
        EVENTS, [(gzip.compress(as_csv(half), mtime=0), "csv.gz", half.height) for half in halves]
    )
    return []


def _embedded(draft: Draft) -> Sequence[int]:
    """Two texts of two lines, with quotation marks and delimiters."""
    text = 'Asked for "in full",\nthen not'
    draft.put(
        REPORTS,
        as_csv(
            with_cells(
                draft.rows(REPORTS).cast(pl.String), "delivered_report_reason_desc", text, (4, 40)
            )
        ),
        "csv",
    )
    return (4, 40)


def _default_days(draft: Draft) -> Sequence[int]:
    """Default dates where systems leave them: births on 1900-01-01, events on 1970-01-01."""
    rows = draft.rows(OFFENDERS)
    draft.put(OFFENDERS, with_cells(rows, "date_of_birth_date", date(1900, 1, 1), (4, 40)))
    events = draft.rows(EVENTS)
    first = known(events, "offence_date", most=2)
    draft.put(EVENTS, with_cells(events, "offence_date", date(1970, 1, 1), first))
    return [4, 40]


def _thin_as_known(rows: pl.DataFrame) -> pl.DataFrame:
    late = pl.col("first_hearing_date") >= date(2020, 9, 1)
    return rows.filter((late & (pl.int_range(pl.len()) % 6 > 0)).not_())


def _form(
    name: str,
    what: str,
    change: Callable[[Draft], Sequence[int]],
    table: str = CROWN,
    rows: int | None = None,
) -> Fault:
    return Fault(name=name, what=what, gate="form", table=table, change=change, rows=rows)


NULLS = "Nothing is spelt {}."
FAULTS = (
    _form("text in place of Parquet", "CSV in UTF-8.", _text(bytes)),
    _form(
        "byte order mark",
        "UTF-8 with a mark before the header.",
        _text(lambda text: codecs.BOM_UTF8 + text),
    ),
    _form(
        "Windows-1252",
        "The encoding of older exports.",
        _text(lambda text: text.decode().encode("cp1252")),
    ),
    _form(
        "UTF-16",
        "Two bytes a character, with a mark.",
        _text(lambda text: text.decode().encode("utf-16")),
    ),
    _form("semicolons", "Fields end with semicolons.", _text(lambda text: _separated(text, ";"))),
    _form("tabs", "Fields end with tabs.", _text(lambda text: _separated(text, "\t"))),
    _form("bars", "Fields end with bars.", _text(lambda text: _separated(text, "|"))),
    _form(
        "quotation marks everywhere",
        "Every field is quoted, lines end as on Windows.",
        _text(_all_quoted),
    ),
    _form(
        "line ends of old Macs",
        "Lines end with a carriage return.",
        _text(lambda text: text.replace(b"\n", b"\r")),
    ),
    _form(
        "blank lines",
        "Lines without anything stand between rows.",
        _text(lambda text: text.replace(b"\n", b"\n\n")),
    ),
    _form(
        "delimiter at the end of lines",
        "Every line ends with a delimiter.",
        _text(lambda text: text.replace(b"\n", b",\n")),
    ),
    _form(
        "line end within a cell",
        "Two texts have two lines, quotation marks and delimiters.",
        _embedded,
        REPORTS,
        2,
    ),
    _form(
        "gzip", "The text is packed.", _text(lambda text: gzip.compress(text, mtime=0), "csv.gz")
    ),
    _form("packed parts", "The table comes in two packed parts.", _packed_parts, EVENTS),
    _form(
        "unequal parts",
        "Parts differ in order and number of columns, and one has no rows.",
        _parts,
        OFFENDERS,
    ),
    _form(
        "columns in another order",
        "The last column comes first.",
        _rows(lambda rows: rows[rows.columns[::-1]], CROWN),
    ),
    _form(
        "rows in another order",
        "The last row comes first.",
        _rows(pl.DataFrame.reverse, EVENTS),
        EVENTS,
    ),
    _form(
        "the word NULL",
        NULLS.format("NULL"),
        _spelt(lambda rows: rows.cast(pl.String).fill_null("NULL"), REPORTS),
        REPORTS,
    ),
    _form(
        "backslash N",
        NULLS.format(r"\N"),
        _spelt(lambda rows: rows.cast(pl.String).fill_null(r"\N"), REPORTS),
        REPORTS,
    ),
    _form(
        "N/A for dates and numbers",
        NULLS.format("N/A where a date or number should be"),
        _spelt(
            lambda rows: rows.with_columns(
                (cs.date() | cs.integer()).cast(pl.String).fill_null("N/A")
            )
        ),
        EVENTS,
    ),
    _form(
        "thousands separators",
        "Numbers from a thousand on have commas.",
        _spelt(
            lambda rows: rows.with_columns(
                cs.integer().cast(pl.String).str.replace(r"(\d)(\d{3})$", "${1},${2}")
            )
        ),
        EVENTS,
    ),
    _form(
        "dates of nDelius",
        "Day, month and year between slashes.",
        _spelt(_days("%d/%m/%Y")),
        EVENTS,
    ),
    _form(
        "dates of NOMIS",
        "Months in letters, years whole.",
        _spelt(_days("%d-%b-%Y"), "prison.movements"),
        "prison.movements",
    ),
    _form(
        "dates of XHIBIT",
        "A time of midnight behind each date.",
        _spelt(_days("%Y-%m-%d 00:00:00"), CROWN),
        CROWN,
    ),
    _form(
        "dates without separators",
        "Eight figures.",
        _spelt(_days("%Y%m%d"), MAGISTRATES),
        MAGISTRATES,
    ),
    _form(
        "flags as letters",
        "Y and N for true and false.",
        _spelt(
            lambda rows: rows.with_columns(
                cs.boolean().replace_strict({True: "Y", False: "N"}, return_dtype=pl.String)
            ),
            REPORTS,
        ),
        REPORTS,
    ),
    _form(
        "whole numbers with a fraction of nought",
        "Counts as 14.0, as exports write them once a value is missing.",
        _spelt(lambda rows: rows.with_columns(cs.integer().cast(pl.Float64))),
        EVENTS,
    ),
    _form(
        "blanks around cells",
        "Every cell has a blank before and after.",
        _spelt(
            lambda rows: rows.select(
                pl.format(" {} ", cs.by_name(name).cast(pl.String)).alias(name)
                for name in rows.columns
            )
        ),
        EVENTS,
    ),
    _form(
        "default dates",
        "Births on 1900-01-01 and offences on 1970-01-01 where none is known.",
        _default_days,
        OFFENDERS,
        2,
    ),
    _form(
        "months known to thin",
        "Cases from September 2020 on are few, as the contract knows.",
        _rows(_thin_as_known, MAGISTRATES),
        MAGISTRATES,
    ),
    _form(
        "defendant of another case",
        "A defendant stands in two cases: the key is both columns.",
        typed(MAGISTRATES, "defendant_id", pl.col("defendant_id").first(), (4,)),
        MAGISTRATES,
        1,
    ),
)
