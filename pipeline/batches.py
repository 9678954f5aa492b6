"""A table in batches: typed rows in the order of delivery, a bounded number at a time, and files that grow by a batch.

Belongs here: how many rows are in memory at once, and how a Parquet file is written piece by piece.
Does not belong here: what is read (reading) and which rows and columns are written (landing).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipeline import reading
from pipeline.contracts import Contract
from pipeline.delivery import DeliveredFile, DeliveryError

BATCH_ROWS = 250_000
"""Some 100 MB of a wide table: what is fixed a batch no longer counts, and several fit into memory."""
DAMAGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What polars raises when a file breaks off or is not what it began as."""


@dataclass(frozen=True)
class Part:
    """Files that are read together, because each of them alone is less than a batch."""

    files: tuple[DeliveredFile, ...]
    typed: pl.LazyFrame
    scratch: Path
    """Where text lies that cannot be read in place."""

    def batches(self, columns: Sequence[pl.Expr]) -> Iterator[pl.DataFrame]:
        """The part's rows in order, a batch at a time.

        Raises:
            DeliveryError: a file breaks off while it is read.
        """
        try:
            yield from self.typed.select(columns).collect_batches(chunk_size=BATCH_ROWS, maintain_order=True, engine="streaming")
        except DAMAGE as error:
            raise reading.unreadable(self._first_broken()) from error

    def _first_broken(self) -> DeliveredFile:
        for file in self.files:
            try:
                reading.scan(file, scratch=self.scratch).collect(engine="streaming")
            except (*DAMAGE, DeliveryError):
                return file
        return self.files[0]


def parts(contract: Contract, files: Sequence[DeliveredFile], scratch: Path) -> list[Part]:
    """The files of a table, ready to be read, in manifest order.

    Args:
        contract: the table's contract.
        files: its files.
        scratch: private folder for what cannot be read in place; it stays until the last row is read.

    Raises:
        DeliveryError: a file is not of its format, not in its encoding, or has columns missing or unknown.
    """
    identifiers = {name: column.identifier for name, column in contract.columns.items()}
    typed = partial(reading.typed, types=contract.types, required=contract.required_columns, scratch=scratch, identifiers=identifiers)
    return [Part(group, typed(group), scratch) for group in _groups(files)]


def _groups(files: Sequence[DeliveredFile]) -> Iterator[tuple[DeliveredFile, ...]]:
    """Files one after another until they make a batch by what the manifest states; a large file stands alone."""
    group: list[DeliveredFile] = []
    for file in files:
        if group and sum(other.rows for other in group) + file.rows > BATCH_ROWS:
            yield tuple(group)
            group = []
        group.append(file)
    if group:
        yield tuple(group)


def rows(contract: Contract, of: Sequence[Part]) -> Iterator[pl.DataFrame]:
    """Every row of a table as typed: the contract's columns, `_unreadable`, and `_row` from 0 over all parts.

    Raises:
        DeliveryError: a file breaks off while it is read.
    """
    columns = [pl.col(*contract.types, reading.UNREADABLE)]
    start = 0
    for part in of:
        for frame in part.batches(columns):
            positions = pl.int_range(start, start + frame.height, dtype=pl.Int64, eager=True)
            yield frame.with_columns(positions.alias(reading.ROW))
            start += frame.height


def no_rows(contract: Contract) -> pl.DataFrame:
    """The columns of `rows`, empty."""
    return pl.DataFrame(schema=contract.types | {reading.UNREADABLE: pl.String(), reading.ROW: pl.Int64()})


class Output:
    """A Parquet file that grows by a batch; each batch is written while the next one is made, in a thread of its own."""

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
def output(path: Path, like: pl.DataFrame) -> Iterator[Output]:
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
