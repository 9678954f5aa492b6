"""Linkage from end to end: `identity/` in, three lookups out.

Belongs here: the order of the steps, what is written. Does not belong here: any of the steps.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.errors import LinkageError
from pipeline.linkage import link_records
from pipeline.linkage.clustering import case_links as cases
from pipeline.linkage.clustering import crosswalk, link_files, person_groups
from pipeline.linkage.clustering import person_ids as persons
from pipeline.linkage.database import fetch_number, open_linkage_database
from pipeline.linkage.delivered import load_links
from pipeline.linkage.link_records import Compared
from pipeline.linkage.monitoring import error_indicators, link_quality
from pipeline.linkage.prepare import load_records as records
from pipeline.linkage.prepare.identity_tables import RECORD, list_identity_tables
from pipeline.linkage.review import overrides
from pipeline.linkage.review import review_pairs as review
from pipeline.linkage.scoring import model as models
from pipeline.linkage.scoring import score_pairs
from pipeline.linkage.splink_adapter import run_discreetly
from pipeline.linkage.uncertainty import uncertainty_tables, weight_calibration
from pipeline.storage import put_in_place, quote_literal

OVERRIDES = "overrides.csv"
"""File of reviewed decisions in the registry."""
OUTPUTS = {
    "case_links": (
        "select mc_source_record_id, cc_source_record_id, basis, match_score, "
        "cast(days_apart as bigint) as days_apart "
        "from case_links order by 1, 2"
    ),
    "link_quality": (
        "select measure, source_pair, category, value from link_quality order by 1, 2, 3"
    ),
    "link_signs": (
        f"select source_dataset, {RECORD}, sign "
        "from link_signs inner join records using (record) order by 1, 2, 3"
    ),
    "person_crosswalk": crosswalk.CROSSWALK,
    **uncertainty_tables.TABLES,
}
"""Files of `linkage/` with fewer rows than there are records, with the query that gives their rows
in order.
"""

STEPS = {
    "standardise identifiers": 20,
    **dict(zip(link_records.STEPS, (20, 22, 4), strict=True)),
    "read delivered links": 0,
    "assign person ids": 7,
    "estimate uncertainty": 4,
    "choose pairs for clerical review": 4,
    "link court cases": 2,
    "compare with the last release": 0,
    "find signs of errors": 5,
    "measure quality": 2,
    "write links": 10,
}
"""What a linkage does, in order, with the share of its time that each takes, in hundredths: about
that of a tenth and of half a nation.
"""
Progress = Callable[[str, float], None]


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


def link_identity(
    identity: Path,
    output: Path,
    *,
    registry: Path,
    threads: int,
    memory: str,
    review: Path | None = None,
    delivered_links: bool | None = None,
    model: Path | None = None,
    progress: Progress | None = None,
) -> LinkageSummary:
    """Link the records of an identity side.

    Writes a Parquet file for each of `OUTPUTS`, and those of `link_files`, to `output`: all or none
    of them.
    `registry_persons.parquet` is what `person_ids.remember_ids` makes the registry know once the
    release is out.

    Args:
        identity: folder with `<source>/<table>.parquet`.
        output: folder to write; replaced if it is there.
        registry: folder of the person registry and of the reviewed decisions; read only.
        threads: for DuckDB.
        memory: DuckDB's limit, such as `3GB`.
        review: restricted folder for the pairs most worth a clerk's eye, with their identifiers;
            none are kept without it.
        delivered_links: whether `identity/linking/` replaces our own linkage; unless stated, when
            it has rows.
        model: model file; the newest committed one unless stated.
        progress: is told each of `STEPS` when it starts, and the share that is done by then, from 0
            to 1; steps that there is no need for are left out.

    Raises:
        LinkageError: there is nothing to link, or a step failed; the message holds no value of any
            record.
    """
    partial, spill, kept = (
        output.parent / f".{output.name}.{state}" for state in ("partial", "spill", "review")
    )
    for folder in (partial, spill, kept):
        shutil.rmtree(folder, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with open_linkage_database(spill, threads=threads, memory=memory) as connection:
            room = _Room(
                connection, identity, registry, model or models.find_newest_model(), progress
            )
            summary = run_discreetly(
                "linking",
                lambda: _link(
                    room, partial, kept if review else None, delivered_links=delivered_links
                ),
            )
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
    progress: Progress | None

    def starts(self, step: str) -> None:
        """Tell that a step starts."""
        if self.progress:
            names = list(STEPS)
            self.progress(
                step, sum(STEPS[name] for name in names[: names.index(step)]) / sum(STEPS.values())
            )


def _link(
    room: _Room, target: Path, review_folder: Path | None, *, delivered_links: bool | None
) -> LinkageSummary:
    connection = room.connection
    room.starts("standardise identifiers")
    count = records.load_records(connection, room.identity)
    has_links = (
        load_links.has_rows(connection, room.identity, "person_links")
        if delivered_links is None
        else delivered_links
    )
    release = persons.load_known(connection, room.registry)
    if has_links:
        room.starts("read delivered links")
        load_links.load_groups(connection, room.identity)
        person_groups.load_labelled(connection)
        _load_ids(room, release)
        uncertainty_tables.load_nothing(connection)
        compared = Compared()
    else:
        compared = _compare(room, count, release, review_folder)
    room.starts("link court cases")
    _load_case_links(connection, room.identity)
    room.starts("compare with the last release")
    crosswalk.load_crosswalk(connection, release)
    room.starts("find signs of errors")
    error_indicators.load_signs(connection, is_scored=not has_links)
    room.starts("measure quality")
    link_quality.load_quality(connection, candidate_pairs=compared.pairs)
    crosswalk.load_effect(connection, release)
    room.starts("write links")
    for name, query in OUTPUTS.items():
        connection.execute(
            f"copy ({query}) to {quote_literal(target / f'{name}.parquet')} "
            "(format parquet, compression zstd)"
        )
    link_files.write_link_files(connection, target, release)
    return LinkageSummary(
        records=count,
        persons=fetch_number(connection, "select count(*) from ids_person_id"),
        nodes=compared.nodes,
        candidate_pairs=compared.pairs or 0,
        conflicts=compared.conflicts,
        decisions=compared.decisions,
        case_links=fetch_number(connection, "select count(*) from case_links"),
        is_delivered=has_links,
        model=compared.model,
    )


def _compare(room: _Room, count: int, release: int, review_folder: Path | None) -> Compared:
    """Compare records; make `groups`, ids and all that linkage says about its own uncertainty."""
    connection, model = room.connection, models.read_model(room.model).of_volume(count)
    fitted = weight_calibration.find_nearest(
        weight_calibration.read_calibrations(room.model), count
    )
    compared = link_records.compare_records(
        connection, model, records=count, decisions=room.registry / OVERRIDES, starts=room.starts
    )
    person_groups.load_groups(connection, weights=score_pairs.weights_query(model, count))
    _load_ids(room, release)
    if unheard := overrides.count_broken_decisions(connection):
        raise LinkageError(
            f"{unheard} reviewed decisions are not honoured: "
            "this is a fault of the linkage, not of the decisions"
        )
    room.starts("estimate uncertainty")
    if fitted:
        uncertainty_tables.load_uncertainty_tables(
            connection, fitted, medium=model.thresholds["medium"]
        )
    else:
        uncertainty_tables.load_nothing(connection)
    if review_folder:
        room.starts("choose pairs for clerical review")
        review.load_review_pairs(connection, model, records=count)
        review.write_review_pairs(connection, review_folder)
    return compared


def _load_ids(room: _Room, release: int) -> None:
    room.starts("assign person ids")
    persons.load_parts(room.connection)
    persons.load_ids(room.connection, release)


def _load_case_links(connection: duckdb.DuckDBPyConnection, identity: Path) -> None:
    cases.load_courts(
        connection,
        [table for table in list_identity_tables(connection, identity) if RECORD in table.columns],
    )
    if load_links.has_rows(connection, identity, "case_links"):
        load_links.load_case_links(connection, identity)
    else:
        cases.load_case_links(connection)
