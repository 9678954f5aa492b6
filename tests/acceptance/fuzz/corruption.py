"""Single cells corrupted, and whether each row is in exactly one place afterwards: staged,
quarantined, or removed as a duplicate.

A row is told by its number in the file where it is quarantined, and by the pseudonym of its key
where it is staged. Rows whose key itself is corrupted are told by elimination. Belongs here:
corrupt cells and the partition of rows. Does not belong here: damage to whole files (texts,
columnar).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl
from hypothesis import strategies as st

from pipeline.contracts.registry import Contract, list_contracts, lookup_families
from pipeline.delivery import manifest
from pipeline.errors import DeliveryError
from pipeline.landing import land_table
from pipeline.landing.pseudonymise import pseudonymise_keys
from pipeline.landing.row_ledger import TableLedger
from pipeline.settings import Settings
from pipeline.workspace import Build, Workspace
from tests.acceptance.fuzz.judging import KEY
from tests.acceptance.fuzz.tables import sound

Form = Literal["csv", "parquet"]
FORMS: tuple[Form, ...] = ("csv", "parquet")
LONG = "x" * 20_000
TEXTS = (
    *(
        "",
        " ",
        "\t",
        "abc",
        "ZZZ",
        "-1",
        "99999999999999999999999",
        "1e999",
        "0.5",
        "NaN",
        "NULL",
        "\\N",
        "true",
        LONG,
        "x" * 81,
    ),
    *(
        "31/02/2020",
        "12/31/2020",
        "9999-12-31",
        "0001-01-01",
        "1900-01-01",
        "1970-01-01 00:00:00",
        "2020-01-01T99:99:99",
        "00/00/0000",
    ),
    *(
        "a\x00b",
        "\x07\x1b[31m",
        "\x7f",
        'say "no"',
        '"',
        "'",
        "a\nb",
        "a\r\nb",
        "a\rb",
        "\n",
        "a,b;c\td|e",
        "=1+1",
        "row ",
        "type;",
    ),
    *("é", "😀", "中文", "\u202eabc", "\ufeff", "\u2028", "\u00a0", "ﬁ", "e\u0301", "\ufffd"),
)
"""What a cell may hold by mistake."""
RAW = (b'a"b', b"a\xffb", b"a,b", b'"a"b')
"""The same as bytes of a CSV file, where nothing puts them between quotation marks."""
STAND_IN = "\ue000{}\ue000"
"""Stands for raw bytes until a file is written."""

Cells = list[list[str]]


@dataclass
class Corrupted:
    """Rows of one table as text, and what was done to them."""

    contract: Contract
    rows: Cells
    keyless: set[int] = field(default_factory=set)
    """Rows, from 0, whose key is corrupted."""
    twins: set[int] = field(default_factory=set)
    """Rows whose key another row has."""

    @classmethod
    def of(cls, contract: Contract, rows: int) -> Corrupted:
        """Sound rows."""
        return cls(
            contract,
            [
                [cell or "" for cell in row]
                for row in sound(contract, rows).cast(pl.String).iter_rows()
            ],
        )

    def put(self, row: int, column: int, text: str) -> None:
        """Corrupt a cell."""
        self.rows[row][column] = text
        if list(self.contract.types)[column] in self.contract.facts.key:
            self.keyless.add(row)

    def repeat(self, row: int) -> None:
        """Deliver a row again, at the end."""
        self.rows.append(list(self.rows[row]))
        if row in self.keyless:
            self.keyless.add(len(self.rows) - 1)
        else:
            self.twins |= {row, len(self.rows) - 1}

    def bytes_as(self, form: Form) -> bytes:
        """The rows as a file."""
        stream = io.BytesIO()
        if form == "parquet":
            columns = zip(*self.rows, strict=True)
            pl.DataFrame(
                {
                    name: list(cells)
                    for name, cells in zip(self.contract.types, columns, strict=True)
                }
            ).write_parquet(stream)
            return stream.getvalue()
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([list(self.contract.types), *self.rows])
        content = text.getvalue().encode()
        for place, raw in enumerate(RAW):
            content = content.replace(STAND_IN.format(place).encode(), raw)
        return content


def every_cell(contract: Contract, *, raw: bool) -> Corrupted:
    """One row for each column and each text that it may hold by mistake; some rows come twice."""
    texts = (*TEXTS, *(STAND_IN.format(place) for place in range(len(RAW)) if raw))
    columns = len(contract.types)
    found = Corrupted.of(contract, columns * len(texts) + 10)
    for column in range(columns):
        for place, text in enumerate(texts):
            found.put(column * len(texts) + place, column, text)
    for row in range(0, len(found.rows), 11):
        found.repeat(row)
    return found


@st.composite
def corruptions(draw: st.DrawFn) -> tuple[Corrupted, Form]:
    """Some rows of some table with any text in some cells, some of them delivered twice, in either
    form.
    """
    contract = draw(st.sampled_from(list(list_contracts().values())))
    rows = draw(st.integers(1, 30))
    found = Corrupted.of(contract, rows)
    any_text = st.one_of(
        st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=("Cs", "Co")), max_size=30)
    )
    places = st.tuples(st.integers(0, rows - 1), st.integers(0, len(contract.types) - 1), any_text)
    for row, column, text in draw(st.lists(places, max_size=20)):
        found.put(row, column, text)
    for row in draw(st.lists(st.integers(0, rows - 1), max_size=5)):
        found.repeat(row)
    return found, draw(st.sampled_from(FORMS))


def misplaced(corrupted: Corrupted, form: Form) -> list[str]:
    """What is wrong with where the rows went; nothing if the delivery ends in an error that says
    what is to be done.
    """
    contract = corrupted.contract
    source, table = contract.facts.source, contract.facts.name
    with tempfile.TemporaryDirectory(prefix="journeys-cells-") as scratch:
        folder, build = Path(scratch) / "delivery", Build(Path(scratch) / "build")
        folder.mkdir()
        content = corrupted.bytes_as(form)
        (folder / f"{table}.{form}").write_bytes(content)
        file = {
            "source": source,
            "table": table,
            "path": f"{table}.{form}",
            "rows": len(corrupted.rows),
        }
        file["sha256"] = hashlib.sha256(content).hexdigest()
        stated = {
            "delivery_id": "cells",
            "extract_date": "2021-09-30",
            "synthetic": True,
            "files": [file],
        }
        (folder / manifest.MANIFEST).write_text(json.dumps(stated), encoding="utf-8")
        settings = Settings(
            Workspace(Path(scratch) / "workspace"), threads=1, memory="1GB", key=None
        )
        try:
            entry = land_table.land_table(
                contract, manifest.read_delivery(folder), build, key=KEY, settings=settings
            )
        except DeliveryError as error:
            return [] if table in str(error) and ": " in str(error) else [f"unclear: {error}"]
        held = build.quarantine / source / f"{table}.parquet"
        kept = (
            (build.identity if contract.is_lookup else build.staged) / source / f"{table}.parquet"
        )
        quarantine = pl.read_parquet(held) if held.is_file() else None
        return _wrong(corrupted, entry, quarantine, pl.read_parquet(kept))


def _wrong(
    corrupted: Corrupted, entry: TableLedger, quarantine: pl.DataFrame | None, kept: pl.DataFrame
) -> list[str]:
    numbers = [] if quarantine is None else quarantine["row_in_file"].cast(pl.Int64).to_list()
    held = {number - 1 for number in numbers}
    rows = range(len(corrupted.rows))
    survivors = [row for row in rows if row not in held]
    keys = _identities(corrupted)
    expected = Counter(keys[row] for row in survivors if row not in corrupted.keyless)
    found = Counter(kept.select(list(corrupted.contract.facts.key)).iter_rows())
    missing, further = expected - found, found - expected
    by_elimination = sum(row in corrupted.keyless for row in survivors) - further.total()
    twins = {keys[row] for row in corrupted.twins}
    wrong = {
        "delivered is not what the file has": entry.delivered != len(rows),
        "delivered is not staged, quarantined and duplicates": entry.delivered
        != entry.staged + entry.quarantined + entry.duplicates_removed,
        "rows in quarantine are not those counted": len(numbers) != entry.quarantined
        or not held <= set(rows)
        or len(held) != len(numbers),
        "staged rows are not those counted": kept.height != entry.staged,
        "a row that has no twin is neither staged nor held": not set(missing) <= twins,
        "more or fewer rows are gone than were removed": missing.total() + by_elimination
        != entry.duplicates_removed,
        "a row is staged that nobody delivered": by_elimination < 0,
        "a row in quarantine is not as delivered": quarantine is not None
        and not _as_delivered(corrupted, quarantine),
    }
    return [what for what, is_so in wrong.items() if is_so]


def _identities(corrupted: Corrupted) -> list[tuple[str, ...]]:
    """What the key of each row becomes where the row is staged."""
    contract = corrupted.contract
    frame = pl.DataFrame(
        corrupted.rows, schema=dict.fromkeys(contract.types, pl.String), orient="row"
    )
    return list(
        zip(*(_identity(contract, name, frame) for name in contract.facts.key), strict=True)
    )


def _identity(contract: Contract, name: str, frame: pl.DataFrame) -> list[str]:
    column = contract.columns[name]
    if column.role == "value":
        return frame[name].to_list()
    if not column.family_by:
        return pseudonymise_keys(frame[name], column.family or "", KEY).to_list()
    families = lookup_families()
    pairs = frame.select(name, column.family_by).iter_rows()
    return [
        pseudonymise_keys(pl.Series([key]), families[by], KEY).item() if by in families else ""
        for key, by in pairs
    ]


def _as_delivered(corrupted: Corrupted, quarantine: pl.DataFrame) -> bool:
    """Whether each row in quarantine has the cells that it was delivered with; one that could not
    be cut has them in one text.
    """
    for row in quarantine.iter_rows(named=True):
        delivered = corrupted.rows[int(row["row_in_file"]) - 1]
        if row["reasons"].startswith("row "):
            if not row["row_text"]:
                return False
        elif [row[name] or "" for name in corrupted.contract.types] != delivered:
            return False
    return True
