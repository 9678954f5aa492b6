"""Bytes to typed columns: CSV and Parquet files of one table as one lazy frame, every cell typed or marked as unreadable.

A value that does not parse is never a crash and never lost: the typed cell is null and the row says which column failed.
Belongs here: formats, encodings, spellings of dates and booleans. Does not belong here: what a legal value is (contracts).
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from pipeline.delivery import DeliveredFile, DeliveryError

ROW = "_row"
"""Position of a row in the table as delivered, parts in manifest order, counted from 0."""
UNREADABLE = "_unreadable"
"""Names of the columns whose value did not parse, each followed by a semicolon; null when all did."""
EMPTY_TEXTS = ["", "NULL"]
DAY_FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d-%b-%Y")
TRUE_TEXTS, FALSE_TEXTS = ["true", "t", "1", "y", "yes"], ["false", "f", "0", "n", "no"]


def scan(file: DeliveredFile) -> pl.LazyFrame:
    """One delivered file as a lazy frame; CSV as text throughout.

    Raises:
        DeliveryError: the file is cut off or not of its format.
    """
    try:
        if file.file_format == "parquet":
            frame = pl.scan_parquet(file.path)
        else:
            frame = pl.scan_csv(file.path, infer_schema=False, null_values=EMPTY_TEXTS, glob=False)
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(file) from error
    return frame


def unreadable(file: DeliveredFile) -> DeliveryError:
    """The error for a file that is broken as a whole."""
    kind = "Parquet" if file.file_format == "parquet" else "CSV"
    return DeliveryError(f"[{file.path}] cannot be read as {kind}: it is cut off or damaged: deliver the file again")


def _check_text(file: DeliveredFile) -> None:
    """Read a CSV file once as bytes, so that a wrong encoding is told apart from a wrong value."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with gzip.open(file.path) if file.file_format == "csv.gz" else file.path.open("rb") as stream:
            while chunk := stream.read(1 << 22):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise DeliveryError(f"[{file.path}] is not in UTF-8: save it as UTF-8 and deliver it again") from error
    except (EOFError, OSError, zlib.error) as error:
        raise unreadable(file) from error


def check_columns(frame: pl.LazyFrame, file: DeliveredFile, *, known: Sequence[str], required: Sequence[str]) -> None:
    """Check that a file has every required column and none that the contract does not know.

    Raises:
        DeliveryError: names every column that is missing or unknown.
    """
    found = frame.collect_schema().names()
    table = f"{file.source}.{file.table}"
    missing = [name for name in required if name not in found]
    if missing:
        raise DeliveryError(f"{table}: columns {missing} are missing from [{file.path}]: deliver them")
    unknown = [name for name in found if name not in known]
    if unknown:
        raise DeliveryError(f"{table}: {len(unknown)} columns of [{file.path}] are not in the contract: {_shown(unknown)}: take them out")


def _shown(names: Sequence[str]) -> str:
    """Column names that look like names; a file without a header would show values, so others are only counted."""
    plain = [name for name in names if name.isidentifier() and name.islower()]
    hidden = len(names) - len(plain)
    return f"{plain}" + (f" and {hidden} whose names are not plain words (is the header missing?)" if hidden else "")


def typed(files: Sequence[DeliveredFile], types: dict[str, pl.DataType], *, required: Sequence[str]) -> pl.LazyFrame:
    """All files of one table as one lazy frame in the contract's types.

    Columns: those of `types`, then `_row` and `_unreadable`.

    Raises:
        DeliveryError: as `scan` and `check_columns`, or a CSV file is not in UTF-8.
    """
    parts = []
    for file in files:
        if file.file_format != "parquet":
            _check_text(file)
        frame = scan(file)
        check_columns(frame, file, known=list(types), required=required)
        parts.append(_typed_part(frame, types))
    return pl.concat(parts).with_row_index(ROW).cast({ROW: pl.Int64})


def _typed_part(frame: pl.LazyFrame, types: dict[str, pl.DataType]) -> pl.LazyFrame:
    delivered = frame.collect_schema()
    cells = {name: _cell(name, delivered[name], wanted) if name in delivered else pl.lit(None, wanted) for name, wanted in types.items()}
    broken = [
        pl.when(pl.col(name).is_not_null() & _blank(name, delivered[name]).not_() & cells[name].is_null()).then(pl.lit(f"{name};"))
        for name, wanted in types.items()
        if name in delivered and delivered[name] != wanted
    ]
    marks = pl.concat_str(broken, ignore_nulls=True) if broken else pl.lit("", pl.String)
    return frame.select(
        *(cell.alias(name) for name, cell in cells.items()),
        pl.when(marks != "").then(marks).alias(UNREADABLE),
    )


def _blank(name: str, delivered: pl.DataType) -> pl.Expr:
    return pl.col(name).str.strip_chars().is_in(EMPTY_TEXTS) if delivered == pl.String else pl.lit(value=False)


def _cell(name: str, delivered: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if delivered == pl.String:
        value = value.str.strip_chars()
        value = pl.when(value.is_in(EMPTY_TEXTS).not_()).then(value)
        if wanted == pl.Date:
            return pl.coalesce(value.str.to_date(day_format, strict=False) for day_format in DAY_FORMATS)
        if wanted == pl.Boolean:
            return _truth(value.str.to_lowercase())
        if wanted.is_numeric():
            number = value.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False)
            return _whole(number) if wanted.is_integer() else number
        return value
    if wanted == pl.Boolean and delivered.is_integer():
        return _truth(value.cast(pl.String))
    if wanted.is_integer() and delivered.is_float():
        return _whole(value)
    if wanted == pl.String and delivered.is_numeric():
        return value.cast(pl.Int64, strict=False).cast(pl.String)
    return value.cast(wanted, strict=False)


def _truth(text: pl.Expr) -> pl.Expr:
    return pl.when(text.is_in(TRUE_TEXTS)).then(pl.lit(value=True)).when(text.is_in(FALSE_TEXTS)).then(pl.lit(value=False))


def _whole(number: pl.Expr) -> pl.Expr:
    return pl.when(number == number.round()).then(number).cast(pl.Int64, strict=False)


def rows_in(file: DeliveredFile) -> int:
    """Rows of one file.

    Raises:
        DeliveryError: the file breaks off while it is read.
    """
    try:
        return int(scan(file).select(pl.len()).collect(engine="streaming").item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(file) from error


def as_delivered(files: Sequence[DeliveredFile], rows: pl.Series, folder: Path) -> pl.LazyFrame:
    """Rows by `_row` as delivered, all columns as text, with `file` and `row_in_file` (from 1) before them."""
    parts, offset = [], 0
    for file in files:
        numbered = scan(file).with_row_index("row_in_file", offset=1)
        position = pl.col("row_in_file").cast(pl.Int64) - 1 + offset
        wanted = numbered.with_columns(position.alias(ROW)).filter(pl.col(ROW).is_in(rows.implode()))
        name = str(file.path.relative_to(folder))
        parts.append(wanted.select(pl.lit(name).alias("file"), pl.col(ROW), pl.exclude(ROW).cast(pl.String)))
        offset += rows_in(file)
    return pl.concat(parts, how="diagonal")
