"""Linkage from end to end: `identity/` in, three lookups out.

Belongs here: the order of the steps, what is written. Does not belong here: any of the steps.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.linkage import cases, clusters, collapse, delivered, persons, predict, quality, records
from pipeline.linkage import model as models
from pipeline.linkage.model import THRESHOLDS, Model
from pipeline.linkage.records import RECORD
from pipeline.linkage.splink_quiet import discreetly

ID_COLUMNS = {"medium": "person_id", "high": "person_id_high", "low": "person_id_low"}
OUTPUTS = {
    "person_links": f"select source_dataset, {RECORD}, person_id, person_id_high, person_id_low, match_weight "
    "from person_links order by 1, 2",
    "case_links": "select mc_source_record_id, cc_source_record_id, basis, match_score, cast(days_apart as bigint) as days_apart "
    "from case_links order by 1, 2",
    "link_quality": "select measure, source_pair, category, value from link_quality order by 1, 2, 3",
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
    delivered_links: bool | None = None,
    model: Path | None = None,
) -> LinkageSummary:
    """Link the records of an identity side.

    Writes `person_links.parquet`, `case_links.parquet`, `link_quality.parquet` and `registry_persons.parquet` to `output`, all or none.
    The last is what `persons.remember` makes the registry know once the release is out.

    Args:
        identity: folder with `<source>/<table>.parquet`.
        output: folder to write; replaced if it is there.
        registry: folder of the person registry; read only.
        threads: for DuckDB and Splink.
        memory: DuckDB's limit, such as `3GB`.
        delivered_links: whether `identity/linking/` replaces our own linkage; unless stated, when it has rows.
        model: model file; the newest committed one unless stated.

    Raises:
        LinkageError: there is nothing to link, or a step failed; the message holds no value of any record.
    """
    chosen = models.read(model or models.newest())
    partial = output.parent / f".{output.name}.partial"
    spill = output.parent / f".{output.name}.spill"
    for folder in (partial, spill):
        shutil.rmtree(folder, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o700)
    try:
        with records.database(spill, threads=threads, memory=memory) as connection:
            summary = discreetly(
                "linking", lambda: _link(connection, identity, registry, chosen, delivered_links=delivered_links, target=partial)
            )
        shutil.rmtree(output, ignore_errors=True)
        partial.rename(output)
    finally:
        for folder in (partial, spill):
            shutil.rmtree(folder, ignore_errors=True)
    return summary


def _link(
    connection: duckdb.DuckDBPyConnection, identity: Path, registry: Path, model: Model, *, delivered_links: bool | None, target: Path
) -> LinkageSummary:
    count = records.load(connection, identity)
    has_links = delivered.has_rows(connection, identity, "person_links") if delivered_links is None else delivered_links
    nodes = pairs = None
    if has_links:
        delivered.load_groups(connection, identity)
    else:
        nodes = collapse.load_nodes(connection)
        pairs = predict.load_edges(connection, model, records=count)
        clusters.load_clusters(connection, model)
        _load_groups(connection)
    release = persons.load_known(connection, registry)
    _load_person_links(connection, release, weights=None if has_links else predict.weights_query(model, count))
    _load_case_links(connection, identity)
    quality.load_quality(connection, candidate_pairs=pairs)
    for name, query in OUTPUTS.items():
        connection.execute(f"copy ({query}) to '{_quoted(target / f'{name}.parquet')}' (format parquet, compression zstd)")
    persons.write_remembered(connection, target / f"registry_{persons.REGISTRY}", release)
    return LinkageSummary(
        records=count,
        persons=_count(connection, "select count(distinct person_id) from person_links"),
        nodes=nodes or 0,
        candidate_pairs=pairs or 0,
        case_links=_count(connection, "select count(*) from case_links"),
        is_delivered=has_links,
        model=None if has_links else model.name,
    )


def _load_groups(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `groups` (record, high, medium, low): nodes become records again, and records without a node stand alone."""
    labels = ", ".join(f"coalesce('n' || clusters.{threshold}, 'r' || records.record) as {threshold}" for threshold in THRESHOLDS)
    connection.execute(
        f"create or replace temp table groups as select records.record, {labels} from records "
        "left join record_nodes using (record) left join clusters using (node)"
    )


def _load_person_links(connection: duckdb.DuckDBPyConnection, release: int, *, weights: str | None) -> None:
    """Make table `person_links` from `groups`, with ids of our own."""
    for level, column in ID_COLUMNS.items():
        connection.execute(
            f"create or replace temp table members as select groups.{level} as cluster, records.source_dataset, records.{RECORD} "
            "from groups inner join records using (record)"
        )
        persons.load_ids(connection, column, release)
    joins = " ".join(f"inner join ids_{column} on ids_{column}.cluster = groups.{level}" for level, column in ID_COLUMNS.items())
    connection.execute(
        f"""
        create or replace temp table person_links as
        select records.source_dataset, records.{RECORD}, {", ".join(f"ids_{column}.id as {column}" for column in ID_COLUMNS.values())},
            weights.match_weight
        from records
        inner join groups using (record)
        {joins}
        left join ({weights or "select cast(null as bigint) as record, cast(null as double) as match_weight"}) as weights using (record)
        """
    )


def _load_case_links(connection: duckdb.DuckDBPyConnection, identity: Path) -> None:
    cases.load_courts(connection, [table for table in records.tables(connection, identity) if RECORD in table.columns])
    if delivered.has_rows(connection, identity, "case_links"):
        delivered.load_case_links(connection, identity)
    else:
        cases.load_case_links(connection)


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int((connection.execute(query).fetchone() or (0,))[0])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
