"""A delivery in the making: the clean one, its files linked, of which a fault takes away, alters or
adds something.

Belongs here: files and manifest of a delivery. Does not belong here: what is wrong with it (the
modules of faults).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

MANIFEST = "manifest.json"
Content = pl.DataFrame | bytes


class Draft:
    """A copy of a delivery that may be altered; its manifest is written by `seal`."""

    def __init__(self, clean: Path, folder: Path) -> None:
        self.clean, self.folder = clean, folder
        self.stated: dict[str, Any] = json.loads((clean / MANIFEST).read_text(encoding="utf-8"))
        self.touched: set[str] = set()
        self.supplement: Path | None = None
        """Folder of a supplement that is to be put to the delivery."""
        self.is_sealed = True
        self.text: str | None = None
        """Stands for the whole manifest, if it is spoiled itself."""
        for entry in self.stated["files"]:
            target = folder / entry["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(clean / entry["path"], target)

    def entry(self, table: str) -> dict[str, Any]:
        """What the manifest says of the one file of a table."""
        (found,) = [
            entry
            for entry in self.stated["files"]
            if f"{entry['source']}.{entry['table']}" == table
        ]
        return found  # type: ignore[no-any-return]

    @staticmethod
    def clean_file(folder: Path, table: str) -> Path:
        """Where a table lies in a clean delivery, which has one file a table."""
        return folder / f"{table.replace('.', '/')}.parquet"

    def rows(self, table: str) -> pl.DataFrame:
        """The clean rows of a table."""
        return pl.read_parquet(self.clean_file(self.clean, table))

    def csv(self, table: str) -> bytes:
        """The clean rows of a table as CSV."""
        return as_csv(self.rows(table))

    def put(
        self, table: str, content: Content, ending: str = "parquet", *, rows: int | None = None
    ) -> None:
        """Replace the file of a table; the manifest states its rows, or as many as the clean table
        has, or others.
        """
        self.parts(table, [(content, ending, rows)])

    def parts(self, table: str, parts: Sequence[tuple[Content, str, int | None]]) -> None:
        """Replace the file of a table by several, each with its ending and the rows that the
        manifest states.
        """
        former = self.entry(table)
        (self.folder / former["path"]).unlink()
        self.stated["files"].remove(former)
        base = Path(former["path"]).with_suffix("")
        for number, (content, ending, rows) in enumerate(parts, start=1):
            name = f"{base}.{ending}" if len(parts) == 1 else f"{base}/part-{number}.{ending}"
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            written = (
                content
                if isinstance(content, bytes)
                else as_csv(content)
                if ending == "csv"
                else as_parquet(content)
            )
            target.write_bytes(written)
            stated = (
                (content.height if isinstance(content, pl.DataFrame) else former["rows"])
                if rows is None
                else rows
            )
            digest = hashlib.sha256(written).hexdigest()
            self.stated["files"].append(former | {"path": name, "rows": stated, "sha256": digest})
        self.touched.add(table)

    def path(self, table: str) -> Path:
        """Where the one file of a table lies."""
        return self.folder / str(self.entry(table)["path"])

    def add(self, table: str, content: pl.DataFrame, path: str, **stated: Any) -> None:
        """Add a file to the delivery."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        content.write_parquet(target)
        source, _, name = table.partition(".")
        entry = {
            "source": source,
            "table": name,
            "path": path,
            "rows": content.height,
            "sha256": sha256(target),
        }
        self.stated["files"].append(entry | stated)
        self.touched.add(table)

    def leave_out(self, table: str) -> None:
        """Take a table out of the delivery."""
        self.path(table).unlink()
        self.stated["files"].remove(self.entry(table))

    def seal(self) -> Path:
        """Write the manifest, last."""
        if not self.is_sealed:
            return self.folder
        (self.folder / MANIFEST).write_text(
            json.dumps(self.stated) if self.text is None else self.text, encoding="utf-8"
        )
        return self.folder


def every(table: str) -> Callable[[Draft], int]:
    """Counts all rows of a table by what the manifest states."""
    return lambda draft: int(draft.entry(table)["rows"])


def sha256(path: Path) -> str:
    """Of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def as_csv(rows: pl.DataFrame) -> bytes:
    """As a supplier's export writes it."""
    return rows.cast(pl.String).write_csv().encode()


def as_parquet(rows: pl.DataFrame) -> bytes:
    """As made-up deliveries are written."""
    target = io.BytesIO()
    rows.write_parquet(target)
    return target.getvalue()


def typed(
    table: str, column: str, value: Any, rows: Sequence[int] = (4, 40)
) -> Callable[[Draft], Sequence[int]]:
    """A change that puts another value in one column of some rows of a Parquet file.

    The value may be an expression; it is cast to the column's type.
    """

    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, with_cells(draft.rows(table), column, value, rows))
        return rows

    return change


def spelt(
    table: str, column: str, value: str, rows: Sequence[int] = (4, 40)
) -> Callable[[Draft], Sequence[int]]:
    """Cells of some rows of a CSV file hold another text."""

    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, with_cells(draft.rows(table).cast(pl.String), column, value, rows), "csv")
        return rows

    return change


def with_cells(frame: pl.DataFrame, column: str, value: Any, rows: Sequence[int]) -> pl.DataFrame:
    """A frame with another value in some cells of a column."""
    given = value if isinstance(value, pl.Expr) else pl.lit(value)
    hit = (pl.int_range(pl.len()) + 1).is_in(list(rows))
    return frame.with_columns(
        pl.when(hit).then(given.cast(frame.schema[column])).otherwise(column).alias(column)
    )


def known(frame: pl.DataFrame, *columns: str, most: int) -> list[int]:
    """Numbers of the first rows that have a value in all of some columns."""
    found = frame.with_row_index("number", offset=1).filter(
        pl.all_horizontal(pl.col(columns).is_not_null())
    )
    return found["number"].head(most).to_list()
