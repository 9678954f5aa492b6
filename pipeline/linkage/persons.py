"""Person ids of our own, which stay with their people from release to release.

Belongs here: giving ids to groups of records, the registry of ids given before. Does not belong here: who is one person (clusters), what
changed since the last release (crosswalk).

A group of records that nobody has seen gets an id derived from its smallest record id. Where the registry knows members, the id follows
the people: a group takes the id that most of its known records had, and of two groups that claim one id the one with more of its records
keeps it. Records of the last release count before records that only earlier ones had, so a group whose records are those of the last
release keeps its id whoever comes back. Ties go to the older id, then to the smaller text, then to the group with the smaller record id.
No id that some record has is derived anew.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from pipeline.linkage.database import number, scan
from pipeline.linkage.sources import RECORD
from pipeline.storage import literal, make_folder, replace_file

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

    Columns: record (its number in `records`; null when it is not there today), source_dataset, source_record_id, the id columns, `since`
    (release that gave it its ids), `seen` (last release that had it).

    Returns:
        The number of the release that is being made.
    """
    file = registry_file(registry)
    ids = ", ".join(LEVELS)
    connection.execute(
        f"create or replace temp table known (record bigint, source_dataset varchar, {RECORD} varchar, "
        f"{', '.join(f'{column} varchar' for column in LEVELS)}, since bigint, seen bigint)"
    )
    if not file.is_file():
        return 0
    # A registry without `seen` knows no record that a release lacked.
    columns = {row[0] for row in connection.execute(f"describe select * from {scan(file)}").fetchall()}
    seen = "known.seen" if "seen" in columns else "max(known.since) over ()"
    connection.execute(
        f"insert into known select records.record, source_dataset, {RECORD}, {ids}, known.since, {seen} "
        f"from {scan(file)} as known left join records using (source_dataset, {RECORD})"
    )
    return number(connection, "select coalesce(max(seen) + 1, 0) from known")


def load_ids(connection: duckdb.DuckDBPyConnection, release: int) -> None:
    """Make table `ids` (record and the id columns) from `groups`, `records` and `known`."""
    for column, letter in LEVELS.items():
        connection.execute(_ids(column, letter, release))
    columns = ", ".join(f"ids_{column}.id as {column}" for column in LEVELS)
    joins = " ".join(f"inner join ids_{column} on ids_{column}.cluster = groups.{THRESHOLD_OF[column]}" for column in LEVELS)
    connection.execute(f"create or replace temp table ids as select groups.record, {columns} from groups {joins}")
    for column in LEVELS:
        connection.execute(f"drop table ids_{column}")


def _ids(column: str, letter: str, release: int) -> str:
    """The statement that makes `ids_<column>` (cluster, id)."""
    return f"""
        create or replace temp table ids_{column} as
        with members as (
            select record, {THRESHOLD_OF[column]} as cluster from groups
        ),

        firsts as (
            select cluster, min(record) as first_record from members group by cluster
        ),

        claims as (
            select
                members.cluster,
                known.{column} as id,
                count(*) filter (where known.seen = {release - 1}) as last_records,
                count(*) as records,
                min(known.since) as since
            from members
            inner join known using (record)
            group by members.cluster, known.{column}
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
            select
                ranked.cluster,
                ranked.id,
                row_number() over (
                    partition by ranked.id order by ranked.last_records desc, ranked.records desc, firsts.first_record
                ) as place
            from ranked
            inner join firsts using (cluster)
            where ranked.choice = 1
        ),

        derived as (
            select
                firsts.cluster,
                records.source_dataset || '/' || records.{RECORD} as smallest,
                '{letter}' || left(sha256('{column}/' || smallest), {ID_DIGITS}) as id
            from firsts
            inner join records on firsts.first_record = records.record
            where firsts.cluster not in (select cluster from kept where place = 1)
        )

        select cluster, id from kept where place = 1
        union all
        select
            cluster,
            case
                when id in (select {column} from known) then '{letter}' || left(sha256('{column}/{release}/' || smallest), {ID_DIGITS})
                else id
            end as id
        from derived
    """


def write_remembered(connection: duckdb.DuckDBPyConnection, target: Path, release: int) -> None:
    """Write what the registry shall know once this release is out: ids given before and ids given now, by record.

    A record that is in no group today keeps what it had.
    """
    ids = ", ".join(f"ids.{column}" for column in LEVELS)
    same = " and ".join(f"known.{column} = ids.{column}" for column in LEVELS)
    connection.execute(
        f"""
        copy (
            select records.source_dataset, records.{RECORD}, {ids},
                case when {same} then known.since else {release} end as since, cast({release} as bigint) as seen
            from ids
            inner join records using (record)
            left join known using (record)
            union all
            select source_dataset, {RECORD}, {", ".join(LEVELS)}, since, seen from known where record is null
            order by source_dataset, {RECORD}
        ) to {literal(target)} (format parquet, compression zstd)
        """
    )


def remember(linkage: Path, registry: Path) -> None:
    """Make the ids of a linkage those that the registry knows, in one atomic move; for when its release is out, not before."""
    make_folder(registry, mode=0o700)
    with replace_file(registry_file(registry)) as partial:
        shutil.copyfile(linkage / f"registry_{REGISTRY}", partial)
