"""A delivery of one table, written by hand, and what landing makes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.contracts.registry import list_contracts
from pipeline.delivery import manifest as deliveries
from pipeline.delivery import typed_rows
from pipeline.delivery.manifest import DeliveredFile
from pipeline.landing import land_table
from pipeline.landing.row_ledger import TableLedger
from pipeline.settings import Settings
from pipeline.workspace import Build, Workspace

KEY = b"a key for tests, long enough"


@dataclass(frozen=True)
class Landed:
    """A landed table."""

    entry: TableLedger
    build: Build
    table: str

    def frame(self, side: str) -> pl.DataFrame:
        """What landed in `identity`, `staged` or `quarantine`."""
        return pl.read_parquet(self.build.root / side / f"{self.table}.parquet")

    def failed(self) -> dict[tuple[str, str], int]:
        """Rows by broken rule."""
        return {
            (rule.column_name, rule.rule): rule.rows_failed
            for rule in self.entry.rules
            if rule.rows_failed
        }


def manifest(
    folder: Path, files: dict[str, tuple[str, str, int]], *, synthetic: bool = True
) -> Path:
    """Write the manifest of files that lie in a folder: path -> (source, table, rows)."""
    entries = [
        {
            "source": source,
            "table": table,
            "path": path,
            "rows": rows,
            "sha256": hashlib.sha256((folder / path).read_bytes()).hexdigest(),
        }
        for path, (source, table, rows) in files.items()
    ]
    stated = {
        "delivery_id": "by-hand",
        "extract_date": "2021-09-30",
        "synthetic": synthetic,
        "files": entries,
    }
    (folder / "manifest.json").write_text(json.dumps(stated))
    return folder


def rows_of(table: str, **columns: list[Any]) -> pl.DataFrame:
    """A frame of all columns of a contract: those given; the rest null or the least legal value."""
    contract = list_contracts()[tuple(table.split("."))]  # type: ignore[index]
    height = len(next(iter(columns.values())))
    fill: dict[Any, Any] = {
        pl.String: "x",
        pl.Boolean: False,
        pl.Date: date(2015, 1, 1),
        pl.Int64: 1,
        pl.Float64: 1.0,
    }
    schema = contract.model.to_schema().columns
    filled = {
        name: pl.Series(
            name,
            columns[name]
            if name in columns
            else [None if schema[name].nullable else _legal(schema[name], fill[kind])] * height,
            dtype=kind,
        )
        for name, kind in contract.types.items()
    }
    return pl.DataFrame(filled)


def _legal(column: Any, otherwise: Any) -> Any:
    allowed = [
        check.statistics["allowed_values"] for check in column.checks if check.name == "isin"
    ]
    return allowed[0][0] if allowed else otherwise


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a workspace that is the test's own."""
    return Settings(Workspace(tmp_path / "workspace"), threads=1, memory="1GB", key=None)


@pytest.fixture
def land(tmp_path: Path, settings: Settings) -> Callable[..., Landed]:
    """Land one table from files given as path -> frame (written as the ending of the path says) or
    bytes.
    """

    def landed(
        table: str,
        files: dict[str, pl.DataFrame | bytes],
        rows: int | None = None,
        key: bytes = KEY,
    ) -> Landed:
        folder = tmp_path / "delivery"
        folder.mkdir(exist_ok=True)
        source, name = table.split(".")
        stated = {}
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            elif path.endswith(".parquet"):
                content.write_parquet(target)
            else:
                content.write_csv(target)
            stated[path] = (source, name, rows if isinstance(content, bytes) else content.height)
        manifest(folder, stated)  # type: ignore[arg-type]
        build = Build(tmp_path / "build")
        delivery = deliveries.read_delivery(folder)
        entry = land_table.land_table(
            list_contracts()[source, name], delivery, build, key=key, settings=settings
        )
        return Landed(entry, build, f"{source}/{name}")

    return landed


TYPES: dict[str, pl.DataType] = {
    "id": pl.String(),
    "surname": pl.String(),
    "day": pl.Date(),
    "number": pl.Int64(),
    "amount": pl.Float64(),
    "flag": pl.Boolean(),
}


Read = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read parts given as bytes; each row as its known cells (trailing nulls off), or the text of
    what is wrong with it.
    """
    calls = count()

    def rows(
        *parts: bytes, name: str = "part.csv", identifiers: dict[str, str | None] | None = None
    ) -> list[tuple[Any, ...]]:
        files = []
        folder = tmp_path / str(next(calls))
        folder.mkdir()
        for place, content in enumerate(parts):
            path = folder / f"{place}-{name}"
            path.write_bytes(content)
            files.append(DeliveredFile("prison", "anything", path, 0, "", None, None))
        scratch = tmp_path / "scratch"
        frame = typed_rows.scan_typed(
            files,
            TYPES,
            required=["id"],
            scratch=scratch,
            identifiers={"surname": "surname"} if identifiers is None else identifiers,
        )
        typed = frame.collect(engine="streaming")
        assert typed.columns == [typed_rows.ROW, *TYPES, typed_rows.UNREADABLE]
        assert typed[typed_rows.ROW].to_list() == list(range(typed.height))
        assert sum(typed_rows.rows_in(file, scratch=scratch) for file in files) == typed.height
        delivered = typed_rows.as_delivered(
            files, typed[typed_rows.ROW], tmp_path, scratch=scratch
        ).collect()
        assert delivered[typed_rows.ROW].to_list() == typed[typed_rows.ROW].to_list()
        return [short(row[1:]) for row in typed.rows()]

    return rows


def short(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A typed row without the nulls at its end, but with what is wrong with it."""
    *known, wrong = row
    while known and known[-1] is None:
        known.pop()
    return (*known, wrong) if wrong else tuple(known)
