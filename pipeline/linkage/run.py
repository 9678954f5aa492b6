"""Linkage from end to end: `identity/` in, three lookups out.

Belongs here: the order of the steps, what is written. Does not belong here: any of the steps.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.linkage import (
    calibration,
    cases,
    crosswalk,
    delivered,
    overrides,
    persons,
    predict,
    quality,
    records,
    review,
    signs,
    uncertainty,
)
from pipeline.linkage import model as models
from pipeline.linkage.compare import Compared, compare
from pipeline.linkage.database import connect, number
from pipeline.linkage.model import THRESHOLDS
from pipeline.linkage.sources import RECORD, LinkageError, tables
from pipeline.linkage.splink_quiet import discreetly
from pipeline.storage import literal, put_in_place

OVERRIDES = "overrides.csv"
"""File of reviewed decisions in the registry."""
ID_COLUMNS = {"medium": "person_id", "high": "person_id_high", "low": "person_id_low"}
OUTPUTS = {
    "person_links": f"select source_dataset, {RECORD}, person_id, person_id_high, person_id_low, match_weight "
    "from person_links order by 1, 2",
    "case_links": "select mc_source_record_id, cc_source_record_id, basis, match_score, cast(days_apart as bigint) as days_apart "
    "from case_links order by 1, 2",
    "link_quality": "select measure, source_pair, category, value from link_quality order by 1, 2, 3",
    "link_signs": f"select source_dataset, {RECORD}, sign from link_signs inner join records using (record) order by 1, 2, 3",
    "person_crosswalk": crosswalk.CROSSWALK,
    **uncertainty.TABLES,
}
"""Files of `linkage/`, with the query that gives their rows in order."""


@dataclass(frozen=True)
class LinkageSummary:
    """Counts that may be logged."""

    records: int
    persons: int
    """At the medium threshold."""
    nodes: int
    """Distinct sets of identifiers; 0 when the links were delivered."""
    candidate_pairs: int
    conflicts: int
    """Groups of nodes that held a contradiction and were parted."""
    decisions: int
    """Reviewed decisions in force."""
    case_links: int
    is_delivered: bool
    """The links came with the delivery."""
    model: str | None
    """Name of the model; none when the links were delivered."""


def link(
    identity: Path,
    output: Path,
    *,
    registry: Path,
    threads: int,
    memory: str,
    review: Path | None = None,
    delivered_links: bool | None = None,
    model: Path | None = None,
) -> LinkageSummary:
    """Link the records of an identity side.

    Writes a Parquet file for each of `OUTPUTS`, and `registry_persons.parquet`, to `output`, all or none.
    The last is what `persons.remember` makes the registry know once the release is out.

    Args:
        identity: folder with `<source>/<table>.parquet`.
        output: folder to write; replaced if it is there.
        registry: folder of the person registry and of the reviewed decisions; read only.
        threads: for DuckDB.
        memory: DuckDB's limit, such as `3GB`.
        review: restricted folder for the pairs most worth a clerk's eye, with their identifiers; none are kept without it.
        delivered_links: whether `identity/linking/` replaces our own linkage; unless stated, when it has rows.
        model: model file; the newest committed one unless stated.

    Raises:
        LinkageError: there is nothing to link, or a step failed; the message holds no value of any record.
    """
    partial, spill, kept = (output.parent / f".{output.name}.{state}" for state in ("partial", "spill", "review"))
    for folder in (partial, spill, kept):
        shutil.rmtree(folder, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with connect(spill, threads=threads, memory=memory) as connection:
            room = _Room(connection, identity, registry, model or models.newest())
            summary = discreetly("linking", lambda: _link(room, partial, kept if review else None, delivered_links=delivered_links))
        for made, place in ((partial, output), (kept, review)):
            if place and made.exists():
                put_in_place(made, place)
    finally:
        for folder in (partial, spill, kept):
            shutil.rmtree(folder, ignore_errors=True)
    return summary


@dataclass(frozen=True)
class _Room:
    """What every step of one linkage needs."""

    connection: duckdb.DuckDBPyConnection
    identity: Path
    registry: Path
    model: Path


def _link(room: _Room, target: Path, review_folder: Path | None, *, delivered_links: bool | None) -> LinkageSummary:
    connection = room.connection
    count = records.load(connection, room.identity)
    has_links = delivered.has_rows(connection, room.identity, "person_links") if delivered_links is None else delivered_links
    release = persons.load_known(connection, room.registry)
    if has_links:
        delivered.load_groups(connection, room.identity)
        _load_person_links(connection, release, weights=None)
        uncertainty.load_nothing(connection)
        compared = Compared()
    else:
        compared = _compare(room, count, release, review_folder)
    _load_case_links(connection, room.identity)
    crosswalk.load_crosswalk(connection, release)
    signs.load_signs(connection, is_scored=not has_links)
    quality.load_quality(connection, candidate_pairs=compared.pairs)
    crosswalk.load_effect(connection, release)
    for name, query in OUTPUTS.items():
        connection.execute(f"copy ({query}) to {literal(target / f'{name}.parquet')} (format parquet, compression zstd)")
    persons.write_remembered(connection, target / f"registry_{persons.REGISTRY}", release)
    return LinkageSummary(
        records=count,
        persons=number(connection, "select count(distinct person_id) from person_links"),
        nodes=compared.nodes,
        candidate_pairs=compared.pairs or 0,
        conflicts=compared.conflicts,
        decisions=compared.decisions,
        case_links=number(connection, "select count(*) from case_links"),
        is_delivered=has_links,
        model=compared.model,
    )


def _compare(room: _Room, count: int, release: int, review_folder: Path | None) -> Compared:
    """Make `person_links` and all that linkage says about its own uncertainty, by comparing records."""
    connection, model = room.connection, models.read(room.model).of_volume(count)
    fitted = calibration.nearest(calibration.read(room.model), count)
    compared = compare(connection, model, records=count, decisions=room.registry / OVERRIDES)
    _load_groups(connection)
    _load_person_links(connection, release, weights=predict.weights_query(model, count))
    if unheard := overrides.broken(connection):
        raise LinkageError(f"{unheard} reviewed decisions are not honoured: this is a fault of the linkage, not of the decisions")
    if fitted:
        uncertainty.load(connection, fitted, medium=model.thresholds["medium"])
    else:
        uncertainty.load_nothing(connection)
    if review_folder:
        review.load_review_pairs(connection, model, records=count)
        review.write(connection, review_folder)
    return compared


def _load_groups(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `groups` (record, high, medium, low): nodes become records again, and records without a node stand alone."""
    labels = ", ".join(f"coalesce(clusters.{threshold}, -1 - records.record) as {threshold}" for threshold in THRESHOLDS)
    connection.execute(
        f"create or replace temp table groups as select records.record, {labels} from records "
        "left join record_nodes using (record) left join clusters using (node)"
    )


def _load_person_links(connection: duckdb.DuckDBPyConnection, release: int, *, weights: str | None) -> None:
    """Make table `person_links` from `groups`, with ids of our own."""
    persons.load_ids(connection, release)
    connection.execute(
        f"""
        create or replace temp table person_links as
        select records.source_dataset, records.{RECORD}, {", ".join(f"ids.{column}" for column in ID_COLUMNS.values())},
            weights.match_weight
        from records
        inner join ids using (record)
        left join ({weights or "select cast(null as bigint) as record, cast(null as double) as match_weight"}) as weights using (record)
        """
    )


def _load_case_links(connection: duckdb.DuckDBPyConnection, identity: Path) -> None:
    cases.load_courts(connection, [table for table in tables(connection, identity) if RECORD in table.columns])
    if delivered.has_rows(connection, identity, "case_links"):
        delivered.load_case_links(connection, identity)
    else:
        cases.load_case_links(connection)
