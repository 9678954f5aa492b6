"""Speed and memory of linkage, and of ours against plain Splink on the same records in one run:
part of `make bench`.

- `BENCH_IDENTITY`: an identity side to link instead of one made here; `BENCH_TRUTH`: Parquet file
  that says whose each record is (source_dataset, source_record_id, true_person_id), without which
  nothing is compared.
- `BENCH_SPLINK_RECORDS`: records of the comparison; of a larger collection, whole persons are taken
  by a digest of their number.
- `BENCH_SPLINK`: `no` leaves the comparison out.

Belongs here: stages of linkage. Does not belong here: plain Splink itself (plain_splink), measuring
a process (stages).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.landing.pseudonymise import pseudonymise_keys
from pipeline.linkage import run as linkage
from pipeline.linkage.database import open_linkage_database, scan_parquet
from pipeline.linkage.link_records import compare_records
from pipeline.linkage.monitoring.truth_metrics import evaluate_links
from pipeline.linkage.prepare import load_records
from pipeline.linkage.prepare.identity_tables import LOOKUPS, RECORD
from pipeline.linkage.scoring import model as models
from pipeline.linkage.training.measure_model import SHARES
from pipeline.settings import SYNTHETIC_KEY, Settings
from pipeline.storage import quote_literal
from tests.benchmarks import plain_splink
from tests.benchmarks.stages import line, measure, run

MODULE = "tests.benchmarks.bench_linkage"
RECORDS = 3_000_000
WHOSE = ["source_dataset", RECORD]


def copy(identity: Path, target: Path, settings: Settings) -> None:
    """The floor: DuckDB reads the identity side and writes it, nothing else."""
    with open_linkage_database(
        target / "spill", threads=settings.threads, memory=settings.memory
    ) as connection:
        for path in sorted(identity.glob("*/*.parquet")):
            connection.execute(
                f"copy (from {scan_parquet(path)}) "
                f"to {quote_literal(target / 'floor.parquet')} (format parquet, compression zstd)"
            )
    shutil.rmtree(target / "spill")


def to_clusters(identity: Path, target: Path, settings: Settings) -> dict[str, float]:
    """Standardise, collapse, score, cluster, and nothing after."""
    model = models.read_model(models.find_newest_model())
    with open_linkage_database(
        target / "spill", threads=settings.threads, memory=settings.memory
    ) as connection:
        count = load_records.load_records(connection, identity)
        compared = compare_records(connection, model.of_volume(count), records=count)
    return {"records": count, "nodes": compared.nodes, "pairs": compared.pairs or 0}


def link(identity: Path, target: Path, settings: Settings) -> None:
    """All of linkage, lookups written."""
    linkage.link_identity(
        identity,
        target / "ours",
        registry=target / "registry",
        delivered_links=False,
        threads=settings.threads,
        memory=settings.memory,
    )


def stages(identity: Path, target: Path, settings: Settings) -> dict[str, Callable[[], object]]:
    """Everything that runs in a process of its own, by name."""
    return {
        "floor": partial(copy, identity, target, settings),
        "clusters": partial(to_clusters, identity, target, settings),
        "link": partial(link, identity, target, settings),
        "plain splink": partial(plain_splink.link, identity, target / "plain", settings),
    }


def truth_of(folder: Path) -> pl.DataFrame:
    """Whose each record of a made-up world is, by the ids that landing gives."""
    raw = pl.read_parquet(folder / "record_person.parquet").unique(
        ["source", "table_name", "source_key"], maintain_order=True
    )
    tables = list_contracts()
    parts = [
        part.select(
            pl.lit(source, pl.String).alias("source_dataset"),
            pseudonymise_keys(
                part["source_key"],
                tables[str(source), str(table)].record_family or "",
                SYNTHETIC_KEY,
            ).alias(RECORD),
            pl.col("true_person_id").cast(pl.String),
        )
        for (source, table), part in raw.sort("source", "table_name").group_by(
            "source", "table_name", maintain_order=True
        )
    ]
    return pl.concat(parts)


def sampled(
    identity: Path, truth: pl.DataFrame, target: Path, most: int
) -> tuple[Path, pl.DataFrame]:
    """About so many records, as whole persons: an identity side and its truth; the given ones if
    they are no more.
    """
    if truth.height <= most:
        return identity, truth
    limit = f"{int(most / truth.height * 16**8):08x}"
    with duckdb.connect() as database:
        database.register("people", truth)
        kept = database.execute("select * from people where md5(true_person_id) < ?", [limit]).pl()
    for path in sorted(identity.glob("*/*.parquet")):
        copy = target / path.relative_to(identity)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if RECORD in pl.read_parquet_schema(path) and path.parent.name != LOOKUPS:
            pl.scan_parquet(path).join(kept.lazy(), on=WHOSE, how="semi").sink_parquet(copy)
        else:
            shutil.copyfile(path, copy)
    return target, kept


def told(name: str, links: Path, truth: pl.DataFrame) -> None:
    """One printed line of accuracy."""
    row = evaluate_links(pl.read_parquet(links), truth).row(0, named=True)
    print(
        f"    {name:<30} {'   '.join(f'{share} {row[share]:.4f}' for share in SHARES)}", flush=True
    )


def bench(identity: Path, truth: pl.DataFrame | None, target: Path) -> None:
    """All stages, printed."""
    target.mkdir(parents=True)
    floor = measure(MODULE, "floor", identity, target)
    took = measure(MODULE, "clusters", identity, target)
    print(
        f"linkage: {took['records']:.0f} records, {took['nodes']:.0f} nodes, "
        f"{took['pairs']:.0f} pairs scored"
    )
    line("floor (DuckDB reads and writes)", floor)
    line("standardise to clusters", took, floor)
    line("linkage in whole", measure(MODULE, "link", identity, target), floor)
    if truth is not None and os.environ.get("BENCH_SPLINK") != "no":
        against_splink(identity, truth, target / "compared")


def against_splink(identity: Path, truth: pl.DataFrame, target: Path) -> None:
    """Ours against plain Splink."""
    identity, truth = sampled(
        identity,
        truth,
        target / "identity",
        int(os.environ.get("BENCH_SPLINK_RECORDS", str(RECORDS))),
    )
    target.mkdir(parents=True, exist_ok=True)
    print(f"against plain Splink, on {truth.height} records")
    ours = measure(MODULE, "clusters", identity, target)
    plain = measure(MODULE, "plain splink", identity, target)
    line("ours, standardise to clusters", ours)
    line("plain Splink, the same", plain, ours)
    parts = ", ".join(
        f"{part} {plain[part]:.1f}" for part in ("reading", "training", "scoring", "clustering")
    )
    untrained = (plain["wall"] - plain["training"]) / ours["wall"]
    print(
        f"    seconds of plain Splink: {parts}; ratio without its training, "
        f"which a run of ours has done before: {untrained:.2f}"
    )
    line("ours in whole (ids, cases, quality)", measure(MODULE, "link", identity, target))
    told("ours", target / "ours" / "person_links.parquet", truth)
    for probability in plain_splink.PROBABILITIES:
        told(f"plain Splink from {probability}", target / "plain" / f"{probability}.parquet", truth)


def bench_given(target: Path) -> bool:
    """Bench the identity side that the environment names, if it names one."""
    identity, truth = os.environ.get("BENCH_IDENTITY"), os.environ.get("BENCH_TRUTH")
    if identity:
        bench(Path(identity), pl.read_parquet(truth) if truth else None, target)
    return bool(identity)


if __name__ == "__main__":
    run(stages(Path(sys.argv[2]), Path(sys.argv[3]), Settings.from_environment())[sys.argv[1]])
