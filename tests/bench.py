"""Speed and memory as ratios in one run: each stage against the floor (DuckDB reading and writing the same data once).

`make bench` prints one line a stage: seconds, the floor's seconds, their ratio, and the process's peak memory so far.
`BENCH_PEOPLE` sets the size of the made-up world. Nothing is asserted: a machine under load proves nothing, a ratio in one run does.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from pipeline import delivery as deliveries
from pipeline import landing
from pipeline.contracts import registry
from pipeline.delivery import Delivery
from pipeline.linkage import run as linkage
from pipeline.settings import SYNTHETIC_KEY, Build, Settings
from pipeline.synthetic import world


def seconds(step: Callable[[], object]) -> float:
    """Wall seconds of a step."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def floor(delivery: Delivery, target: Path, settings: Settings) -> float:
    """DuckDB reading every delivered file and writing it as Parquet, nothing else."""

    def copy() -> None:
        with duckdb.connect(config=settings.duckdb(target)) as database:
            for number, file in enumerate(delivery.files):
                database.execute(f"copy (from '{file.path}') to '{target / str(number)}.parquet' (format parquet, compression zstd)")

    return seconds(copy)


def line(stage: str, taken: float, against: float) -> None:
    """One printed line."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{stage:<28} {taken:8.2f} s   floor {against:8.2f} s   ratio {taken / against:6.1f}   peak {peak:5.2f} GB", flush=True)


def main() -> None:
    """Make a world, then land and link it."""
    people = int(os.environ.get("BENCH_PEOPLE", str(world.DEFAULT_PEOPLE)))
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as scratch:
        root = Path(scratch)
        made = seconds(lambda: world.synthesise(root / "delivery", root / "truth", people=people, seed=1))
        delivery = deliveries.read(root / "delivery")
        build = Build(root / "build")
        (root / "floor").mkdir()
        least = floor(delivery, root / "floor", settings)
        print(f"{people} people, {sum(file.rows for file in delivery.files)} rows")
        line("synthesise", made, least)
        landed = seconds(
            lambda: [landing.land(contract, delivery, build, key=SYNTHETIC_KEY, settings=settings) for contract in registry().values()]
        )
        line("landing, all tables", landed, least)
        registry_folder = root / "registry"
        linked = seconds(
            lambda: linkage.link(build.identity, build.linkage, registry=registry_folder, threads=settings.threads, memory=settings.memory)
        )
        line("linkage", linked, least)


if __name__ == "__main__":
    main()
