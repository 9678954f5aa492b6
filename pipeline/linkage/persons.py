"""Person ids of our own, which stay with their people from release to release.

Belongs here: giving ids to groups of records, the registry of ids given before. Does not belong here: who is one person (clusters).

A group of records that nobody has seen gets an id derived from its smallest record id. Where the registry knows members, the id follows
the people: a group takes the id that most of its known records had, and of two groups that claim one id the one with more of its records
keeps it. Ties go to the older id, then to the smaller text, then to the group with the smaller record id. No id that some record has is
derived anew.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.linkage.records import scan

REGISTRY = "persons.parquet"
LEVELS = {"person_id": "P", "person_id_high": "H", "person_id_low": "L"}
"""Id columns and the letter that their ids start with."""
ID_DIGITS = 31


def registry_file(registry: Path) -> Path:
    """The file in the registry folder that remembers which record had which ids."""
    return registry / REGISTRY


def load_known(connection: duckdb.DuckDBPyConnection, registry: Path) -> int:
    """Make table `known` (source_dataset, source_record_id, the id columns, release number `since`).

    Returns:
        The number of the next release.
    """
    file = registry_file(registry)
    columns = ", ".join(f"{column} varchar" for column in LEVELS)
    connection.execute(f"create or replace temp table known (source_dataset varchar, source_record_id varchar, {columns}, since bigint)")
    if not file.is_file():
        return 0
    connection.execute(f"insert into known select source_dataset, source_record_id, {', '.join(LEVELS)}, since from {scan(file)}")
    return int((connection.execute("select coalesce(max(since) + 1, 0) from known").fetchone() or (0,))[0])


def load_ids(connection: duckdb.DuckDBPyConnection, column: str, release: int) -> None:
    """Make table `ids_<column>` (cluster, id) from `members` (cluster, source_dataset, source_record_id) and `known`."""
    letter = LEVELS[column]
    connection.execute(
        f"""
        create or replace temp table ids_{column} as
        with groups as (
            select cluster, min(source_dataset || '/' || source_record_id) as smallest from members group by cluster
        ),

        claims as (
            select members.cluster, known.{column} as id, count(*) as records, min(known.since) as since
            from members
            inner join known using (source_dataset, source_record_id)
            group by members.cluster, known.{column}
        ),

        ranked as (
            select
                claims.*,
                row_number() over (partition by claims.cluster order by claims.records desc, claims.since, claims.id) as choice,
                groups.smallest
            from claims
            inner join groups using (cluster)
        ),

        kept as (
            select
                cluster,
                id,
                row_number() over (partition by id order by records desc, smallest) as place
            from ranked
            where choice = 1
        ),

        derived as (
            select cluster, '{letter}' || left(sha256('{column}/' || smallest), {ID_DIGITS}) as id,
                '{letter}' || left(sha256('{column}/{release}/' || smallest), {ID_DIGITS}) as spare
            from groups
        )

        select
            derived.cluster,
            case
                when kept.id is not null then kept.id
                when derived.id in (select {column} from known) then derived.spare
                else derived.id
            end as id
        from derived
        left join kept on kept.cluster = derived.cluster and kept.place = 1
        """
    )


def write_remembered(connection: duckdb.DuckDBPyConnection, target: Path, release: int) -> None:
    """Write what the registry shall know once this release is out: ids given before and ids given now, by record.

    A record that is in no group today keeps what it had. `since` is the release that first gave the record its ids of today.
    """
    ids = ", ".join(f"person_links.{column}" for column in LEVELS)
    same = " and ".join(f"known.{column} = person_links.{column}" for column in LEVELS)
    connection.execute(
        f"""
        copy (
            with today as (
                select person_links.source_dataset, person_links.source_record_id, {ids},
                    case when {same} then known.since else {release} end as since
                from person_links
                left join known using (source_dataset, source_record_id)
            )

            select * from today
            union all
            select known.* from known anti join today using (source_dataset, source_record_id)
            order by source_dataset, source_record_id
        ) to '{str(target).replace("'", "''")}' (format parquet, compression zstd)
        """
    )


def remember(linkage: Path, registry: Path) -> None:
    """Make the ids of a linkage those that the registry knows, in one atomic move; for when its release is out, not before."""
    registry.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = registry / f".{REGISTRY}.partial"
    partial.write_bytes((linkage / f"registry_{REGISTRY}").read_bytes())
    partial.replace(registry_file(registry))
