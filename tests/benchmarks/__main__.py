"""Speed and memory as ratios in one run: each stage against the floor (DuckDB reading and writing
the same data once).

`make bench` prints one line a stage: wall seconds, CPU seconds, the ratio to its floor, and peak
memory. Each stage runs in a process of its own, so that the peak is its own. Nothing is asserted: a
machine under load proves nothing, a ratio in one run does. Linkage follows, alone and against plain
Splink (bench_linkage, with variables of its own).

- `BENCH_PEOPLE`: size of the made-up world.
- `BENCH_DELIVERY`: a folder with a delivery in Parquet to land instead of a new one.
- `BENCH_PANDAS_ROWS`: rows for pandera on pandas, in whole files; time and memory of the rest are
  extrapolated, and said so.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.delivery import batches, manifest
from pipeline.delivery.manifest import DeliveredFile, Delivery
from pipeline.landing import land_table, row_validation
from pipeline.settings import SYNTHETIC_KEY, Settings
from pipeline.storage import quote_literal
from pipeline.synthetic import world
from pipeline.workspace import Build
from tests.benchmarks import bench_linkage
from tests.benchmarks.stages import line, measure, run

MODULE = "tests.benchmarks"
TABLE = ("magistrates", "defendants")
"""The longest of the wide tables."""
ROWS = 3_000_000


def large(delivery: Delivery) -> tuple[DeliveredFile, ...]:
    """The files of the large table."""
    return delivery.of_table(*TABLE)


def copy(files: tuple[DeliveredFile, ...], target: Path, settings: Settings) -> None:
    """The floor: DuckDB reads the files of one table and writes one Parquet file, nothing else."""
    reader = "read_parquet" if files[0].file_format == "parquet" else "read_csv"
    paths = ", ".join(quote_literal(file.path) for file in files)
    with duckdb.connect(config=settings.duckdb(target / "spill")) as database:
        database.execute(
            f"copy (from {reader}([{paths}])) "
            f"to {quote_literal(target / 'floor.parquet')} (format parquet, compression zstd)"
        )


def copy_all(delivery: Delivery, target: Path, settings: Settings) -> None:
    """The floor of all tables."""
    for name in sorted(delivery.tables):
        copy(delivery.of_table(*name), target, settings)


def land(delivery: Delivery, target: Path, settings: Settings) -> None:
    """The large table from files to both sides."""
    land_table.land_table(
        list_contracts()[TABLE],
        delivery,
        Build(target / "build"),
        key=SYNTHETIC_KEY,
        settings=settings,
    )


def land_all(delivery: Delivery, target: Path, settings: Settings) -> None:
    """Every table."""
    for contract in list_contracts().values():
        land_table.land_table(
            contract, delivery, Build(target / "build"), key=SYNTHETIC_KEY, settings=settings
        )


def judge(files: tuple[DeliveredFile, ...], target: Path) -> None:
    """Read, type and judge against the contract, as landing does; write nothing."""
    contract = list_contracts()[TABLE]
    for batch in batches.read_batches(contract, batches.prepare_parts(contract, files, target)):
        row_validation.broken_rules(contract, batch)


def judge_in_pandas(files: tuple[DeliveredFile, ...]) -> None:
    """The same contract by pandera on pandas, in pandas' leanest types (Arrow)."""
    import pandas as pd  # type: ignore[import-untyped]
    import pandera.pandas as pa

    columns = list_contracts()[TABLE].model.to_schema().columns
    checks = {
        name: [getattr(pa.Check, str(check.name))(**check.statistics) for check in column.checks]
        for name, column in columns.items()
    }
    schema = pa.DataFrameSchema(
        {
            name: pa.Column(checks=checks[name], nullable=column.nullable)
            for name, column in columns.items()
        }
    )
    frame = pd.concat(
        [pd.read_parquet(file.path, dtype_backend="pyarrow") for file in files], ignore_index=True
    )
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        assert len(errors.failure_cases)


def first(files: tuple[DeliveredFile, ...], rows: int) -> tuple[DeliveredFile, ...]:
    """The first files that together have so many rows, or all."""
    taken: list[DeliveredFile] = []
    for file in files:
        if sum(other.rows for other in taken) < rows:
            taken.append(file)
    return tuple(taken)


