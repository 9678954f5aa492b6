"""One pass through a CSV text: how many rows, how wide, in which encoding, and which are irregular.

An irregular row is one that is not like the rest.

Belongs here: what is found out about a whole text. Does not belong here: cutting it into records
(csv_tokenise), copies.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.delivery.csv_tokenise import (
    CHUNK,
    LONGEST,
    Dialect,
    Mask,
    Piece,
    Places,
    find_blank_lines,
    read_pieces,
    wide_characters,
)
from pipeline.errors import NotATable

MAX_FAULTS = 1_000_000
"""Rows that may be faulty before the file as a whole counts as damaged."""
VOTES = 10_000
"""Records that are enough to see whether lines end with a delimiter."""

FIELDS, SURPLUS, QUOTES, LONG, NOT_UTF_8, NOT_CP1252, BLANK = range(7)
REASONS = {
    SURPLUS: "row has a value in a column without a name",
    QUOTES: "row has a quotation mark in the wrong place",
    LONG: f"row is longer than {LONGEST} bytes",
    NOT_UTF_8: "row has characters that are not in UTF-8 as those of the other rows are",
    NOT_CP1252: "row has characters that Windows-1252 does not know",
}


@dataclass(frozen=True)
class Survey:
    """What is known of a text."""

    rows: int
    width: int
    encoding: str
    faults: pl.DataFrame
    """Faulty rows: `row_in_file`, `line` (from 1), `start` and `end` (byte offsets), `reason`.

    `row_in_file` counts from 1 and is null for a blank line, which is no row.
    """
    row_bytes: int
    """Bytes of a row, on average over the stretch of the text in which rows are longest."""


def profile_csv(path: Path, dialect: Dialect, *, start: int, line: int) -> Survey:
    """Look through a text.

    Args:
        path: a text in UTF-8 or Windows-1252.
        dialect: as its header has it.
        start: offset of the first row.
        line: number of lines that the header takes.

    Raises:
        NotATable: it cannot be told apart: too many faulty rows, or lines without an end.
    """
    dialect = replace(dialect, width=_width(path, dialect, start))
    seen = _Seen(dialect, lines=line)
    for piece in read_pieces(path, dialect, start=start):
        seen.add(piece)
    return seen.survey()


def _width(path: Path, dialect: Dialect, start: int) -> int:
    """The number of fields that most records have.

    It is as many as the header has, as many as it names, or one more than it names, where lines end
    with a delimiter.
    """
    votes: Counter[int] = Counter()
    for piece in read_pieces(path, dialect, start=start):
        votes.update(
            {
                int(fields): int(count)
                for fields, count in zip(*np.unique(piece.fields, return_counts=True), strict=True)
            }
        )
        if votes.total() >= VOTES:
            break
    return max((dialect.width, dialect.named, dialect.named + 1), key=lambda width: votes[width])


@dataclass
class _Seen:
    dialect: Dialect
    lines: int
    rows: int = 0
    well_formed: int = 0
    malformed: int = 0
    faults: list[pl.DataFrame] = field(default_factory=list)
    count: int = 0
    row_bytes: int = 0
    stretch: int = 0
    """Bytes since `stretch_rows` were counted last."""
    stretch_rows: int = 0

    def add(self, piece: Piece) -> None:
        is_blank = find_blank_lines(piece, self.dialect)
        length = piece.ends - piece.starts
        found = {
            FIELDS: (piece.fields != self.dialect.width) & ~is_blank,
            SURPLUS: piece.surplus,
            LONG: length > LONGEST,
            BLANK: is_blank,
        } | self._wide(piece)
        numbers = self.rows + np.cumsum(~is_blank)
        self.rows += int(np.count_nonzero(~is_blank))
        for kind, mask in found.items():
            if mask.any():
                self._note(kind, piece, numbers, np.flatnonzero(mask))
        if piece.stray:
            self.rows += 1
            self._note_stray(piece)
        self.lines += int(np.count_nonzero(piece.text == self.dialect.line_end))
        self.stretch += piece.text.size
        if self.stretch >= CHUNK:
            self._measure()

    def _measure(self) -> None:
        """One more stretch is over: a mean over less would make one long row count for all."""
        self.row_bytes = max(self.row_bytes, self.stretch // max(1, self.rows - self.stretch_rows))
        self.stretch, self.stretch_rows = 0, self.rows

    def _wide(self, piece: Piece) -> dict[int, Mask]:
        """Records with characters that do not belong to an encoding, for each encoding.

        Which encoding the text is in is known only at its end.
        """
        sound = piece.text[: piece.text.size - piece.stray]
        if sound.tobytes().isascii():
            return {}
        well_formed, malformed, unknown = wide_characters(sound)
        self.well_formed += well_formed
        self.malformed += malformed.size
        return {
            kind: _records_at(piece, places)
            for kind, places in ((NOT_UTF_8, malformed), (NOT_CP1252, unknown))
        }

    def _note(self, kind: int, piece: Piece, numbers: Places, which: Places) -> None:
        if kind == NOT_UTF_8 and self.malformed > MAX_FAULTS:
            return
        starts, ends = piece.starts[which], piece.ends[which]
        line_ends = np.flatnonzero(piece.text == self.dialect.line_end)
        lines = self.lines + 1 + np.searchsorted(line_ends, starts)
        self._keep(
            kind,
            numbers[which],
            lines,
            piece.start + starts,
            piece.start + ends,
            piece.fields[which],
        )

    def _note_stray(self, piece: Piece) -> None:
        start = piece.text.size - piece.stray
        line = self.lines + 1 + int(np.count_nonzero(piece.text[:start] == self.dialect.line_end))
        numbers, lines, starts, ends = (
            [number]
            for number in (self.rows, line, piece.start + start, piece.start + piece.text.size)
        )
        self._keep(QUOTES, *map(np.array, (numbers, lines, starts, ends, [0])))

    def _keep(
        self,
        kind: int,
        numbers: Places,
        lines: Places,
        starts: Places,
        ends: Places,
        fields: Places,
    ) -> None:
        columns = {
            "row_in_file": numbers,
            "line": lines,
            "start": starts,
            "end": ends,
            "fields": fields,
        }
        self.faults.append(
            pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.Int64)).with_columns(
                pl.lit(kind).alias("kind")
            )
        )
        self.count += 0 if kind in (NOT_UTF_8, NOT_CP1252) else numbers.size
        if self.count > MAX_FAULTS:
            self._refuse()

    def _refuse(self) -> None:
        line = min(int(found["line"][0]) for found in self.faults)
        raise NotATable(
            f"more than {MAX_FAULTS} rows that are not like its header or its other rows, "
            f"the first on line {line}"
        )

    def survey(self) -> Survey:
        if not self.row_bytes:
            self._measure()
        is_cp1252 = self.malformed > self.well_formed
        other = NOT_UTF_8 if is_cp1252 else NOT_CP1252
        schema = dict.fromkeys(("row_in_file", "line", "start", "end", "fields"), pl.Int64) | {
            "kind": pl.Int32
        }
        if not is_cp1252 and self.malformed > MAX_FAULTS:
            self._refuse()
        faults = pl.concat([pl.DataFrame(schema=schema), *self.faults])
        faults = (
            faults.filter(pl.col("kind") != other)
            .sort("start", "kind")
            .unique("start", keep="first", maintain_order=True)
        )
        if faults.height > MAX_FAULTS:
            self._refuse()
        width, count = self.dialect.width, pl.col("fields")
        noun = pl.when(count == 1).then(pl.lit(" field")).otherwise(pl.lit(" fields"))
        counted = pl.concat_str(pl.lit("row has "), count, noun, pl.lit(f" instead of {width}"))
        reason = (
            pl.when(pl.col("kind") == FIELDS)
            .then(counted)
            .otherwise(pl.col("kind").replace_strict(REASONS, default=None))
        )
        number = pl.when(pl.col("kind") != BLANK).then(pl.col("row_in_file"))
        faults = faults.select(
            number.alias("row_in_file"), "line", "start", "end", reason.alias("reason")
        )
        return Survey(self.rows, width, "cp1252" if is_cp1252 else "utf-8", faults, self.row_bytes)


def _records_at(piece: Piece, places: Places) -> Mask:
    mask = np.zeros(piece.ends.size, np.bool_)
    mask[np.searchsorted(piece.ends, places, side="right")] = True
    return mask
