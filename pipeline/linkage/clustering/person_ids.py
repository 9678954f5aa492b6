"""Person ids of our own, which stay with their people from release to release.

Belongs here: giving ids to groups of records, the registry of ids given before. Does not belong
here: who is one person (clusters), what changed since the last release (crosswalk).

A group of records that nobody has seen gets an id derived from its smallest record id. Where the
registry knows members, the id follows the people: a group takes the id that most of its known
records had, and of two groups that claim one id the one with more of its records keeps it. Records
of the last release count before records that only earlier ones had, so a group whose records are
those of the last release keeps its id whoever comes back. Ties go to the older id, then to the
smaller text, then to the group with the smaller record id. No id that some record has is derived
anew.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipeline.linkage.database import fetch_number, scan_parquet
from pipeline.linkage.prepare.identity_tables import RECORD
from pipeline.storage import make_folder, replace_file

REGISTRY = "persons.parquet"
LEVELS = {"person_id": "P", "person_id_high": "H", "person_id_low": "L"}
"""Id columns and the letter that their ids start with."""
THRESHOLD_OF = {"person_id": "medium", "person_id_high": "high", "person_id_low": "low"}
"""Id columns and the threshold that they are of, which is also the column of `groups`."""
ID_DIGITS = 31


def registry_file(registry: Path) -> Path:
    """The file in the registry folder that remembers which record had which ids."""
    return registry / REGISTRY


def load_known(connection: duckdb.DuckDBPyConnection, registry: Path) -> int:
    """Make table `known` from the registry, one row a record that some release had.

    Columns: record (its number in `records`; null when it is not there today), source_dataset,
    source_record_id, the id columns, `since` (release that gave it its ids), `seen` (last release
    that had it).

    Returns:
        The number of the release that is being made.
    """
    file = registry_file(registry)
    ids = ", ".join(LEVELS)
    connection.execute(
        "create or replace temp table known "
        f"(record bigint, source_dataset varchar, {RECORD} varchar, "
        f"{', '.join(f'{column} varchar' for column in LEVELS)}, since bigint, seen bigint)"
    )
    if not file.is_file():
        return 0
    # A registry without `seen` knows no record that a release lacked.
    columns = {
        row[0]
        for row in connection.execute(f"describe select * from {scan_parquet(file)}").fetchall()
    }
    seen = "known.seen" if "seen" in columns else "max(known.since) over ()"
    connection.execute(
        "insert into known "
        f"select records.record, source_dataset, {RECORD}, {ids}, known.since, {seen} "
        f"from {scan_parquet(file)} as known left join records using (source_dataset, {RECORD})"
    )
    return fetch_number(connection, "select coalesce(max(seen) + 1, 0) from known")


def load_parts(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `parts` from `groups`: one row for the records that no threshold parts.

    Columns: high, medium, low, first_record, records.
    """
    connection.execute(
        "create or replace temp table parts as "
        "select high, medium, low, min(record) as first_record, count(*) as records "
        "from groups group by high, medium, low"
    )


def load_ids(connection: duckdb.DuckDBPyConnection, release: int) -> None:
    """Make a table `ids_<column>` for each id column, and the view `ids`.

    Columns of a table: cluster, id, first_record, records. Columns of the view: record and the id
    columns. An id is made once for each cluster, and is a text: records have the number of their
    cluster until they are written.

    Args:
        connection: holds `groups`, `parts`, `records` and `known`.
        release: number of the release that is being made.
    """
    connection.execute(_NAMED)
    for column, letter in LEVELS.items():
        connection.execute(_ids(column, letter, release))
    connection.execute("drop table named")
    columns = ", ".join(f"ids_{column}.id as {column}" for column in LEVELS)
    joins = " ".join(
        f"inner join ids_{column} on ids_{column}.cluster = groups.{THRESHOLD_OF[column]}"
        for column in LEVELS
    )
    connection.execute(
        f"create or replace temp view ids as select groups.record, {columns} from groups {joins}"
    )


_NAMED = f"""
create or replace temp table named as
select record, source_dataset || '/' || {RECORD} as name
from records
where record in (select first_record from parts)
"""
"""The names of records that ids are derived from: the first of a cluster is the first of a part."""


def _ids(column: str, letter: str, release: int) -> str:
    """The statement that makes `ids_<column>`."""
    return f"""
        create or replace temp table ids_{column} as
        with firsts as (
            select {THRESHOLD_OF[column]} as cluster, min(first_record) as first_record,
                cast(sum(records) as bigint) as records
            from parts
            group by {THRESHOLD_OF[column]}
        ),

        claims as (
            select
                groups.{THRESHOLD_OF[column]} as cluster,
                known.{column} as id,
                count(*) filter (where known.seen = {release - 1}) as last_records,
                count(*) as records,
                min(known.since) as since
            from groups
            inner join known using (record)
            group by groups.{THRESHOLD_OF[column]}, known.{column}
        ),

        ranked as (
            select
                claims.*,
                row_number() over (
                    partition by cluster order by last_records desc, records desc, since, id
                ) as choice
            from claims
        ),

        kept as (
            select ranked.cluster, ranked.id
            from ranked
            inner join firsts using (cluster)
            where ranked.choice = 1
            qualify row_number() over (
                partition by ranked.id
                    order by ranked.last_records desc, ranked.records desc, firsts.first_record
            ) = 1
        ),

        derived as (
            select
                firsts.*,
                named.name,
                kept.id as kept_id,
                '{letter}' || left(sha256('{column}/' || named.name), {ID_DIGITS}) as id
            from firsts
            inner join named on firsts.first_record = named.record
            left join kept using (cluster)
        )

        select
            derived.cluster,
            case
                when derived.kept_id is not null then derived.kept_id
                when taken.id is not null
                    then '{letter}' || left(sha256('{column}/{release}/'
                        || derived.name), {ID_DIGITS})
                else derived.id
            end as id,
            derived.first_record,
            derived.records
        from derived
        left join (select distinct {column} as id from known) as taken on derived.id = taken.id
    """


def remember_ids(linkage: Path, registry: Path) -> None:
    """Make the ids of a linkage those that the registry knows, in one atomic move.

    To be called when the release of the linkage is out, not before.
    """
    make_folder(registry, mode=0o700)
    with replace_file(registry_file(registry)) as partial:
        shutil.copyfile(linkage / f"registry_{REGISTRY}", partial)
