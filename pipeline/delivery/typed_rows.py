"""Files of one table, CSV or Parquet, as lazy frames: every cell typed or marked as unreadable.

A value that does not parse is never a crash and never lost: the typed cell is null and the row says
which column failed. Nor is a row that cannot be cut into fields: all its cells are null and the row
says why. Belongs here: delivered columns to contract columns. Does not belong here: bytes
(csv_normalise), names of columns (column_mapping), spellings of values (value_parsing), what a
legal value is (contracts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
from polars import selectors as cs

from pipeline.delivery import column_mapping, csv_normalise, manifest, value_parsing
from pipeline.delivery.column_mapping import Matched
from pipeline.delivery.manifest import DeliveredFile
from pipeline.errors import DeliveryError

ROW = "_row"
"""Position of a row in the table as delivered, parts in manifest order, counted from 0."""
UNREADABLE = "_unreadable"
"""What could not be read, each followed by a semicolon; null when all could.

This is names of columns, or what is wrong with the whole row ("row has 3 fields instead of 4").
"""
WHOLE_ROW = "row"
"""Stands where a column's name would, for what is wrong with a row as a whole."""
SHAPE = "shape"
"""Rule that such a row breaks."""
RESPELT = (
    "has names that differ in case or blanks from those of the contract, and are read all the same"
)
BESIDE = ("file", ROW, "row_in_file", "line", "row_text", "reasons")
"""What stands beside the delivered columns in quarantine."""
NAMES = ("forename", "middle_names", "surname", "aliases")
"""Identifiers that may be the word Null."""


def scan_file(file: DeliveredFile, *, scratch: Path) -> pl.LazyFrame:
    """One delivered file as a lazy frame with its own column names; CSV as text throughout.

    Args:
        file: the file.
        scratch: as for `scan_typed`.

    Raises:
        DeliveryError: the file is cut off or not of its format.
    """
    frame = _scan(file, scratch, (), lambda _: None)
    return frame if file.file_format == "parquet" else frame.drop(csv_normalise.REASON)


def _scan(
    file: DeliveredFile,
    scratch: Path,
    known: Collection[str],
    judge: Callable[[Sequence[str]], object],
) -> pl.LazyFrame:
    """The file as a lazy frame, with the reasons of rows that could not be split into fields.

    Its column names are judged before its rows.
    """
    try:
        if file.file_format != "parquet":
            return csv_normalise.open_csv(file, scratch, known=known, judge=judge).scan()
        frame = pl.scan_parquet(file.path, glob=False, hive_partitioning=False)
        judge(frame.collect_schema().names())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise manifest.describe_unreadable(file) from error
    return frame


def _matched(
    file: DeliveredFile, contract: Collection[str], required: Sequence[str], scratch: Path
) -> tuple[pl.LazyFrame, Matched]:
    """The file as a lazy frame, and which of its columns is which."""
    match = partial(column_mapping.match_columns, file=file, contract=contract, required=required)
    frame = _scan(file, scratch, {*contract, *column_mapping.of_file(file, contract)}, match)
    return frame, match(
        [name for name in frame.collect_schema().names() if name != csv_normalise.REASON]
    )


@dataclass(frozen=True)
class Note:
    """Something about a column that people should know, though it holds no row back."""

    column: str
    """As delivered."""
    rule: str
    rows: int


def note_unread_columns(
    files: Sequence[DeliveredFile],
    types: Mapping[str, pl.DataType],
    *,
    required: Sequence[str],
    scratch: Path,
) -> tuple[Note, ...]:
    """Delivered columns that are not read, or that are read under another name.

    Row counts are those that the manifest states.

    Raises:
        DeliveryError: as `typed_file`.
    """
    rows: Counter[tuple[str, str]] = Counter()
    for file in files:
        columns = _matched(file, types, required, scratch)[1]
        rows.update(
            {
                (name, f"is not read: {why}"): file.rows
                for name, why in columns.ignored.items()
                if why != column_mapping.NO_DATA
            }
        )
        contract_name = {there: name for name, there in columns.read.items()}
        rows.update(
            {
                (name, f"is read as {contract_name[name]}: {why}"): file.rows
                for name, why in columns.renamed.items()
            }
        )
        if columns.respelt:
            rows["header", f"{RESPELT} ({len(columns.respelt)})"] += file.rows
    return tuple(Note(column, rule, count) for (column, rule), count in rows.items())


def scan_typed(
    files: Sequence[DeliveredFile],
    types: Mapping[str, pl.DataType],
    *,
    required: Sequence[str],
    scratch: Path,
    identifiers: Mapping[str, str | None] | None = None,
) -> pl.LazyFrame:
    """All files of one table as one lazy frame in the contract's types.

    Columns: those of `types`, then `_unreadable`, and `_row` before them. Arguments and errors as
    `typed_file`.
    """
    parts = [
        typed_file(file, types, required=required, scratch=scratch, identifiers=identifiers)
        for file in files
    ]
    return pl.concat(parts).with_row_index(ROW).cast({ROW: pl.Int64})


def typed_file(
    file: DeliveredFile,
    types: Mapping[str, pl.DataType],
    *,
    required: Sequence[str],
    scratch: Path,
    identifiers: Mapping[str, str | None] | None = None,
) -> pl.LazyFrame:
    """One file as a lazy frame in the contract's types, with its rows as delivered.

    The columns are those of `types`, then `_unreadable`.

    Args:
        file: the file.
        types: the contract's columns.
        required: those that the file must have; others are null throughout if it has not.
        scratch: private folder of the caller. Text that cannot be read in place is unpacked and
            copied into it, once; the frame reads from there, so the folder stays until the frame is
            no longer needed, and the caller removes it.
        identifiers: what columns identify, as in `data_contracts.fields.Column.identifier`: names
            keep the surname Null, and a birth date with a year of two digits is not taken for one
            to come.

    Raises:
        DeliveryError: the file is damaged, or its columns are not those of the contract.
    """
    frame, columns = _matched(file, types, required, scratch)
    delivered = frame.collect_schema()
    _check_types(file, columns, delivered, types)
    return _typed(frame, delivered, columns.read, types, identifiers or {})


