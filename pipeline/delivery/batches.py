"""A table in batches: typed rows in the order of delivery, and files that grow by a batch.

A bounded number of rows is in memory at a time.

Belongs here: how many rows are in memory at once, and how a Parquet file is written piece by piece.
Does not belong here: what is read (typed_rows) and which rows and columns are written (land_table).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline.contracts.registry import Contract
from pipeline.delivery import row_widths, typed_rows
from pipeline.delivery.manifest import DeliveredFile, describe_unreadable
from pipeline.errors import DeliveryError

BATCH_ROWS, BATCH_BYTES, MIN_ROWS = 250_000, 1 << 27, 2_000
"""A batch: its rows at most, its bytes, and its rows at least.

A batch is some 100 MB of a wide table: fixed costs of a batch no longer count, and several batches
fit into memory. Where rows are wider than a kilobyte a batch has fewer rows, but never so few that
a handful of huge cells makes a table slow.
"""
DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, EOFError)
"""What is raised when a file breaks off or is not what it began as."""


@dataclass(frozen=True)
class Part:
    """Files that are read together, because each of them alone is less than a batch."""

    files: tuple[DeliveredFile, ...]
    typed: pl.LazyFrame
    scratch: Path
    """Where text lies that cannot be read in place."""
    size: int
    """Rows of a batch."""

    def batches(self, columns: Sequence[pl.Expr]) -> Iterator[pl.DataFrame]:
        """The part's rows in order, a batch at a time.

        Raises:
            DeliveryError: a file breaks off while it is read.
        """
        try:
            rows = sum(typed_rows.rows_in(file, scratch=self.scratch) for file in self.files)
            yield from stream_rows(
                self.typed.select(columns),
                rows,
                self.size,
                in_slices=self.files[0].file_format == "parquet",
            )
        except DAMAGE as error:
            raise describe_unreadable(
                first_broken(self.files, self.scratch) or self.files[0]
            ) from error


def stream_rows(
    frame: pl.LazyFrame, rows: int, size: int, *, in_slices: bool
) -> Iterator[pl.DataFrame]:
    """The rows of a frame in order, a batch at a time.

    Args:
        frame: any.
        rows: as many as it must have. When a thread of the engine panics, its batches end in
            silence and rows would be lost.
        size: rows of a batch.
        in_slices: each batch is asked for by itself. Of Parquet this reads the pages that are
            needed and no more, where the engine would have several whole row groups in memory; text
            would be read from its beginning for each.

    Raises:
        EOFError: it has another number of rows. Beside it all that the engine raises.
    """
    found: Iterable[pl.DataFrame]
    if in_slices:
        found = (
            frame.slice(start, size).collect(engine="streaming") for start in range(0, rows, size)
        )
    else:
        found = frame.collect_batches(chunk_size=size, maintain_order=True, engine="streaming")
    for batch in found:
        rows -= batch.height
        yield batch
    if rows:
        raise EOFError(f"batches end with {rows} rows still to come")


def as_delivered(
    files: Sequence[DeliveredFile], rows: pl.Series, folder: Path, *, scratch: Path
) -> Iterator[pl.DataFrame]:
    """Rows as `typed_rows.as_delivered` gives them, one batch at a time.

    A Parquet file is read in slices, and only the slices that hold such rows. Errors are those of
    `stream_rows`.
    """
    offset = 0
    for file in files:
        count, size = (
            typed_rows.rows_in(file, scratch=scratch),
            _size(row_widths.row_bytes(file, scratch)),
        )
        in_slices = file.file_format == "parquet"
        for start in range(0, count, size if in_slices else max(count, 1)):
            end = min(count, start + size) if in_slices else count
            some = rows.filter(rows.is_between(offset + start, offset + end - 1))
            if len(some):
                frame = typed_rows.file_as_delivered(
                    file,
                    some,
                    folder,
                    scratch=scratch,
                    offset=offset,
                    start=start,
                    size=end - start,
                )
                yield from stream_rows(frame, len(some), size, in_slices=in_slices)
        offset += count


def _size(row_bytes: int) -> int:
    """Rows of a batch, given the bytes of one."""
    return min(BATCH_ROWS, max(MIN_ROWS, BATCH_BYTES // row_bytes))


def first_broken(files: Sequence[DeliveredFile], scratch: Path) -> DeliveredFile | None:
    """The first file that cannot be read to its end."""
    for file in files:
        try:
            rows, size = (
                typed_rows.rows_in(file, scratch=scratch),
                _size(row_widths.row_bytes(file, scratch)),
            )
            deque(
                stream_rows(
                    typed_rows.scan_file(file, scratch=scratch),
                    rows,
                    size,
                    in_slices=file.file_format == "parquet",
                ),
                maxlen=0,
            )
        except (*DAMAGE, DeliveryError):
            return file
    return None


def prepare_parts(contract: Contract, files: Sequence[DeliveredFile], scratch: Path) -> list[Part]:
    """The files of a table, ready to be read, in manifest order.

    Args:
        contract: the table's contract.
        files: its files.
        scratch: private folder for what cannot be read in place; it stays until the last row is
            read.

    Raises:
        DeliveryError: a file is not of its format, not in its encoding, or has columns missing or
            unknown.
    """
    identifiers = {name: column.identifier for name, column in contract.columns.items()}
    required = contract.required_columns
    typed = [
        typed_rows.typed_file(
            file, contract.types, required=required, scratch=scratch, identifiers=identifiers
        )
        for file in files
    ]
    sizes = [_size(row_widths.row_bytes(file, scratch)) for file in files]
    return [
        Part(tuple(files[first:end]), pl.concat(typed[first:end]), scratch, min(sizes[first:end]))
        for first, end in _groups(files, sizes)
    ]


def _groups(files: Sequence[DeliveredFile], sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and end position of each run of files that makes one batch.

    Files follow one another until they make a batch by the row counts that the manifest states. A
    large file stands alone.
    """
    first = 0
    for place in range(1, len(files)):
        if sum(file.rows for file in files[first : place + 1]) > min(sizes[first : place + 1]):
            yield first, place
            first = place
    if files:
        yield first, len(files)


