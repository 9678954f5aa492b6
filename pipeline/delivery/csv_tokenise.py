"""Where the records of a CSV text begin and end, and which of them differ in shape from the rest.

Works on bytes, a chunk at a time: quotes, delimiters and line ends are the same bytes in UTF-8 and
in Windows-1252. Belongs here: records, fields, quotes, well-formed characters. Does not belong
here: files as delivered and copies of them (csv_normalise), what a field means (value_parsing).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pipeline.errors import NotATable

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

QUOTE, CARRIAGE_RETURN, LINE_FEED = 34, 13, 10
CHUNK = 1 << 24
"""Bytes looked at in one go."""
AFTER_A_FAULT = 1 << 16
"""Bytes looked at after a quote in the wrong place.

The number then doubles until the next such quote, so that many faults cost no more than few.
"""
LONGEST = 1 << 20
"""Bytes that a record may have; a quote that is not closed within them is taken as never closed."""


@dataclass(frozen=True)
class Dialect:
    """How a text is cut into records and fields."""

    delimiter: int
    line_end: int
    named: int
    """Columns that have a name."""
    width: int
    """Fields of a record: those with a name, then those without.

    A field without a name comes from a delimiter at the end of each line.
    """


@dataclass(frozen=True)
class Piece:
    """Consecutive records without a fault in their quotes, then the faulty one, if any."""

    start: int
    """Offset of the first byte in the file."""
    text: Bytes
    """The records, then the faulty one."""
    ends: Places
    """Offset in `text` after each record's line end."""
    fields: Places
    surplus: Mask
    """There is something in the fields that have no name."""
    stray: int
    """Bytes of the record with a quote in the wrong place that follows; 0 if none does."""

    @property
    def starts(self) -> Places:
        """Offset in `text` of each record."""
        return np.concatenate([np.zeros(min(1, self.ends.size), np.int64), self.ends[:-1]])


def read_pieces(path: Path, dialect: Dialect, *, start: int) -> Iterator[Piece]:
    """The records of a file, in pieces, from an offset after its header.

    Every byte is in exactly one piece.

    Raises:
        NotATable: a line is so long that the file cannot be a table.
    """
    total = path.stat().st_size
    position, window = start, CHUNK
    with path.open("rb") as stream:
        while position < total:
            piece = _piece(
                _read(stream, position, window),
                position,
                dialect,
                is_last=position + window >= total,
            )
            length = int(piece.ends[-1] if piece.ends.size else 0) + piece.stray
            if length:
                yield piece
                position += length
                window = AFTER_A_FAULT if piece.stray else min(CHUNK, 2 * window)
            elif window > LONGEST:
                raise NotATable(
                    f"a line of more than {LONGEST} bytes, {position} bytes into its text"
                )
            else:
                window *= 4


def _read(stream: BinaryIO, position: int, size: int) -> bytes:
    stream.seek(position)
    return stream.read(size)


def _piece(data: bytes, position: int, dialect: Dialect, *, is_last: bool) -> Piece:
    """The records that end within a window; a last line without a line end counts as ended."""
    size = len(data)
    if is_last and data[-1] != dialect.line_end:
        data += bytes([dialect.line_end])
    text = np.frombuffer(data, np.uint8)
    is_end, is_delimiter = text == dialect.line_end, text == dialect.delimiter
    quotes = np.flatnonzero(text == QUOTE)
    stray = None
    if quotes.size:
        outside = ~_inside(text, quotes)
        stray = _first_stray(text, quotes, dialect)
        is_open = quotes.size % 2 == 1
        is_end &= outside
        is_delimiter &= outside
        if stray:
            is_end[stray[0] :] = False
        elif is_open and (is_last or (size > LONGEST and not is_end.any())):
            stray = (int(quotes[-1]), _field_start(text, quotes))
    ends = np.flatnonzero(is_end)
    sound = int(ends[-1]) + 1 if ends.size else 0
    fields, surplus = _fields(text[:sound], (is_end | is_delimiter)[:sound], dialect)
    cut = min(_line_end_after(text, stray[1], dialect), size) if stray else 0
    faulty = max(0, cut - sound)
    return Piece(
        position,
        text[: min(sound, size) + faulty],
        np.minimum(ends + 1, size),
        fields,
        surplus,
        faulty,
    )


def _inside(text: Bytes, quotes: Places) -> Mask:
    """Whether each byte stands between quotes.

    Doubled quotes close and open again, which has the same result.
    """
    if quotes.size < text.size // 32:
        runs = np.diff(quotes, prepend=0, append=text.size)
        return np.asarray(np.repeat(np.arange(runs.size) % 2 == 1, runs), np.bool_)
    return np.bitwise_xor.accumulate((text == QUOTE).view(np.uint8)).view(np.bool_)


def _opens_field(text: Bytes, openings: Places) -> Mask:
    """Whether each opening quote begins a field, that is, has no other quote before it.

    Otherwise it is the rest of a doubled quote.
    """
    found: Mask = (openings == 0) | (text[openings - 1] != QUOTE)
    return found


def _field_start(text: Bytes, quotes: Places) -> int:
    """The opening quote of the field to which the last of some quotes belongs."""
    openings = quotes[0::2]
    return int(openings[_opens_field(text, openings)][-1])


