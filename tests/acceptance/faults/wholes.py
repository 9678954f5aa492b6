"""Faults of whole tables: rows against the manifest, against the delivery before, by month, and in
what they hold.

Belongs here: tables whose rows are sound one by one. Does not belong here: keys and references
(keys).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from tests.acceptance.faults.draft import Draft, every
from tests.acceptance.faults.fault import Fault, Found, Gate

MAGISTRATES, CONTACTS, RECALLS = "magistrates.defendants", "probation.contacts", "probation.recalls"
PLACE = pl.int_range(pl.len())
Alter = Callable[[pl.DataFrame], pl.DataFrame]


def _altered(table: str, alter: Alter) -> Callable[[Draft], Sequence[int]]:
    """The table is another one; says which rows differ from the clean ones, or which are new."""

    def change(draft: Draft) -> Sequence[int]:
        clean = draft.rows(table)
        rows = alter(clean)
        draft.put(table, rows)
        if rows.height != clean.height:
            return range(clean.height + 1, rows.height + 1)
        same = pl.all_horizontal(rows[name].eq_missing(clean[name]) for name in rows.columns)
        return [int(row) + 1 for row in pl.select(same.not_()).to_series().arg_true()]

    return change


def _fault(gate: Gate, name: str, what: str, table: str, alter: Alter, *found: Found) -> Fault:
    return Fault(
        name=name, what=what, gate=gate, table=table, change=_altered(table, alter), found=found
    )


def _miscounted(
    name: str, what: str, content: Callable[[Draft], None], table: str = RECALLS
) -> Fault:
    def change(draft: Draft) -> Sequence[int]:
        content(draft)
        return []

    refused = rf"{table} has \d+ rows but the manifest states \d+: deliver the whole table again"
    return Fault(
        name=name, what=what, gate="row count", table=table, change=change, refused=refused
    )


def _short_part(draft: Draft) -> None:
    rows = draft.rows(CONTACTS)
    draft.parts(
        CONTACTS,
        [(rows.head(1_000), "parquet", None), (rows.slice(1_001), "parquet", rows.height - 1_000)],
    )


def _short_text(draft: Draft) -> None:
    draft.put(RECALLS, b"\n".join(draft.csv(RECALLS).split(b"\n")[:-3]) + b"\n", "csv")


COUNTS = (
    _miscounted("last rows lost", "The text ends two rows early.", _short_text),
    _miscounted(
        "row too many",
        "The table has a row more than the manifest states.",
        lambda d: d.put(RECALLS, d.rows(RECALLS), rows=1),
    ),
    _miscounted(
        "row lost between parts", "The second part begins a row late.", _short_part, CONTACTS
    ),
)


def _more(rows: pl.DataFrame) -> pl.DataFrame:
    more = rows.filter(PLACE % 5 < 2).with_columns(pl.col("case_id") + "-2")
    return pl.concat([rows, more])


def _left_out(draft: Draft) -> Sequence[int]:
    draft.leave_out(CONTACTS)
    draft.touched.add(CONTACTS)
    return []


FALL, GROWTH = "row fall", "row growth"
HISTORY = (
    _fault(
        "row history",
        "fifth of the rows gone",
        "Every fifth case is missing, and the manifest agrees.",
        MAGISTRATES,
        lambda rows: rows.filter(PLACE % 5 > 0),
        Found(rule=FALL, severity="warn", rows=every(MAGISTRATES)),
    ),
    _fault(
        "row history",
        "most rows gone",
        "Three of five cases are missing, and the manifest agrees.",
        MAGISTRATES,
        lambda rows: rows.filter(PLACE % 5 > 2),
        Found(rule=FALL, severity="block", rows=every(MAGISTRATES)),
    ),
    _fault(
        "row history",
        "two fifths more rows",
        "Cases come again under new ids.",
        MAGISTRATES,
        _more,
        Found(rule=GROWTH, severity="warn", rows=every(MAGISTRATES)),
    ),
    _fault(
        "row history",
        "table without rows",
        "The contacts are a header alone.",
        CONTACTS,
        pl.DataFrame.clear,
        Found(rule=FALL, severity="block", rows=0),
    ),
    Fault(
        name="optional table left out",
        what="The contacts are not delivered any more.",
        gate="row history",
        table=CONTACTS,
        change=_left_out,
        found=(Found(rule=FALL, severity="warn", rows=0),),
    ),
)


def _between(column: str, first: date, last: date) -> pl.Expr:
    return pl.col(column).is_between(first, last)


def _in_last_quarter(draft: Draft) -> int:
    (file,) = [
        entry["path"]
        for entry in draft.stated["files"]
        if entry["path"].startswith("probation/contacts")
    ]
    return (
        pl.read_parquet(draft.folder / file)
        .filter(_between("contact_date", date(2020, 10, 1), date(2020, 12, 31)))
        .height
    )


COVERAGE = (
    _fault(
        "coverage",
        "month without rows",
        "June 2015 is missing.",
        MAGISTRATES,
        lambda rows: rows.filter(
            _between("first_hearing_date", date(2015, 6, 1), date(2015, 6, 30)).not_()
        ),
        Found(column="first_hearing_date", rule="month without rows", severity="warn", rows=0),
    ),
    _fault(
        "coverage",
        "last months thin out",
        "The last three months have one contact of six.",
        CONTACTS,
        lambda rows: rows.filter(
            (
                _between("contact_date", date(2020, 10, 1), date(2020, 12, 31)) & (PLACE % 6 > 0)
            ).not_()
        ),
        Found(
            column="contact_date",
            rule="thin months at the end",
            severity="warn",
            rows=_in_last_quarter,
        ),
    ),
)


def _shown(rows: pl.DataFrame, column: str, value: str, every_nth: int) -> pl.DataFrame:
    return rows.with_columns(
        pl.when(PLACE % every_nth == 0).then(pl.lit(value)).otherwise(column).alias(column)
    )


def _holding(column: str, *codes: str | None) -> Callable[[Draft], int]:
    """Counts rows with these codes in the altered table."""
    return lambda draft: int(
        pl.read_parquet(draft.path(MAGISTRATES))[column].is_in(codes, nulls_equal=True).sum()
    )


def _before(column: str, code: str) -> Callable[[Draft], int]:
    return lambda draft: int((draft.rows(MAGISTRATES)[column] == code).sum())


DRIFT = (
    _fault(
        "drift",
        "more blanks than before",
        "Half of the police numbers are gone.",
        MAGISTRATES,
        lambda rows: rows.with_columns(pl.when(PLACE % 2 == 0).then("pnc_id").alias("pnc_id")),
        Found(
            column="pnc_id", rule="share of nulls", severity="warn", rows=_holding("pnc_id", None)
        ),
    ),
    _fault(
        "drift",
        "two codes mixed up",
        "Every third man is a woman.",
        MAGISTRATES,
        lambda rows: rows.with_columns(
            pl.when((PLACE % 3 == 0) & (pl.col("gender") == "M"))
            .then(pl.lit("F"))
            .otherwise("gender")
            .alias("gender")
        ),
        Found(
            column="gender",
            rule="share of a code",
            severity="warn",
            rows=_holding("gender", "M", "F"),
        ),
    ),
    _fault(
        "drift",
        "code that was never delivered",
        "A code of the list, unheard of before, stands in every eightieth row.",
        MAGISTRATES,
        lambda rows: _shown(rows, "mode_of_trial_code", "IPR", 80),
        Found(
            column="mode_of_trial_code",
            rule="new code",
            severity="warn",
            rows=_holding("mode_of_trial_code", "IPR"),
        ),
    ),
    _fault(
        "drift",
        "code that comes no more",
        "Nothing is indictable only any more: it is called summary.",
        MAGISTRATES,
        lambda rows: rows.with_columns(pl.col("mode_of_trial_code").replace("I", "SUM")),
        Found(
            column="mode_of_trial_code",
            rule="lost code",
            severity="warn",
            rows=_before("mode_of_trial_code", "I"),
        ),
    ),
)
FAULTS = (*COUNTS, *HISTORY, *COVERAGE, *DRIFT)
