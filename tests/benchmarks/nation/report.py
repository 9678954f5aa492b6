"""The facts of one run of the nation, as they are kept in JSON.

What was delivered, what each stage took, how right the release is.

Belongs here: putting together what was seen. Does not belong here: running (__main__), showing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.delivery.manifest import Delivery
from pipeline.memory_size import PROGRAMS
from pipeline.settings import Settings
from pipeline.synthetic.calibration import published_figures
from pipeline.workspace import CURRENT, Build
from tests.benchmarks.nation import windows
from tests.benchmarks.nation.observe import Observed
from tests.benchmarks.nation.stages import GB, Took, took
from tests.benchmarks.nation.windows import Record, Stage

MIN_METRICS = {"pair_precision": 0.995, "pair_recall": 0.97}
"""Of links between records."""
FOUND, INVENTED = 0.98, 0.01
"""Of events, of each kind."""
EVENTS = ("recalls", "sentences", "pre_sentence_reports", "releases")


def records(delivery: Delivery) -> int:
    """Rows of the tables whose rows are records of persons: the 17.3 million of the nation."""
    tables = [contract.facts for contract in list_contracts().values()]
    ours = {(facts.source, facts.name) for facts in tables if facts.record_of_person}
    return sum(file.rows for file in delivery.files if (file.source, file.table) in ours)


def machine(settings: Settings, folder: Path) -> dict[str, Any]:
    """What there is to run on: cores, GB of memory and of room on disk, limits set, load."""
    free = os.statvfs(folder)
    return {
        "cpus": os.cpu_count(),
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GB,
        "disk": free.f_bavail * free.f_frsize / GB,
        "threads": settings.threads,
        "setting": "given" if "JOURNEYS_MEMORY" in os.environ else "default",
        "budget": settings.memory_bytes / GB,
        "beside": PROGRAMS / GB,
        "load": [os.getloadavg()[0]],
    }


def of_run(ran: Observed, settings: Settings, delivery: Delivery) -> dict[str, Any]:
    """What every stage, model and test took, and all together.

    Args:
        ran: the run as it was watched.
        settings: of the run's workspace.
        delivery: what was run.
    """
    workspace = settings.workspace
    known = windows.record(workspace)
    builds = _builds(workspace.root / "build")
    nodes = [node for build in builds for node in windows.results(build.dbt)]
    span = ran.started, ran.ended
    stages = windows.stages(known, nodes, span)
    total = Stage("total", (span,), sum(file.rows for file in delivery.files))
    current = workspace.releases / CURRENT
    return {
        "stages": [told(took(stage, ran.samples)) for stage in stages],
        "total": told(took(total, ran.samples)) | {"cpu": round(ran.cpu, 2)},
        "nodes": [_node(node, known, ran) for node in nodes],
        "build": max((sample.build for sample in ran.samples), default=0) / GB,
        "release": current.resolve().name if current.exists() else None,
    }


def _builds(folder: Path) -> list[Build]:
    return [Build(path) for path in sorted(folder.iterdir())] if folder.is_dir() else []


def _node(node: windows.Node, known: Record, ran: Observed) -> dict[str, Any]:
    stage = Stage(node.name, (node.span,), known.rows.get(f"{node.schema}.{node.name}"))
    return told(took(stage, ran.samples)) | {"kind": node.kind}


def told(one: Took) -> dict[str, Any]:
    """What a stage took, in figures that are worth keeping."""
    facts = asdict(one)
    rounded = {name: round(value, 4) for name, value in facts.items() if isinstance(value, float)}
    return facts | rounded


def after(name: str, ran: Observed) -> dict[str, Any]:
    """What a command took that came after the run."""
    whole = Stage(name, ((ran.started, ran.ended),))
    return told(took(whole, ran.samples)) | {"cpu": round(ran.cpu, 2)}


def verdicts(scored: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each score that is held against a limit, and if it passes; a share of nothing does not."""
    links = scored["links"]
    judged = [(f"links {name}", links[name], limit, True) for name, limit in MIN_METRICS.items()]
    for kind in EVENTS:
        judged += [
            (f"{kind} found", scored[kind]["found"], FOUND, True),
            (f"{kind} invented", scored[kind]["invented"], INVENTED, False),
        ]
    return [_verdict(what, value, limit, at_least) for what, value, limit, at_least in judged]


def _verdict(what: str, value: float | None, limit: float, at_least: bool) -> dict[str, Any]:
    passes = value is not None and (value >= limit if at_least else value <= limit)
    return {"what": what, "value": value, "limit": limit, "at_least": at_least, "passes": passes}


def calibrated(truth: Path) -> dict[str, Any]:
    """How near the made-up world comes to published figures, as the table beside its truth says."""
    path = truth / published_figures.FILE
    if not path.is_file():
        return {"targets": 0, "passing": 0, "judged": []}
    table = pl.read_csv(path, schema_overrides={"passes": pl.Boolean})
    rows = table.filter(pl.col("passes").is_not_null()).to_dicts()
    return {"targets": table.height, "passing": sum(row["passes"] for row in rows), "judged": rows}


def kept(folder: Path, file_format: str) -> list[dict[str, Any]]:
    """Facts of the last run of each size with one format of files, the smallest first."""
    paths = sorted(folder.glob(f"nation-*-{file_format}.json"))
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    last = {run["share"]: run for run in sorted(runs, key=lambda run: run["began"])}
    return [last[share] for share in sorted(last)]


def failing(facts: Mapping[str, Any]) -> list[str]:
    """What does not hold, in words."""
    low: Sequence[str] = [one["what"] for one in facts["score"] if not one["passes"]]
    return [*low, *(name for name, holds in facts["verified"].items() if not holds)]
