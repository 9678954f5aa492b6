"""Any table in any form is read back equal, and of any file, however mangled, every row is typed or
the file is refused.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.delivery import csv_tokenise, typed_rows
from pipeline.delivery.manifest import DeliveredFile
from pipeline.errors import DeliveryError
from tests.support.landing import TYPES

PLAIN = "aB 7.,;|\t\"'\n\r-"
WIDE = "éñüßÀ"
"""In Windows-1252 none of these continues a character of UTF-8, so that the encoding can be told;
in text it mostly can.
"""
DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%b-%Y", "%Y%m%d", "%Y-%m-%d 00:00:00")
TRUTH = ({True: "true", False: "false"}, {True: "Y", False: "N"}, {True: "1", False: "0"})


@dataclass(frozen=True)
class Form:
    """How a table is written."""

    encoding: str
    delimiter: str
    quoted: bool
    line_end: str
    zipped: bool
    parts: int
    day: str
    thousands: str
    truth: dict[bool, str]
    order: tuple[str, ...]
    nothing: str
    trailing: bool
    chunk: int
    """Bytes that reading looks at in one go."""


forms = st.builds(
    Form,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoted=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    zipped=st.booleans(),
    parts=st.integers(1, 3),
    day=st.sampled_from(DAYS),
    thousands=st.sampled_from(["", ","]),
    truth=st.sampled_from(TRUTH),
    order=st.permutations(list(TYPES)).map(tuple),
    nothing=st.sampled_from(["", r"\N", "(null)"]),
    trailing=st.booleans(),
    chunk=st.sampled_from([40, 300, csv_tokenise.CHUNK]),
)
texts = st.text(st.sampled_from(PLAIN + WIDE), max_size=12)
rows = st.tuples(
    texts.filter(str.strip),
    st.none() | texts,
    st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.none() | st.integers(-(2**62), 2**62),
    st.none() | st.floats(-1e12, 1e12, allow_nan=False).map(lambda value: round(value, 3)),
    st.none() | st.booleans(),
)


def written(cells: list[tuple[Any, ...]], form: Form) -> bytes:
    """A part of the table as a file."""
    spell: dict[str, Callable[[Any], str]] = {
        "day": lambda value: value.strftime(form.day),
        "number": lambda value: f"{value:{form.thousands}}",
        "amount": lambda value: f"{value:{form.thousands}.3f}",
        "flag": lambda value: form.truth[value],
    }
    lines = io.StringIO(newline="")
    bare = any(
        "\n" in str(cell) for row in cells for cell in row
    )  # which not every Python quotes where lines end otherwise
    quoting: Literal[0, 1] = (
        csv.QUOTE_ALL if form.quoted or (form.line_end == "\r" and bare) else csv.QUOTE_MINIMAL
    )
    writer = csv.writer(
        lines, delimiter=form.delimiter, quoting=quoting, lineterminator=form.line_end
    )
    places = [list(TYPES).index(name) for name in form.order]
    end = [""] * form.trailing
    writer.writerow([*form.order, *end])
    for row in cells:
        spelt = [
            form.nothing if value is None else spell.get(name, str)(value)
            for name, value in zip(TYPES, row, strict=True)
        ]
        writer.writerow([*(spelt[place] for place in places), *end])
    text = lines.getvalue()
    content = text.encode(form.encoding)
    return gzip.compress(content) if form.zipped else content


def read(contents: list[bytes], ending: str) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """What is typed, what was delivered, and how many rows there are said to be."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = []
        for place, content in enumerate(contents):
            path = folder / f"part-{place}{ending}"
            path.write_bytes(content)
            files.append(DeliveredFile("prison", "anything", path, 0, "", None, None))
        scratch = folder / "scratch"
        typed = typed_rows.scan_typed(
            files, TYPES, required=["id"], scratch=scratch, identifiers={"surname": "surname"}
        ).collect()
        delivered = typed_rows.as_delivered(
            files, typed[typed_rows.ROW], folder, scratch=scratch
        ).collect()
        return typed, delivered, sum(typed_rows.rows_in(file, scratch=scratch) for file in files)


