"""The floor of a run: DuckDB reads every delivered file and writes its rows once as Parquet.

Text is read as text: faulty rows make any type fail that DuckDB's sample suggests.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import duckdb

from pipeline.delivery import manifest
from pipeline.settings import Settings
from pipeline.storage import quote_literal
from tests.benchmarks.stages import run

MODULE = "tests.benchmarks.nation.floor"


def copy(delivery: Path, target: Path, settings: Settings) -> None:
    """Copy a delivery, table by table, over and over into one file."""
    stated, written = manifest.read_delivery(delivery), quote_literal(target / "floor.parquet")
    with duckdb.connect(config=settings.duckdb(target / "spill")) as database:
        for table in sorted(stated.tables):
            files = stated.of_table(*table)
            paths = ", ".join(quote_literal(file.path) for file in files)
            is_text = files[0].file_format != "parquet"
            text, binary = f"read_csv([{paths}], all_varchar = true)", f"read_parquet([{paths}])"
            rows = text if is_text else binary
            database.execute(f"copy (from {rows}) to {written} (format parquet, compression zstd)")


if __name__ == "__main__":
    run(partial(copy, Path(sys.argv[2]), Path(sys.argv[3]), Settings.from_environment()))