def _check_types(
    file: DeliveredFile, columns: Matched, delivered: pl.Schema, types: Mapping[str, pl.DataType]
) -> None:
    wrong = [
        (
            f"[{name}] is {delivered[there].base_type().__name__} and cannot be "
            f"{types[name].base_type().__name__}"
        )
        for name, there in columns.read.items()
        if not value_parsing.is_convertible(delivered[there], types[name])
    ]
    if wrong:
        raise DeliveryError(
            f"{file.source}.{file.table}: in [{file.path}] {', '.join(wrong)}: "
            "deliver these columns in another type"
        )


def _typed(
    frame: pl.LazyFrame,
    delivered: pl.Schema,
    read: Mapping[str, str],
    types: Mapping[str, pl.DataType],
    identifiers: Mapping[str, str | None],
) -> pl.LazyFrame:
    plain: list[pl.Expr] = []
    given: list[pl.Expr] = []
    typed: list[pl.Expr] = []
    marks: list[pl.Expr] = []
    for place, (name, there) in enumerate(read.items()):
        kind, wanted, value = delivered[there], types[name], pl.col(there)
        text = f"given {place}"
        plain.append(value_parsing.normalise_values(value, kind, wanted).alias(text))
        given.append(
            value_parsing.mark_missing(
                pl.col(text), kind, wanted, is_name=identifiers.get(name) in NAMES
            ).alias(text)
        )
        typed.append(
            value_parsing.parse_values(
                pl.col(text), kind, wanted, is_birth=identifiers.get(name) == "date_of_birth"
            ).alias(name)
        )
        is_lost = pl.col(text).is_not_null() & pl.col(name).is_null()
        if kind == pl.Binary:
            plain.append(
                (value.is_not_null() & value_parsing.as_text(value).is_null()).alias(
                    f"damaged {place}"
                )
            )
            is_lost |= pl.col(f"damaged {place}")
        if kind != wanted:
            marks.append(pl.when(is_lost).then(pl.lit(f"{name};")))
    reason = csv_normalise.REASON
    if reason in delivered:
        plain.append(pl.col(reason))
        marks.append(pl.col(reason) + ";")
    absent = [
        pl.lit(None, wanted).alias(name) for name, wanted in types.items() if name not in read
    ]
    mark = pl.concat_str(marks, ignore_nulls=True) if marks else pl.lit("", pl.String)
    marked = (
        frame.select(plain)
        .with_columns(given)
        .with_columns(typed)
        .with_columns(*absent, pl.when(mark != "").then(mark).alias(UNREADABLE))
    )
    return marked.select(*types, UNREADABLE)


def rows_in(file: DeliveredFile, *, scratch: Path) -> int:
    """Rows of one file.

    Raises:
        DeliveryError: the file breaks off while it is read.
    """
    if file.file_format != "parquet":
        return csv_normalise.open_csv(file, scratch).rows
    try:
        return int(
            scan_file(file, scratch=scratch).select(pl.len()).collect(engine="streaming").item()
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise manifest.describe_unreadable(file) from error


def as_delivered(
    files: Sequence[DeliveredFile], rows: pl.Series, folder: Path, *, scratch: Path
) -> pl.LazyFrame:
    """Rows by `_row` as delivered: all plain columns as text.

    The columns `file` and `row_in_file` (from 1) stand before them. A row that could not be split
    into fields has no values in the plain columns: it stands whole in `row_text`, and `line` is the
    number of its first line.
    """
    parts, offset = [], 0
    for file in files:
        parts.append(file_as_delivered(file, rows, folder, scratch=scratch, offset=offset))
        offset += rows_in(file, scratch=scratch)
    return pl.concat(parts, how="diagonal")


def file_as_delivered(
    file: DeliveredFile,
    rows: pl.Series,
    folder: Path,
    *,
    scratch: Path,
    offset: int,
    start: int = 0,
    size: int | None = None,
) -> pl.LazyFrame:
    """The same as `as_delivered`, for one file whose first row is `offset`.

    If a size is given, only that many rows of the file are taken, from `start` (from 0) on.
    """
    frame = scan_file(file, scratch=scratch).slice(start, size)
    frame = frame.rename(
        {name: f"{name} (delivered)" for name in frame.collect_schema().names() if name in BESIDE}
    )
    numbered = frame.with_row_index("row_in_file", offset=start + 1).with_columns(
        pl.col("row_in_file").cast(pl.Int64)
    )
    wanted = numbered.with_columns((pl.col("row_in_file") - 1 + offset).alias(ROW)).filter(
        pl.col(ROW).is_in(rows.implode())
    )
    if file.file_format != "parquet":
        faulty = csv_normalise.faulty_rows(file, scratch)
        wanted = (
            wanted.join(faulty.lazy(), on="row_in_file", how="left", maintain_order="left")
            if faulty.height
            else wanted
        )
    wanted = wanted.with_columns(value_parsing.as_text(cs.binary(), errors="replace"))
    plain = {
        name: kind
        for name, kind in wanted.collect_schema().items()
        if name != ROW and not kind.is_nested()
    }
    shown = [
        value_parsing.show_value(pl.col(name), kind).alias(name) for name, kind in plain.items()
    ]
    return wanted.select(
        pl.lit(str(file.path.relative_to(folder))).alias("file"), pl.col(ROW), *shown
    )
