"""Faults of a delivery as a whole: its manifest, its tables, its digests, and files that are broken
or are not what they are called.

Belongs here: what is wrong before any column is looked at. Does not belong here: names of columns
(named), rows (the other modules).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import polars as pl

from tests.acceptance.faults.draft import Draft, as_parquet
from tests.acceptance.faults.fault import Fault, Found, Gate

RECALLS, JOURNEYS, MOVEMENTS = "probation.recalls", "prison.custodial_journeys", "prison.movements"
Spoil = Callable[[Draft], Any]


def _fault(
    gate: Gate, name: str, what: str, refused: str, spoil: Spoil, table: str = RECALLS
) -> Fault:
    def change(draft: Draft) -> Sequence[int]:
        spoil(draft)
        return []

    return Fault(name=name, what=what, gate=gate, table=table, change=change, refused=refused)


def _state(draft: Draft, **facts: Any) -> None:
    draft.stated.update(facts)


def _entry(draft: Draft, **facts: Any) -> None:
    draft.entry(RECALLS).update(facts)


def _no_date(draft: Draft) -> None:
    del draft.stated["extract_date"]


def _cut_manifest(draft: Draft) -> None:
    draft.text = json.dumps(draft.stated)[:-40]


def _twice(draft: Draft) -> None:
    draft.stated["files"].append(draft.entry(RECALLS) | {"table": "releases"})


def _outside(draft: Draft) -> None:
    path = draft.path(RECALLS)
    path.rename(draft.folder.parent / "elsewhere.parquet")
    _entry(draft, path="../elsewhere.parquet")


def _spreadsheet(draft: Draft) -> None:
    draft.path(RECALLS).rename(draft.folder / "recalls.xlsx")
    _entry(draft, path="recalls.xlsx")


def _two_formats(draft: Draft) -> None:
    rows = draft.rows(RECALLS)
    draft.parts(RECALLS, [(rows.head(20), "parquet", None), (rows.slice(20), "csv", None)])


def _stranger(draft: Draft) -> None:
    draft.add("prison.visits", pl.DataFrame({"visit_id": ["1"]}), "prison/visits.parquet")


def _flipped(draft: Draft) -> None:
    """A byte in the middle is another one than when the manifest was written."""
    draft.put(RECALLS, draft.csv(RECALLS), "csv")
    path = draft.path(RECALLS)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)


def _cut(draft: Draft) -> None:
    whole = as_parquet(draft.rows(RECALLS))
    draft.put(RECALLS, whole[: len(whole) // 2])


def _cut_part(draft: Draft) -> None:
    rows = draft.rows(JOURNEYS)
    whole = as_parquet(rows.slice(300))
    draft.parts(
        JOURNEYS,
        [
            (rows.head(300), "parquet", None),
            (whole[: len(whole) // 2], "parquet", rows.height - 300),
        ],
    )


def _damaged_page(draft: Draft) -> None:
    """Head and foot of the file are whole, and zeros stand in the middle of its second part."""
    rows = draft.rows(JOURNEYS)
    whole = bytearray(as_parquet(rows.slice(300)))
    whole[1_000:3_000] = bytes(2_000)
    draft.parts(
        JOURNEYS, [(rows.head(300), "parquet", None), (bytes(whole), "parquet", rows.height - 300)]
    )


def _cut_gzip(draft: Draft) -> None:
    draft.put(RECALLS, gzip.compress(draft.csv(RECALLS), mtime=0)[:-20], "csv.gz")


def _other_file(draft: Draft) -> None:
    draft.put(MOVEMENTS, draft.rows("probation.court_reports"))


def _unlisted(draft: Draft) -> Sequence[int]:
    draft.rows(RECALLS).write_parquet(draft.folder / "probation" / "recalls_corrected.parquet")
    return []


MANIFEST = (
    _fault(
        "manifest",
        "no manifest",
        "The manifest was not written yet.",
        "no manifest.json in",
        lambda d: setattr(d, "is_sealed", False),
    ),
    _fault(
        "manifest",
        "manifest cut off",
        "The manifest ends in the middle.",
        "a value has the wrong form",
        _cut_manifest,
    ),
    _fault(
        "manifest",
        "no extract date",
        "The manifest does not say when the extract was taken.",
        r"\[extract_date\] is missing",
        _no_date,
    ),
    _fault(
        "manifest",
        "extract date in words of another form",
        "The extract date is written 30/09/2021.",
        "a value has the wrong form",
        partial(_state, extract_date="30/09/2021"),
    ),
    _fault(
        "manifest",
        "id that leads out of the folder",
        "The delivery's id is a path.",
        "a value has the wrong form",
        partial(_state, delivery_id="../other"),
    ),
    _fault(
        "manifest",
        "file not delivered",
        "A file is in the manifest and not in the folder.",
        r"recalls\.parquet\] is in the manifest but not in the delivery",
        lambda d: d.path(RECALLS).unlink(),
    ),
    _fault(
        "manifest",
        "file named twice",
        "One file stands for two tables.",
        "in the manifest more than once",
        _twice,
    ),
    _fault(
        "manifest",
        "file outside the delivery",
        "The manifest names a file beside the folder.",
        "lies outside the delivery",
        _outside,
    ),
    _fault(
        "manifest",
        "spreadsheet",
        "A table is delivered as a spreadsheet.",
        r"neither \.parquet nor \.csv nor \.csv\.gz",
        _spreadsheet,
    ),
    _fault(
        "manifest",
        "empty file",
        "A file has no bytes.",
        "is empty, not even a header",
        lambda d: d.put(RECALLS, b"", "csv"),
    ),
    _fault(
        "manifest",
        "parts in two formats",
        "One part is Parquet, the other CSV.",
        "has parts in Parquet and in CSV",
        _two_formats,
    ),
)
TABLES = (
    _fault(
        "tables",
        "required table missing",
        "The recalls were forgotten.",
        r"required tables are missing from the delivery: \[probation\.recalls\]",
        lambda d: d.leave_out(RECALLS),
    ),
    _fault(
        "tables",
        "table that nobody knows",
        "A table without a contract.",
        r"no contract knows: \[prison\.visits\]",
        _stranger,
    ),
    _fault(
        "tables",
        "supplement delivered alone",
        "Corrected rows arrive in place of a delivery.",
        "is a supplement to",
        partial(_state, supplements="another"),
    ),
    Fault(
        name="file that the manifest does not name",
        what="A corrected table lies beside the one that is named.",
        gate="tables",
        table=RECALLS,
        change=_unlisted,
        found=(
            Found(
                table="(delivery)",
                column="probation/recalls_corrected.parquet",
                rule="not in the manifest",
                severity="warn",
                rows=0,
            ),
        ),
    ),
)
FILES = (
    _fault(
        "digests",
        "altered after the manifest",
        "One bit of a file changed on the way.",
        "does not have the digest",
        _flipped,
    ),
    _fault(
        "file",
        "Parquet cut off",
        "The copy of a file broke off.",
        r"recalls\.parquet\] cannot be read as Parquet",
        _cut,
    ),
    _fault(
        "file",
        "second part cut off",
        "The second of two parts broke off.",
        r"part-2\.parquet\] cannot be read as Parquet",
        _cut_part,
        JOURNEYS,
    ),
    _fault(
        "file",
        "page of a part damaged",
        "Zeros stand in the middle of the second part.",
        r"part-2\.parquet\] cannot be read as Parquet",
        _damaged_page,
        JOURNEYS,
    ),
    _fault(
        "file",
        "gzip cut off",
        "A packed file broke off.",
        r"recalls\.csv\.gz\] cannot be read as CSV",
        _cut_gzip,
    ),
    _fault(
        "file",
        "CSV called Parquet",
        "A text file has the wrong name.",
        r"recalls\.parquet\] cannot be read as Parquet",
        lambda d: d.put(RECALLS, d.csv(RECALLS)),
    ),
    _fault(
        "file",
        "UTF-16 without a mark",
        "A text in two bytes a character that does not say so.",
        "zero bytes in its header",
        lambda d: d.put(RECALLS, d.csv(RECALLS).decode().encode("utf-16-le"), "csv"),
    ),
    _fault(
        "columns",
        "no header",
        "The first line is a row.",
        "none of the 13 columns",
        lambda d: d.put(RECALLS, d.csv(RECALLS).split(b"\n", 1)[1], "csv"),
    ),
    _fault(
        "columns",
        "another table's file",
        "The file is that of court reports.",
        "none of the 21 columns",
        _other_file,
        MOVEMENTS,
    ),
)
FAULTS = (*MANIFEST, *TABLES, *FILES)