def read_batches(contract: Contract, of: Sequence[Part]) -> Iterator[pl.DataFrame]:
    """Every row of a table as typed: the contract's columns, `_unreadable` and `_row`.

    `_row` counts from 0 over all parts.

    Raises:
        DeliveryError: a file breaks off while it is read.
    """
    columns = [pl.col(*contract.types, typed_rows.UNREADABLE)]
    start = 0
    for part in of:
        for frame in part.batches(columns):
            positions = pl.int_range(start, start + frame.height, dtype=pl.Int64, eager=True)
            yield frame.with_columns(positions.alias(typed_rows.ROW))
            start += frame.height


def no_rows(contract: Contract) -> pl.DataFrame:
    """The columns of `read_batches`, empty."""
    return pl.DataFrame(
        schema=contract.types | {typed_rows.UNREADABLE: pl.String(), typed_rows.ROW: pl.Int64()}
    )


class Output:
    """A Parquet file that grows by a batch.

    Each batch is written in a thread of its own, while the next batch is made.
    """

    def __init__(self, path: Path, like: pl.DataFrame, thread: ThreadPoolExecutor) -> None:
        schema = like.to_arrow(compat_level=pl.CompatLevel.newest()).schema
        self._file = pq.ParquetWriter(path, schema, compression="zstd", store_schema=False)
        self._thread = thread
        self._pending: Future[None] | None = None

    def append(self, frame: pl.DataFrame) -> None:
        """Add rows, once those before them are written."""
        self._wait()
        if frame.height:
            self._pending = self._thread.submit(self._write, frame)

    def close(self) -> None:
        """Write what is pending and the end of the file."""
        try:
            self._wait()
        finally:
            self._file.close()

    def _wait(self) -> None:
        pending, self._pending = self._pending, None
        if pending:
            pending.result()

    def _write(self, frame: pl.DataFrame) -> None:
        self._file.write_table(frame.to_arrow(compat_level=pl.CompatLevel.newest()))


@contextmanager
def open_output(path: Path, like: pl.DataFrame) -> Iterator[Output]:
    """A Parquet file to append to.

    Args:
        path: where it will lie; its folder exists.
        like: a frame with the columns of the file.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        file = Output(path, like, thread)
        try:
            yield file
        finally:
            file.close()