def csv_delivery(delivery: Delivery, target: Path) -> Delivery:
    """The delivery with the large table alone, as CSV files in another folder."""
    files = tuple(
        replace(file, path=target / f"part-{number:03}.csv")
        for number, file in enumerate(large(delivery))
    )
    return replace(delivery, folder=target, files=files)


def write_csv(delivery: Delivery, target: Path) -> None:
    """Write those files."""
    for given, wanted in zip(large(delivery), large(csv_delivery(delivery, target)), strict=True):
        pl.scan_parquet(given.path).sink_csv(wanted.path)


def stages(folder: Path, target: Path, settings: Settings) -> dict[str, Callable[[], object]]:
    """Everything that runs in a process of its own, by name."""
    delivery = manifest.read_delivery(folder)
    csv = csv_delivery(delivery, target)
    pandas_rows = int(os.environ.get("BENCH_PANDAS_ROWS", str(ROWS)))
    return {
        "floor": partial(copy, large(delivery), target, settings),
        "land": partial(land, delivery, target, settings),
        "floor csv": partial(copy, large(csv), target, settings),
        "land csv": partial(land, csv, target, settings),
        "judge": partial(judge, large(delivery), target),
        "judge in pandas": partial(judge_in_pandas, first(large(delivery), pandas_rows)),
        "floor all": partial(copy_all, delivery, target, settings),
        "land all": partial(land_all, delivery, target, settings),
    }


def bench_large_table(folder: Path, target: Path) -> None:
    """The large table: from Parquet, from CSV, and against pandera on pandas."""
    delivery = manifest.read_delivery(folder)
    rows = sum(file.rows for file in large(delivery))
    print(f"{'.'.join(TABLE)}: {rows} rows")
    in_process = partial(measure, MODULE, folder=folder, target=target)
    floor = in_process("floor")
    line("floor (DuckDB reads and writes)", floor)
    line("landing", in_process("land"), floor)
    shutil.rmtree(target / "build", ignore_errors=True)
    judged = in_process("judge")
    line("read, type, judge", judged)
    bench_pandas(delivery, judged, in_process)
    write_csv(delivery, target)
    floor = in_process("floor csv")
    line("floor from CSV", floor)
    line("landing from CSV", in_process("land csv"), floor)
    shutil.rmtree(target / "build", ignore_errors=True)
    for file in target.glob("*.csv"):
        file.unlink()


def bench_pandas(
    delivery: Delivery, judged: dict[str, float], in_process: Callable[[str], dict[str, float]]
) -> None:
    """Pandera on pandas against the same work by landing."""
    rows = sum(file.rows for file in large(delivery))
    taken = sum(
        file.rows
        for file in first(large(delivery), int(os.environ.get("BENCH_PANDAS_ROWS", str(ROWS))))
    )
    measured = in_process("judge in pandas")
    whole = {what: amount * rows / taken for what, amount in measured.items()}
    line("pandera on pandas", whole)
    how = (
        "in full"
        if taken == rows
        else (
            f"{taken} rows in {measured['wall']:.1f} s and {measured['peak']:.2f} GB, "
            "the rest extrapolated"
        )
    )
    time_share, memory_share = (judged[what] / whole[what] for what in ("wall", "peak"))
    print(
        f"    measured {how}; the same work by landing's way takes {time_share:.2f} of its time "
        f"and {memory_share:.2f} of its memory"
    )


def main() -> None:
    """Make or take a delivery, land it and link it."""
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as scratch:
        root = Path(scratch)
        target = root / "target"
        target.mkdir()
        if bench_linkage.bench_given(root / "linkage"):
            return
        given = os.environ.get("BENCH_DELIVERY")
        if given:
            bench_large_table(Path(given), target)
            return
        people = int(os.environ.get("BENCH_PEOPLE", str(world.DEFAULT_PEOPLE)))
        start = time.perf_counter()
        world.synthesise_world(root / "delivery", root / "truth", people=people, seed=1)
        print(f"synthesise {people} people: {time.perf_counter() - start:.1f} s")
        bench_large_table(root / "delivery", target)
        floor = measure(MODULE, "floor all", root / "delivery", target)
        line("floor, all tables", floor)
        line("landing, all tables", measure(MODULE, "land all", root / "delivery", target), floor)
        bench_linkage.bench(
            Build(target / "build").identity,
            bench_linkage.truth_of(root / "truth"),
            root / "linkage",
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(stages(Path(sys.argv[2]), Path(sys.argv[3]), Settings.from_environment())[sys.argv[1]])
    else:
        main()
