"""Faults of the text of rows: fields, quotation marks, line ends, characters.

Belongs here: rows that cannot be cut into the fields of the header. Does not belong here: what
stands in a cell (cells).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from tests.acceptance.faults.draft import Draft, with_cells
from tests.acceptance.faults.fault import Fault, Found

CROWN, REFERRALS = "crown_court.defendants", "probation.referrals"
"""Nothing refers to them: a row that cannot be cut has no key, and what refers to it leads nowhere.
The second is all plain words.
"""
Edit = Callable[[bytes], bytes]


def lines(
    table: str, edits: dict[int, Edit], whole: Edit = bytes
) -> Callable[[Draft], Sequence[int]]:
    """Rows of a CSV file, by number, are written otherwise; `whole` alters the text before."""

    def change(draft: Draft) -> Sequence[int]:
        text = whole(draft.csv(table)).split(b"\n")
        for row, edit in edits.items():
            text[row] = edit(text[row])
        draft.put(table, b"\n".join(text), "csv")
        return sorted(edits)

    return change


def _surnames(value: str) -> Callable[[Draft], Sequence[int]]:
    """Every surname but two has a letter beyond ASCII; those two have another one, in the wrong
    encoding.
    """

    def change(draft: Draft) -> Sequence[int]:
        rows = draft.rows(CROWN).cast(pl.String).with_columns(surname=pl.lit("Núñez"))
        text = with_cells(rows, "surname", "Zoé", (4, 40)).write_csv().encode()
        draft.put(CROWN, text.replace("Zoé".encode(), value.encode("latin-1")), "csv")
        return (4, 40)

    return change


def _unknown_byte(draft: Draft) -> Sequence[int]:
    """The text is in Windows-1252, and two rows have a byte that it does not know."""
    rows = draft.rows(CROWN).cast(pl.String).with_columns(surname=pl.lit("Núñez"))
    text = with_cells(rows, "surname", "Zo?é", (4, 40)).write_csv().encode("cp1252")
    draft.put(CROWN, text.replace(b"Zo?\xe9", b"Zo\x81\xe9"), "csv")
    return (4, 40)


def _fault(
    name: str,
    what: str,
    change: Callable[[Draft], Sequence[int]],
    rows: int = 2,
    table: str = REFERRALS,
) -> Fault:
    found = (Found(column="row", rule="shape", rows=rows),)
    return Fault(
        name=name,
        what=what,
        gate="shape",
        table=table,
        change=change,
        rows=rows,
        found=found,
        held=rows,
    )


def _trailing(text: bytes) -> bytes:
    return text.replace(b"\n", b",\n")


def _last_open(draft: Draft) -> Sequence[int]:
    last = draft.rows(REFERRALS).height
    return lines(REFERRALS, {last: lambda row: row.replace(b"RF", b'"RF', 1)})(draft)


def _split(draft: Draft) -> Sequence[int]:
    """The file has one line more than rows; its supplier counted lines."""
    text = draft.csv(REFERRALS).split(b"\n")
    text[4] = text[4].replace(b",", b"\n,", 3).replace(b"\n,", b",", 2)
    draft.put(REFERRALS, b"\n".join(text), "csv", rows=draft.rows(REFERRALS).height + 1)
    return (4, 5)


FAULTS = (
    _fault(
        "fields missing",
        "Two rows break off before their last fields.",
        lines(
            REFERRALS,
            {4: lambda row: row.rsplit(b",", 2)[0], 40: lambda row: row.rsplit(b",", 1)[0]},
        ),
    ),
    _fault(
        "field too many",
        "Two rows have a delimiter too many.",
        lines(REFERRALS, dict.fromkeys((4, 40), lambda row: row + b",false")),
    ),
    _fault(
        "delimiter in a bare name",
        "A name holds a delimiter and is not in quotation marks.",
        lines(
            CROWN,
            dict.fromkeys(
                (4, 40),
                lambda row: row.replace(b",", b",Smith, John", 3).replace(b"Smith, John", b"", 2),
            ),
        ),
        table=CROWN,
    ),
    _fault(
        "quotation mark inside a field",
        "A quotation mark stands in the middle of a bare field.",
        lines(REFERRALS, dict.fromkeys((4, 40), lambda row: row.replace(b"RF", b'R"F', 1))),
    ),
    _fault(
        "text after a closing quotation mark",
        "A quoted field goes on after its end.",
        lines(REFERRALS, dict.fromkeys((4, 40), lambda row: b'"' + row.replace(b",", b'"x,', 1))),
    ),
    _fault(
        "quotation mark never closed",
        "The last row opens a quotation mark and the file ends.",
        _last_open,
        rows=1,
    ),
    _fault(
        "row split by a line end",
        "A line end stands in a bare field: two pieces of one row.",
        _split,
    ),
    _fault(
        "value beyond the last column",
        "Lines end with a delimiter, and behind it two rows have a value.",
        lines(REFERRALS, dict.fromkeys((4, 40), lambda row: row + b"x"), _trailing),
    ),
    _fault(
        "characters of another encoding",
        "Two rows of a UTF-8 text are in Windows-1252.",
        _surnames("Zoé"),
        table=CROWN,
    ),
    _fault(
        "byte of no encoding",
        "Two rows of a Windows-1252 text have a byte that it does not know.",
        _unknown_byte,
        table=CROWN,
    ),
    _fault(
        "row of a megabyte",
        "A field holds more than a row can.",
        lines(REFERRALS, {4: lambda row: row.replace(b"RF", b"RF" + b"9" * (1 << 20), 1)}),
        rows=1,
    ),
)
