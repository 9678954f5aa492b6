from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.linkage.database import open_linkage_database
from pipeline.linkage.run import link_identity
from tests.support.identity import Linked, Row, write_identity


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that knows the macros; each test makes the tables that it needs."""
    with open_linkage_database(tmp_path / "spill", threads=1, memory="500MB") as connection:
        yield connection


@pytest.fixture
def linked(tmp_path: Path) -> Linked:
    """Links rows, or an identity side that is there, and gives the summary and person_links."""

    def run(
        rows: Sequence[Row] = (),
        *,
        name: str = "linkage",
        threads: int = 1,
        shuffle: int | None = None,
        **settings: Any,
    ) -> Any:
        identity = tmp_path / f"identity_{name}"
        if rows:
            write_identity(identity, rows, shuffle=shuffle)
        chosen: dict[str, Any] = {"registry": tmp_path / "registry", "memory": "500MB"} | settings
        summary = link_identity(identity, tmp_path / name, threads=threads, **chosen)
        return summary, pl.read_parquet(tmp_path / name / "person_links.parquet")

    return run
