"""Faults of column names and of the types in which whole columns come.

Belongs here: what is wrong with a header. Does not belong here: cells under it (cells), the text of
rows (shapes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from tests.acceptance.faults.draft import Draft, every, with_cells
from tests.acceptance.faults.fault import Fault, Found, Gate

REPORTS, RECALLS, MAGISTRATES = (
    "probation.court_reports",
    "probation.recalls",
    "magistrates.defendants",
)


def _columns(
    table: str, alter: Callable[[pl.DataFrame], pl.DataFrame]
) -> Callable[[Draft], Sequence[int]]:
    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, alter(draft.rows(table)))
        return []

    return change


def _header(table: str, old: bytes, new: bytes) -> Callable[[Draft], Sequence[int]]:
    """The header of the CSV file has another text in one place."""

    def change(draft: Draft) -> Sequence[int]:
        header, _, rows = draft.csv(table).partition(b"\n")
        assert old in header
        draft.put(table, header.replace(old, new, 1) + b"\n" + rows, "csv")
        return []

    return change


def _renamed(names: dict[str, str], stated: dict[str, str]) -> Callable[[Draft], Sequence[int]]:
    """The manifest states renames."""

    def change(draft: Draft) -> Sequence[int]:
        draft.put(RECALLS, draft.rows(RECALLS).rename(names))
        draft.entry(RECALLS)["renames"] = stated
        return []

    return change


def _not_text(draft: Draft) -> Sequence[int]:
    """Bytes of a column are not UTF-8 in two rows."""
    table, column = "probation.events", "mo_category_description"
    rows = draft.rows(table).with_columns(pl.col(column).cast(pl.Binary))
    draft.put(table, with_cells(rows, column, b"Crim\xe9", (4, 40)))
    return (4, 40)


def _beyond(kind: pl.DataType, number: int) -> Callable[[Draft], Sequence[int]]:
    """Two days of the second part are numbers of days or milliseconds so large that no calendar has
    them.
    """

    def change(draft: Draft) -> Sequence[int]:
        rows = draft.rows(REPORTS)
        stored = pl.Int32() if kind == pl.Date else pl.Int64()
        days = rows.slice(300).with_columns(pl.col("allocation_date").cast(kind).to_physical())
        second = with_cells(days, "allocation_date", pl.lit(number, stored), (4, 40)).with_columns(
            pl.col("allocation_date").cast(kind)
        )
        draft.parts(REPORTS, [(rows.head(300), "parquet", None), (second, "parquet", None)])
        return (4, 40)

    return change


def _far(name: str, what: str, rule: str, change: Callable[[Draft], Sequence[int]]) -> Fault:
    found = (Found(column="allocation_date", rule=rule, rows=2),)
    gate: Gate = "type" if rule == "type" else "range"
    return Fault(
        name=name,
        what=what,
        gate=gate,
        table=REPORTS,
        change=change,
        rows=2,
        found=found,
        held=2,
        file="part-2.parquet",
    )


def _fault(name: str, what: str, refused: str, change: Any, table: str = REPORTS) -> Fault:
    return Fault(name=name, what=what, gate="columns", table=table, change=change, refused=refused)


def _told(name: str, what: str, change: Any, *found: Found, table: str) -> Fault:
    return Fault(name=name, what=what, gate="columns", table=table, change=change, found=found)


LINK_NOTE = (
    "the key's name in the magistrates-Crown journey link (MoJ Data First slides, March 2022)"
)
FAULTS = (
    _fault(
        "required column gone",
        "The date on which the report was asked for is not delivered.",
        r"columns \['date_requested'\] are missing",
        _columns(REPORTS, lambda rows: rows.drop("date_requested")),
    ),
    _fault(
        "unmapped column",
        "A column that the contract does not have and no rename explains.",
        r"1 columns of .* are not in the contract: \['author_grade'\]",
        _columns(REPORTS, lambda rows: rows.with_columns(author_grade=pl.lit("PO"))),
    ),
    _fault(
        "column renamed without notice",
        "A required column has a name that nobody mapped.",
        r"columns \['date_required'\] are missing",
        _columns(REPORTS, lambda rows: rows.rename({"date_required": "required_by"})),
    ),
    _fault(
        "value in the header",
        "A value stands where a name should; it is counted and not shown.",
        "1 whose names are not plain words",
        _header(REPORTS, b"soft_deleted", b"soft_deleted,10 Downing Street"),
    ),
    _fault(
        "column twice",
        "Two columns whose names differ in case alone.",
        r"several columns called \['punishment'\]",
        _header(REPORTS, b"reparation", b"Punishment"),
    ),
    _fault(
        "column without a name",
        "A name is blank in the middle.",
        r"columns without a name \(places \[3\]\)",
        _header(REPORTS, b"court_report_type_code", b""),
    ),
    _fault(
        "two names for one column",
        "A key comes under its own name and under a known other one.",
        r"\['case_id', 'mc_case_id'\] .* are both \[case_id\] of the contract",
        _columns(MAGISTRATES, lambda rows: rows.with_columns(mc_case_id="case_id")),
        MAGISTRATES,
    ),
    _fault(
        "rename that leads nowhere",
        "The manifest renames a column to one that the contract does not have.",
        r"renames lead to \['date_of_recall'\]",
        _renamed({}, {"rec_date": "date_of_recall"}),
        RECALLS,
    ),
    _fault(
        "rename of the contract's own name",
        "The manifest takes a column's own name away from it.",
        r"\['recall_date'\] are names of the contract and cannot be renamed",
        _renamed({}, {"recall_date": "return_to_custody_date"}),
        RECALLS,
    ),
    _fault(
        "dates as booleans",
        "A whole column has a type that cannot mean what it should.",
        r"\[date_requested\] is Boolean and cannot be Date",
        _columns(REPORTS, lambda rows: rows.with_columns(date_requested=pl.lit(value=True))),
    ),
    _fault(
        "lists in cells",
        "A column holds lists.",
        r"\[proposed_disposal_desc\] is List and cannot be String",
        _columns(REPORTS, lambda rows: rows.with_columns(pl.concat_list("proposed_disposal_desc"))),
    ),
    Fault(
        name="text that is not text",
        what="Bytes of two cells of a Parquet file are not UTF-8.",
        gate="type",
        table="probation.events",
        change=_not_text,
        rows=2,
        found=(Found(column="mo_category_description", rule="type", rows=2),),
        held=2,
    ),
    _far(
        "day beyond any calendar",
        "Two days of the second part are millions of years away.",
        "less_than_or_equal_to",
        _beyond(pl.Date(), 2**31 - 1),
    ),
    _far(
        "time beyond any calendar",
        "Two times with a zone, in the second part, are millions of years away.",
        "type",
        _beyond(pl.Datetime("ms", "UTC"), 2**62),
    ),
    _told(
        "known other name",
        "A key comes under the name that another publication gives it: read, and said.",
        _columns(MAGISTRATES, lambda rows: rows.rename({"case_id": "mc_case_id"})),
        Found(
            column="mc_case_id",
            rule=f"is read as case_id: {LINK_NOTE}",
            severity="warn",
            rows=every(MAGISTRATES),
        ),
        table=MAGISTRATES,
    ),
    _told(
        "renamed by the manifest",
        "The supplier states another name: read, and said.",
        _renamed({"recall_date": "rec_date"}, {"rec_date": "recall_date"}),
        Found(
            column="rec_date",
            rule="is read as recall_date: renamed by the manifest",
            severity="warn",
            rows=every(RECALLS),
        ),
        table=RECALLS,
    ),
    _told(
        "names in capitals",
        "Names differ from the contract's in case alone: read, and said.",
        _columns(RECALLS, lambda rows: rows.rename(str.upper)),
        Found(
            column="header",
            rule=(
                "has names that differ in case or blanks from those of the contract, "
                "and are read all the same (13)"
            ),
            severity="warn",
            rows=every(RECALLS),
        ),
        table=RECALLS,
    ),
)