def meant(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as it is to be read: without blanks around text, nothing where there is none."""
    return tuple((value.strip() or None) if isinstance(value, str) else value for value in row)


@settings(max_examples=150, deadline=None)
@given(table=st.lists(rows, max_size=12), form=forms)
def test_a_table_is_read_back_equal_whatever_its_form(
    table: list[tuple[Any, ...]], form: Form
) -> None:
    parts = [table[place :: form.parts] for place in range(form.parts)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_tokenise, "CHUNK", form.chunk)
        typed, delivered, count = read(
            [written(part, form) for part in parts], ".csv.gz" if form.zipped else ".csv"
        )
    assert count == len(table)
    assert typed.drop(typed_rows.ROW, typed_rows.UNREADABLE).rows() == [
        meant(row) for part in parts for row in part
    ]
    assert typed[typed_rows.UNREADABLE].null_count() == len(table)
    assert delivered["row_in_file"].to_list() == [
        str(place) for part in parts for place in range(1, len(part) + 1)
    ]


SOUND = (
    "id,surname,day,number,amount,flag\n"
    "1,Nuñez,2016-02-29,1,1.5,Y\n"
    '2,"O""Brien, Jr",29/02/2016,"1,234",,N\n'
    "3,,,,,\n"
).encode()


@settings(max_examples=300, deadline=None)
@given(
    edits=st.lists(
        st.tuples(st.integers(0, 3 * len(SOUND)), st.binary(max_size=3)), min_size=1, max_size=6
    ),
    cut=st.integers(0, 40),
    chunk=st.sampled_from([40, csv_tokenise.CHUNK]),
)
def test_every_row_of_a_mangled_file_is_typed_or_the_file_is_refused(
    edits: list[tuple[int, bytes]], cut: int, chunk: int
) -> None:
    content = bytearray(SOUND + SOUND.partition(b"\n")[2] * 2)
    for place, change in edits:
        content[place : place + len(change)] = change
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_tokenise, "CHUNK", chunk)
        try:
            typed, delivered, count = read([bytes(content[: len(content) - cut])], ".csv")
        except DeliveryError as error:
            assert "\n" not in str(error)
            return
    assert typed.height == delivered.height == count
    for row, wrong in zip(
        typed.drop(typed_rows.ROW, typed_rows.UNREADABLE).rows(),
        typed[typed_rows.UNREADABLE],
        strict=True,
    ):
        if wrong and wrong.startswith("row "):
            assert row == (None,) * len(TYPES)


def test_the_records_are_those_of_another_reader() -> None:
    alphabet = [b"a", b",", b'"', b"\n", b"\r\n", b'""', b',"', b'",', b'"\n']
    checked = 0

    @settings(max_examples=400, deadline=None)
    @given(st.lists(st.sampled_from(alphabet), max_size=30))
    def compare(tokens: list[bytes]) -> None:
        nonlocal checked
        body = b"".join(tokens)
        try:
            text = io.StringIO(body.decode(), newline="")
            rows = csv.reader(text, strict=True, delimiter=",", lineterminator="\n")
            expected = [row for row in rows if row]
        except csv.Error:
            return
        if any('"' in cell for row in expected for cell in row) or b"\r" in body.replace(
            b"\r\n", b""
        ):
            return  # the other reader lets bare quotes through
        checked += 1
        typed, _, count = read([b"id,surname\n" + body], ".csv")
        assert count == len(expected)
        told = [
            None
            if len(row) == 2
            else f"row has {len(row)} field{'s' * (len(row) > 1)} instead of 2;"
            for row in expected
        ]
        if (
            all(len(row) in (1, 2) for row in expected)
            and sum(len(row) == 2 for row in expected) > len(expected) / 2
        ):
            assert typed[typed_rows.UNREADABLE].to_list() == told

    compare()
    assert checked
