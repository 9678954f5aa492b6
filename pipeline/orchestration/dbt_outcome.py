"""How a dbt build ended: the first cause in one line, from dbt's own record of the run.

Belongs here: reading `run_results.json`, and which of the database's words may be shown. Does not
belong here: running dbt (assets).
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import find_remedy

RESULTS = "run_results.json"
VALUELESS = (
    "Binder Error",
    "Catalog Error",
    "Compilation Error",
    "Dependency Error",
    "IO Error",
    "Not implemented Error",
    "Out of Memory Error",
    "Parser Error",
    "Permission Error",
    "TransactionContext Error",
)
"""Errors of DuckDB and dbt that speak of names, sizes and files; all others may quote a cell."""
BROKEN, FAILED, SKIPPED = "error", "fail", "skipped"


@dataclass(frozen=True)
class Node:
    """One node of a dbt build that did not end well."""

    kind: str
    """`model`, `seed` or `test`."""
    name: str
    status: str
    """`error`: the database refused it. `fail`: a test found rows. `skipped`: it never ran."""
    words: str
    """dbt's message in full; may hold values."""
    rows: int | None
    """Rows that a test found."""


def first_cause(
    target: Path,
    *,
    exit_code: int,
    errors: Sequence[str],
    promises: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """Why a dbt build failed, in one line: what failed first, the database's words, what to do.

    Args:
        target: folder of dbt's artifacts.
        exit_code: of the dbt process; negative for the signal that ended it.
        errors: messages at error level, in order, for a build that left no results.
        promises: by name of a failed test, the promises that are broken.
    """
    if exit_code < 0:
        name = signal.Signals(-exit_code).name
        return (
            f"dbt was ended by {name} from outside, as happens when the machine's memory runs out: "
            "end other programs or give less with JOURNEYS_MEMORY, and run `journeys run --resume`"
        )
    nodes = list(read_nodes(target / RESULTS))
    stopped = [node for node in nodes if node.status in (BROKEN, FAILED)]
    if not stopped:
        words = show_words(errors[0] if errors else "")
        return f"dbt ended before its first model: {words}{find_remedy(words)}"
    first, skipped = stopped[0], sum(node.status == SKIPPED for node in nodes)
    further = [f"{len(stopped) - 1} more failed"] if len(stopped) > 1 else []
    further += [f"{skipped} after it never ran"] if skipped else []
    named = f": {'; '.join(broken)}" if (broken := (promises or {}).get(first.name)) else ""
    return describe_node(first) + named + (f" ({', '.join(further)})" if further else "")


def describe_node(node: Node) -> str:
    """What went wrong with one node, in one line, with what to do."""
    if node.status == FAILED:
        found = "" if node.rows is None else f" for {node.rows:,} rows"
        return f"dbt test {node.name} does not hold{found}: mend the delivery or the model"
    words = show_words(node.words)
    doing = "test {} could not run" if node.kind == "test" else f"{node.kind} {{}} was not built"
    return f"dbt {doing.format(node.name)}: {words}{find_remedy(words)}"


def show_words(message: str) -> str:
    """The line of a message that says what happened; its kind where the line may hold a value."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    for line in lines:
        if line.startswith(VALUELESS) and " in model " not in line:
            return line.rstrip(".")
    kind = next((line.split(":")[0] for line in lines if " Error: " in line), "unknown error")
    return f"{kind}; its words may hold values and are withheld"


def read_nodes(results: Path) -> Iterator[Node]:
    """Nodes that did not end well, in the order in which dbt ended them."""
    if not results.is_file():
        return
    for result in json.loads(results.read_text(encoding="utf-8"))["results"]:
        if result["status"] in (BROKEN, FAILED, SKIPPED):
            kind, _, name = result["unique_id"].split(".")[:3]
            yield Node(kind, name, result["status"], result["message"] or "", result["failures"])


def read_query(target: Path, unique_id: str) -> str:
    """The SQL that dbt ran for a node."""
    results = json.loads((target / RESULTS).read_text(encoding="utf-8"))["results"]
    return next(
        str(result["compiled_code"]) for result in results if result["unique_id"] == unique_id
    )
