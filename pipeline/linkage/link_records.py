"""From records to people, by comparing them: the steps that a run, a calibration and a bench share.

Belongs here: the order of these steps. Does not belong here: any of them, and what comes of the
people (run).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.linkage.clustering import clusters
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.review import overrides
from pipeline.linkage.scoring import score_pairs
from pipeline.linkage.scoring.model import Model

STEPS = ("collapse records", "block and score pairs", "cluster pairs")
"""What there is to do, in order."""


@dataclass(frozen=True)
class Compared:
    """Counts that may be logged; nothing, where the links were delivered."""

    model: str | None = None
    nodes: int = 0
    """Distinct sets of identifiers."""
    pairs: int | None = None
    """Pairs of nodes that were scored."""
    conflicts: int = 0
    """Groups that held a contradiction and were parted."""
    decisions: int = 0
    """Reviewed decisions in force."""


def compare_records(
    connection: duckdb.DuckDBPyConnection,
    model: Model,
    *,
    records: int,
    decisions: Path | None = None,
    starts: Callable[[str], object] = lambda _: None,
) -> Compared:
    """Make `record_nodes`, `nodes`, `edges` and `clusters` from `records`.

    Args:
        connection: holds `records` and `stays`.
        model: gives the weights.
        records: their number, from which the prior follows.
        decisions: file of reviewed decisions; there need be none.
        starts: is told each of the three `STEPS` when it starts.

    Raises:
        LinkageError: a step failed, or the file cannot be used.
    """
    collapsing, scoring, clustering = STEPS
    starts(collapsing)
    decided = overrides.load_overrides(connection, decisions)
    nodes = exact_dedupe.load_nodes(connection)
    overrides.load_constraints(connection)
    starts(scoring)
    pairs = score_pairs.load_edges(connection, model, records=records)
    starts(clustering)
    conflicts = clusters.load_clusters(connection, model)
    return Compared(model.name, nodes, pairs, conflicts, decided.must_link + decided.must_not_link)
