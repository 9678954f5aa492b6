"""A delivered CSV file made readable: unpacked, and every record of the same width.

Its encoding, its delimiter and its line ends are detected.

A regular file in UTF-8 is read where it lies. Of any other, a regular copy is made in a private
folder: rows that cannot be cut into fields stand there empty with the reason beside them, so that
rows keep their number and nothing is lost. Belongs here: files as delivered, copies of them,
headers. Does not belong here: where records end (csv_tokenise), values.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from pipeline.delivery import column_mapping, csv_profile
from pipeline.delivery.csv_tokenise import LONGEST, Dialect
from pipeline.delivery.manifest import DeliveredFile, describe_unreadable
from pipeline.errors import DeliveryError, NotATable

DELIMITERS = ",;\t|"
REASON = " reason"
"""Last column of a regular copy, which says why a row could not be split into fields.

No delivered name begins with a blank, since blanks are taken off.
"""
WIDE = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
PIECE = 1 << 22
HEADER = re.compile(rb'(?:[^"\r\n]|"[^"]*")*')
"""Up to the first line end outside quotes."""
LINE = re.compile(rb"[^\r\n]*")


@dataclass(frozen=True)
class Text:
    """A CSV file that polars reads as it is."""

    path: str
    """The delivered file or its regular copy."""
    plain: str
    """The delivered file or its unpacked copy; the offsets of `faults` are in it."""
    encoding: str
    """Of `plain`."""
    delimiter: str
    line_end: str
    names: tuple[str, ...]
    """As delivered, without blanks around them; of the columns that have a name."""
    width: int
    rows: int
    row_bytes: int
    """Of the longest rows, on average over a stretch of the text."""

    def scan(self) -> pl.LazyFrame:
        """All rows as text in the named columns, then `REASON`.

        `REASON` is null, except for rows that could not be split into fields.
        """
        unnamed = [f" column {place}" for place in range(len(self.names) + 1, self.width + 1)]
        frame = pl.scan_csv(
            self.path,
            has_header=False,
            skip_rows=1,
            schema=dict.fromkeys((*self.names, *unnamed, REASON), pl.String()),
            separator=self.delimiter,
            eol_char=self.line_end,
            extra_columns="ignore",
            missing_columns="insert",
            raise_if_empty=False,
            glob=False,
        )
        return frame.drop(unnamed)


def open_csv(
    file: DeliveredFile,
    scratch: Path,
    *,
    known: Collection[str] = (),
    judge: Callable[[Sequence[str]], object] = lambda _: None,
) -> Text:
    """Make a delivered CSV file readable, or find what was made of it before in the same folder.

    Args:
        file: the file as delivered.
        scratch: private folder of the caller, who removes it; unpacked and regular copies are
            written there.
        known: names, in lower case, that columns may have; the delimiter is the one that finds most
            of them in the header.

        judge: sees the names before any row is looked at, and raises if they cannot be used.

    Raises:
        DeliveryError: the file is damaged, or cannot be cut into records.
    """
    place = _place(file, scratch)
    facts = place / "text.json"
    if not facts.exists():
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            text, faults = _made_readable(file, place, known, judge)
        except NotATable as error:
            what = f"[{file.path}] has {error}"
            raise DeliveryError(
                f"{what}: write it anew as CSV, quotation marks doubled, and deliver it again"
            ) from error
        except (EOFError, OSError, zlib.error, UnicodeError) as error:
            raise describe_unreadable(file) from error
        faults.write_parquet(place / "faults.parquet")
        facts.write_text(json.dumps(asdict(text)), encoding="utf-8")
    stated = json.loads(facts.read_text(encoding="utf-8"))
    return Text(**stated | {"names": tuple(stated["names"])})


def estimate_room(file: DeliveredFile) -> int:
    """Bytes of disk that may be needed for what is made of a delivered file.

    A packed file is unpacked, and any file may need a regular copy.

    How far a packed file grows is told from its beginning.
    """
    if file.file_format == "parquet":
        return 0
    size = file.path.stat().st_size
    if file.file_format == "csv":
        return size
    with file.path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as text:
        try:
            start = len(text.read(PIECE))
        except (EOFError, OSError, zlib.error):  # damaged: said when it is read
            return 2 * size
        return 2 * start * size // max(1, min(size, packed.tell()))


def _place(file: DeliveredFile, scratch: Path) -> Path:
    """Where what is made of a file lies."""
    return scratch / hashlib.sha256(str(file.path).encode()).hexdigest()[:16]


def faulty_rows(file: DeliveredFile, scratch: Path) -> pl.DataFrame:
    """Rows of an opened file that could not be split into fields.

    The columns are `row_in_file` (from 1), `line`, and `row_text` as delivered.
    """
    place = _place(file, scratch)
    faults = pl.read_parquet(place / "faults.parquet").filter(pl.col("row_in_file").is_not_null())
    text = open_csv(file, scratch)
    with Path(text.plain).open("rb") as stream:
        texts = [
            _cut(stream, start, end).decode(text.encoding, "replace")
            for start, end in faults.select("start", "end").iter_rows()
        ]
    return faults.select(
        "row_in_file",
        "line",
        pl.Series("row_text", texts, dtype=pl.String).str.strip_chars_end("\r\n"),
    )


def _cut(stream: BinaryIO, start: int, end: int) -> bytes:
    stream.seek(start)
    return stream.read(min(end - start, LONGEST))


def _made_readable(
    file: DeliveredFile,
    place: Path,
    known: Collection[str],
    judge: Callable[[Sequence[str]], object],
) -> tuple[Text, pl.DataFrame]:
    plain = _narrow(_unpacked(file, place), place)
    header, start = _header(file, plain)
    delimiter, every = _columns(file, header, known)
    names = every[
        : len(every)
        - next((place for place, name in enumerate(reversed(every)) if name), len(every))
    ]
    judge(names)
    line_end = _line_end(plain, start)
    dialect = Dialect(ord(delimiter), ord(line_end), named=len(names), width=len(every))
    found = csv_profile.profile_csv(
        plain, dialect, start=start, line=1 + header.count(line_end.encode())
    )
    path = plain
    if found.faults.height or found.encoding != "utf-8":
        path = place / "regular.csv"
        _write_regular(plain, path, found, delimiter, line_end, start)
    text = Text(
        str(path),
        str(plain),
        found.encoding,
        delimiter,
        line_end,
        tuple(names),
        found.width,
        found.rows,
        found.row_bytes,
    )
    return text, found.faults


def _unpacked(file: DeliveredFile, place: Path) -> Path:
    if file.file_format != "csv.gz":
        return file.path
    target = place / "unpacked.csv"
    with gzip.open(file.path) as source, target.open("wb") as copy:
        while chunk := source.read(PIECE):
            copy.write(chunk)
    return target


def _narrow(plain: Path, place: Path) -> Path:
    """A text in UTF-16 or UTF-32, told by its byte order mark, as UTF-8."""
    with plain.open("rb") as source:
        mark = source.read(4)
        encoding = next(
            (encoding for start, encoding in WIDE.items() if mark.startswith(start)), None
        )
        if encoding is None:
            return plain
        source.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        target = place / "narrow.csv"
        with target.open("wb") as copy:
            while chunk := source.read(PIECE):
                copy.write(decoder.decode(chunk).encode())
            copy.write(decoder.decode(b"", final=True).encode())
    return target


def _header(file: DeliveredFile, plain: Path) -> tuple[bytes, int]:
    """The header without byte order mark and line end, and the offset of the first row."""
    with plain.open("rb") as stream:
        head = stream.read(LONGEST)
    mark = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    ends = (found.end() for pattern in (HEADER, LINE) if (found := pattern.match(head, mark)))
    end = next(end for end in ends if head[end : end + 1] in (b"", b"\r", b"\n"))
    if end == len(head) == LONGEST:
        raise DeliveryError(
            f"[{file.path}] has no line end in its first {LONGEST} bytes: "
            "it is no table, deliver it again"
        )
    if b"\0" in head[:end]:
        raise DeliveryError(
            f"[{file.path}] has zero bytes in its header (UTF-16 without a mark?): "
            "save it as UTF-8 and deliver it again"
        )
    return head[mark:end], end + (2 if head[end : end + 2] == b"\r\n" else 1)


def _line_end(plain: Path, start: int) -> str:
    with plain.open("rb") as stream:
        stream.seek(start - 1)
        return "\r" if stream.read(1) == b"\r" else "\n"


def _columns(file: DeliveredFile, header: bytes, known: Collection[str]) -> tuple[str, list[str]]:
    """The delimiter of a header, and the column names.

    The delimiter is the one that finds most known names; among equals, the one that finds most
    names.
    """
    try:
        text = header.decode()
    except UnicodeDecodeError:
        text = header.decode("cp1252", "replace")
    try:
        split = {
            delimiter: next(
                csv.reader(
                    io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True
                ),
                [],
            )
            for delimiter in DELIMITERS
        }
    except csv.Error as error:
        raise DeliveryError(
            f"[{file.path}] has a header that cannot be cut into names: deliver the file again"
        ) from error
    best = max(
        split,
        key=lambda delimiter: (
            len({column_mapping.normalise_name(name) for name in split[delimiter]} & set(known)),
            len(split[delimiter]),
        ),
    )
    return best, [name.strip() for name in split[best]]


def _write_regular(
    plain: Path, target: Path, found: csv_profile.Survey, delimiter: str, line_end: str, start: int
) -> None:
    """Copy a text as UTF-8, without blank lines.

    Each row that could not be split into fields becomes an empty row with its reason.
    """
    with plain.open("rb") as source, target.open("wb") as copy:
        copy.write(f"header{line_end}".encode())
        position = start
        for first, end, reason in (
            found.faults.sort("start").select("start", "end", "reason").iter_rows()
        ):
            _copy(source, copy, position, first, found.encoding)
            if reason:
                copy.write(f"{delimiter * found.width}{reason}{line_end}".encode())
            position = end
        _copy(source, copy, position, plain.stat().st_size, found.encoding)


def _copy(source: BinaryIO, copy: BinaryIO, start: int, end: int, encoding: str) -> None:
    for chunk in _chunks(source, start, end):
        copy.write(
            chunk if encoding == "utf-8" or chunk.isascii() else chunk.decode(encoding).encode()
        )


def _chunks(source: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    source.seek(start)
    left = end - start
    while left > 0 and (chunk := source.read(min(PIECE, left))):
        left -= len(chunk)
        yield chunk
