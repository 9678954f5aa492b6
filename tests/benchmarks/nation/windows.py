"""When each stage of a run began and ended: by Dagster's record and, within dbt, by dbt's results.

Belongs here: reading these records. Does not belong here: what a stage took (stages).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dagster import DagsterEventType, DagsterInstance

from pipeline.contracts.registry import list_contracts
from pipeline.orchestration.instance import open_instance
from pipeline.release.release_manifest import MANIFEST
from pipeline.workspace import CURRENT, Workspace

Span = tuple[float, float]
"""Beginning and end, in seconds since 1970."""
Spans = tuple[Span, ...]
START, BETWEEN = "start", "between steps and end"
"""The time that belongs to no step."""
REFERENCES = "_references"
"""How the steps end that look references up between tables."""

LAYERS = ("staging", "intermediate", "derived", "aggregates", "marts")


@dataclass(frozen=True)
class Stage:
    """A part of a run: when it ran, and how many rows came of it."""

    name: str
    spans: Spans
    rows: int | None = None
    level: int = 0
    """0 for a stage; 1 for a part of the stage before it."""


@dataclass(frozen=True)
class Node:
    """A seed, model or test of dbt, and when it ran."""

    kind: str
    name: str
    schema: str | None
    span: Span


@dataclass(frozen=True)
class Record:
    """What Dagster knows of a run."""

    steps: Mapping[str, Span]
    rows: Mapping[str, int]
    """Rows of what a step made, by the asset's key with dots; `release`: of all released tables."""


def record(workspace: Workspace) -> Record:
    """What Dagster knows of the last run of a workspace; of a step without an end, nothing."""
    with open_instance(workspace) as opened:
        last = opened.get_runs(limit=1)
        if not last:
            return Record({}, {})
        steps = {
            step.step_key: (step.start_time, step.end_time)
            for step in opened.get_run_step_stats(last[0].run_id)
            if step.start_time is not None and step.end_time is not None
        }
        return Record(steps, dict(_rows(opened, last[0].run_id)) | _released(workspace))


def _rows(opened: DagsterInstance, run_id: str) -> Iterator[tuple[str, int]]:
    kind = DagsterEventType.ASSET_MATERIALIZATION
    for found in opened.get_records_for_run(run_id, of_type=kind).records:
        event = found.event_log_entry.get_dagster_event()
        made = event.step_materialization_data.materialization
        for name in ("delivered", "dagster/row_count"):
            if name in made.metadata:
                yield ".".join(made.asset_key.path), int(str(made.metadata[name].value))
                break


def _released(workspace: Workspace) -> dict[str, int]:
    manifest = workspace.releases / CURRENT / MANIFEST
    if not manifest.is_file():
        return {}
    tables = json.loads(manifest.read_text(encoding="utf-8"))["tables"]
    return {"release": sum(table["rows"] for table in tables.values())}


def nodes(results: Mapping[str, Any]) -> list[Node]:
    """What dbt ran, from its `run_results.json`; what it skipped is left out."""
    found = []
    for result in results["results"]:
        times = {part["name"]: part for part in result["timing"]}
        if "execute" not in times:
            continue
        kind, _, name = result["unique_id"].split(".")[:3]
        relation = (result.get("relation_name") or "").replace('"', "").split(".")
        span = (_moment(times["execute"]["started_at"]), _moment(times["execute"]["completed_at"]))
        found.append(Node(kind, name, relation[-2] if len(relation) > 1 else None, span))
    return found


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def results(dbt: Path) -> list[Node]:
    """What dbt ran, from the folder of its records; nothing when it never came to its end."""
    path = dbt / "run_results.json"
    return nodes(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []


def stages(known: Record, ran: Sequence[Node], span: Span) -> list[Stage]:
    """The stages of a run in order, with their parts: every second of the run is in one stage.

    Args:
        known: Dagster's record.
        ran: dbt's.
        span: when the process began and ended.

    A step that is not known here is a stage by its own name. A stage that one day records its own
    parts, as linkage may, gets them as dbt does: stages of level 1 after it.
    """
    tables = {
        contract.name.replace(".", "__"): contract.name for contract in list_contracts().values()
    }
    landing = {name: step for name, step in known.steps.items() if _is_landing(name, tables)}
    parts = [Stage("delivery and digests", _spans(landing, ["landing__delivery"]), level=1)]
    for landed, table in tables.items():
        if landed in landing:
            parts.append(Stage(table, (landing[landed],), known.rows.get(table), 1))
    lookups = [name for name in landing if name.endswith(REFERENCES)]
    parts.append(Stage("references", _spans(landing, lookups), level=1))
    rest = {name: step for name, step in known.steps.items() if name not in landing}
    delivered = sum(part.rows or 0 for part in parts)
    found = [Stage("landing", tuple(landing.values()), delivered), *parts]
    for name, step in sorted(rest.items(), key=lambda item: item[1]):
        found.append(Stage(name, (step,), _rows_of(name, known)))
        found += _within_dbt(step, ran, known) if name == "dbt" else []
    begun = [step for stage in found for step in stage.spans]
    first = min((start for start, _ in begun), default=span[1])
    last = max((end for _, end in begun), default=span[1])
    between = (*without((first, last), begun), (last, span[1]))
    return [Stage(START, ((span[0], first),)), *found, Stage(BETWEEN, between)]


def _is_landing(name: str, tables: Mapping[str, str]) -> bool:
    return name in tables or name == "landing__delivery" or name.endswith(REFERENCES)


def _spans(steps: Mapping[str, Span], names: Sequence[str]) -> Spans:
    return tuple(steps[name] for name in names if name in steps)


def _rows_of(step: str, known: Record) -> int | None:
    if step == "linkage":
        return known.rows.get("linkage.person_links")
    if step == "dbt":
        return sum(rows for name, rows in known.rows.items() if name.split(".")[0] in LAYERS)
    return known.rows.get(step)


def _within_dbt(step: Span, ran: Sequence[Node], known: Record) -> list[Stage]:
    """Seeds, models by schema, tests, and what is left: reading the project, counting rows."""
    models = [node for node in ran if node.kind == "model"]
    groups = {"seeds": [node for node in ran if node.kind == "seed"]}
    schemas = {str(node.schema) for node in models}
    for schema in (*LAYERS, *sorted(schemas.difference(LAYERS))):
        groups[f"models: {schema}"] = [node for node in models if node.schema == schema]
    groups["tests"] = [node for node in ran if node.kind == "test"]
    left = without(step, [node.span for node in ran])
    parts = [_group(name, group, known) for name, group in groups.items()]
    return [*parts, Stage("around them", tuple(left), level=1)]


def _group(name: str, group: Sequence[Node], known: Record) -> Stage:
    made = [known.rows.get(f"{node.schema}.{node.name}") for node in group if node.kind == "model"]
    rows = sum(one for one in made if one is not None) or None
    return Stage(name, tuple(node.span for node in group), rows, 1)


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(span: Span, taken: Sequence[Span]) -> list[Span]:
    """What is left of a span when others are taken out of it."""
    found, at = [], span[0]
    for start, end in merged(taken):
        if start > at:
            found.append((at, min(start, span[1])))
        at = end
    return [*found, (at, span[1])] if at < span[1] else found
