"""Faults of supplements: corrected rows that are to take the place of quarantined rows.

Belongs here: a delivery with a fault, and a supplement to it. Does not belong here: the fault that
is corrected (cells).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from tests.acceptance.faults.draft import MANIFEST, Draft, sha256, typed
from tests.acceptance.faults.fault import Fault, Found

TABLE, COLUMN = "prison.interventions", "agy_loc_id"
FILE = "prison/interventions.parquet"
FAULTY = (4, 40)
Alter = Callable[[pl.DataFrame], pl.DataFrame]


def _amended(
    alter: Alter = pl.DataFrame.clone,
    rows: Sequence[int] = FAULTY,
    spoilt: Sequence[int] = (),
    **stated: Any,
) -> Callable[[Draft], Sequence[int]]:
    """Two rows have an unknown code; the supplement brings some rows as they should be, altered
    once more.

    Says which rows of the supplement are not the clean ones.
    """

    def change(draft: Draft) -> Sequence[int]:
        brought = alter(draft.rows(TABLE)[[row - 1 for row in rows]])
        typed(TABLE, COLUMN, "C20RT00", FAULTY)(draft)
        folder = draft.folder.parent / "supplement"
        path = folder / FILE
        path.parent.mkdir(parents=True)
        brought.write_parquet(path)
        entry = {
            "source": "prison",
            "table": "interventions",
            "path": FILE,
            "rows": brought.height,
            "sha256": sha256(path),
        }
        whole = {
            "supplements": draft.stated["delivery_id"],
            "extract_date": "2021-10-31",
            "synthetic": True,
            "files": [entry],
        }
        (folder / MANIFEST).write_text(json.dumps({"delivery_id": "corrections"} | whole | stated))
        draft.supplement = folder
        return spoilt

    return change


def _by_hand(replaced: Sequence[int]) -> Callable[[Draft], Sequence[int]]:
    """The manifest of the amended delivery was written by somebody else: it replaces other rows
    than the supplement corrects.
    """

    def change(draft: Draft) -> Sequence[int]:
        rows = draft.rows(TABLE)
        typed(TABLE, COLUMN, "C20RT00", FAULTY)(draft)
        draft.entry(TABLE)["replaced_rows"] = list(replaced)
        draft.add(
            TABLE,
            rows[[row - 1 for row in FAULTY]],
            f"supplements/corrections/{FILE}",
            supplement="corrections",
        )
        return FAULTY

    return change


def _fault(name: str, what: str, refused: str, change: Callable[[Draft], Sequence[int]]) -> Fault:
    return Fault(
        name=name, what=what, gate="supplement", table=TABLE, change=change, refused=refused
    )


def _placed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(file=pl.lit(FILE))


FAULTS = (
    _fault(
        "correction of a sound row",
        "The supplement brings a row that was never quarantined.",
        "1 would replace a row that was sound",
        _amended(rows=(4, 41)),
    ),
    _fault(
        "correction of no row",
        "The supplement brings a row that the delivery does not have.",
        "2 match no row of the delivery",
        _amended(
            lambda rows: rows.with_columns(
                intervention_id=pl.concat_str(pl.lit("0"), "intervention_id")
            )
        ),
    ),
    _fault(
        "two corrections of one row",
        "The supplement brings one row twice.",
        "1 replace a row that another one replaces too",
        _amended(rows=(4, 4)),
    ),
    _fault(
        "half a place",
        "The supplement names a file and no row in it.",
        "2 give only one of `file` and `row_in_file`",
        _amended(_placed),
    ),
    _fault(
        "supplement to another delivery",
        "The supplement is for another delivery.",
        r"supplements \[another\] and not",
        _amended(supplements="another"),
    ),
    _fault(
        "supplement of real rows",
        "The supplement says that it is real and the delivery that it is not.",
        "not both synthetic or both real",
        _amended(synthetic=False),
    ),
    Fault(
        name="correction that is still wrong",
        what="The corrected rows have the same fault: they are quarantined in their turn.",
        gate="code",
        table=TABLE,
        change=_amended(
            lambda rows: rows.with_columns(pl.lit("C20RT00").alias(COLUMN)), spoilt=(1, 2)
        ),
        rows=2,
        found=(Found(column=COLUMN, rule="isin", rows=2),),
        held=2,
        replaced=2,
    ),
    Fault(
        name="manifest that replaces sound rows",
        what="The manifest of an amended delivery names rows that were sound.",
        gate="supplement",
        table=TABLE,
        change=_by_hand((5, 41)),
        found=(Found(column=COLUMN, rule="isin", rows=2),),
        held=2,
        replaced=2,
        blocked="2 of the rows that a supplement replaces were sound",
    ),
    _fault(
        "manifest that replaces too many rows",
        "The manifest names three rows and the supplement brings two.",
        "supplements bring 2 rows and 3 are replaced",
        _by_hand((4, 5, 40)),
    ),
    _fault(
        "manifest that replaces rows beyond the file",
        "The manifest names a row that the file does not have.",
        r"has \d+ rows and the manifest replaces others",
        _by_hand((4, 99_999)),
    ),
    Fault(
        name="rows corrected",
        what="Two rows were quarantined, and a supplement brings them as they should be.",
        gate="form",
        table=TABLE,
        change=_amended(),
        rows=0,
        replaced=2,
    ),
)