def _first_stray(text: Bytes, quotes: Places, dialect: Dialect) -> tuple[int, int] | None:
    """The first quote in the wrong place and the first byte of its fault; None if there is none.

    A wrong place is inside an unquoted field, or before further text.
    """
    openings, closings = quotes[0::2], quotes[1::2]
    before = text[openings - 1]
    wrong_openings = openings[
        _opens_field(text, openings)
        & (openings > 0)
        & (before != dialect.delimiter)
        & (before != dialect.line_end)
    ]
    after = text[np.minimum(closings + 1, text.size - 1)]
    is_followed = (
        (closings + 1 < text.size)
        & (after != QUOTE)
        & (after != dialect.delimiter)
        & (after != dialect.line_end)
    )
    if dialect.line_end == LINE_FEED:
        later = np.where(
            closings + 2 < text.size, text[np.minimum(closings + 2, text.size - 1)], LINE_FEED
        )
        is_followed &= (after != CARRIAGE_RETURN) | (later != LINE_FEED)
    wrong_closings = closings[is_followed]
    first_opening = int(wrong_openings[0]) if wrong_openings.size else text.size
    first_closing = int(wrong_closings[0]) if wrong_closings.size else text.size
    if first_opening == first_closing:
        return None
    if first_opening < first_closing:
        return first_opening, first_opening
    return first_closing, _field_start(text, quotes[quotes < first_closing])


def _line_end_after(text: Bytes, start: int, dialect: Dialect) -> int:
    """Offset after the first line end at or after a byte; 0 if the window has none.

    Quotes are ignored.
    """
    found = np.flatnonzero(text[start : start + LONGEST] == dialect.line_end)
    return start + int(found[0]) + 1 if found.size else 0


def _fields(text: Bytes, is_mark: Mask, dialect: Dialect) -> tuple[Places, Mask]:
    """Fields of each record, and whether those beyond the named columns hold anything."""
    marks = np.flatnonzero(is_mark)
    last = np.flatnonzero(text[marks] == dialect.line_end)
    fields = np.diff(last, prepend=-1)
    unnamed = dialect.width - dialect.named
    surplus = np.zeros(fields.size, np.bool_)
    if unnamed:
        whole = np.flatnonzero(fields == dialect.width)
        ends = marks[last[whole]]
        starts = marks[last[whole] - unnamed]
        size = ends - _returns(text, ends, dialect) - starts
        surplus[whole] = (size != unnamed) & ~(
            (size == 3 * unnamed) & _all_quoted_blanks(text, starts, unnamed, dialect)
        )
    return fields, surplus


def _all_quoted_blanks(text: Bytes, starts: Places, count: int, dialect: Dialect) -> Mask:
    """Whether a delimiter and two quotes stand so many times from each start on."""
    expected = np.tile(np.array([dialect.delimiter, QUOTE, QUOTE], np.uint8), count)
    found = text[np.minimum(starts[:, None] + np.arange(3 * count), text.size - 1)]
    return np.asarray((found == expected).all(axis=1), np.bool_)


def _returns(text: Bytes, ends: Places, dialect: Dialect) -> Mask:
    """Whether a carriage return stands before each line feed."""
    found: Mask = (text[ends - 1] == CARRIAGE_RETURN) & (ends > 0) & (dialect.line_end == LINE_FEED)
    return found


def find_blank_lines(piece: Piece, dialect: Dialect) -> Mask:
    """Which records are lines without anything; they are no rows."""
    stops = piece.ends - (piece.text[piece.ends - 1] == dialect.line_end)
    stops = stops - (_returns(piece.text, stops, dialect) & (stops > piece.starts))
    found: Mask = stops == piece.starts
    return found


def wide_characters(text: Bytes) -> tuple[int, Places, Places]:
    """Number of well-formed UTF-8 characters beyond ASCII, and the places of two kinds of bytes.

    The first places are of bytes that are not UTF-8, the second of bytes that Windows-1252 does not
    know.

    The bytes of one character stand side by side, so it is enough to look at the runs of bytes
    beyond ASCII.
    """
    places = np.flatnonzero(text >= 0x80)
    if not places.size:
        return 0, places, places
    slots = np.arange(places.size) + np.cumsum(np.diff(places, prepend=-2) > 1)
    runs = np.full(int(slots[-1]) + 1, ord(" "), np.uint8)
    runs[slots] = text[places]
    characters = np.frombuffer(
        runs.tobytes().decode("utf-8", "surrogateescape").encode("utf-32-le", "surrogatepass"),
        np.uint32,
    )
    is_malformed = (characters >= 0xDC80) & (characters <= 0xDCFF)
    sizes = (
        1 + (characters >= 0x80).astype(np.int64) + (characters >= 0x800) + (characters >= 0x10000)
    )
    sizes[is_malformed] = 1
    offsets = np.cumsum(sizes) - sizes
    malformed = places[np.searchsorted(slots, offsets[is_malformed])]
    unknown = places[np.isin(text[places], (0x81, 0x8D, 0x8F, 0x90, 0x9D))]
    return int(np.count_nonzero(characters >= 0x80) - malformed.size), malformed, unknown
