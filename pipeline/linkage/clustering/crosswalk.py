"""How person ids changed from the last release to this one, and what that does to headline counts.

The last release is the one that the registry holds; every person id of it is followed.

Belongs here: comparing two releases' ids. Does not belong here: giving ids (person_ids), why
records are one person (clusters).

A previous person is followed by its records that are still there:

- `merged`: all of them are now in one other person.
- `split`: some left for a person that was not there before; `moved`: some left for a person that
  was. The rest stay (`kept`) or leave too.
- `gone`: none of its records is there today. `returned`: a person of an earlier release, absent
  from the last one, is back.
- `new`: a person none of whose records was in the last release.

Persons that lost no record and kept their id are not listed, so an id that is not listed means whom
it meant, with or without new records.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.clustering.person_ids import LEVELS, THRESHOLD_OF

CROSSWALK = (
    "select threshold, previous_person_id, person_id, kind, records "
    "from person_crosswalk order by all"
)
"""Rows of the crosswalk in their order."""
STAGES = (
    "last release",
    "records of both, links then",
    "records of both, links now",
    "this release",
)
"""Stages of the headline counts from the last release to this one.

The steps between them: the gone records are left out, the links are those of now, the new records
are added.
"""


def load_crosswalk(connection: duckdb.DuckDBPyConnection, release: int) -> None:
    """Make table `person_crosswalk` from `known` and `ids`.

    Columns: threshold, previous_person_id, person_id, kind, records. `records` are those of the
    last release that went this way; of `new` and `returned` people, those of today. Without an
    earlier release the table is empty.
    """
    connection.execute(
        "create or replace temp table person_crosswalk "
        "(threshold varchar, previous_person_id varchar, person_id varchar, "
        "kind varchar, records bigint)"
    )
    if release > 0:
        for column in LEVELS:
            connection.execute(f"insert into person_crosswalk {_changes(column, release)}")


def _changes(column: str, release: int) -> str:
    """Query for the rows of one threshold."""
    return f"""
        with last as (
            select record, {column} as id from known where seen = {release - 1}
        ),

        before as (
            select id, count(*) as records from last group by id
        ),

        today as (
            select {column} as id, count(*) as records from ids group by {column}
        ),

        flow as (
            select last.id as previous, ids.{column} as id, count(*) as records
            from last
            inner join ids using (record)
            group by last.id, ids.{column}
        ),

        torn as (
            select previous, count(*) as destinations
            from flow
            group by previous
            having count(*) filter (where id <> previous) > 0
        ),

        changes as (
            select
                flow.previous,
                flow.id,
                case
                    when flow.previous = flow.id then 'kept'
                    when torn.destinations = 1 then 'merged'
                    when flow.id in (select id from before) then 'moved'
                    else 'split'
                end as kind,
                flow.records
            from flow
            inner join torn using (previous)
            union all
            select id, null, 'gone', records from before where id not in (select previous from flow)
            union all
            select
                null,
                id,
                case when id in (select {column} from known) then 'returned' else 'new' end,
                records
            from today
            where id not in (select id from flow)
        )

        select '{THRESHOLD_OF[column]}', previous, id, kind, records from changes
    """


def load_effect(connection: duckdb.DuckDBPyConnection, release: int) -> None:
    """Add to `link_quality` the headline counts at each of `STAGES`; nothing where no id changed.

    Counted are people at the medium threshold, and people with records in both sources of a pair:
    of the prison and probation pair, those whose recalls can be seen at all.
    """
    changed = connection.execute(
        "select count(*) from person_crosswalk where threshold = 'medium'"
    ).fetchone()
    if not changed or not changed[0]:
        return
    last = f"known.seen = {release - 1}"
    states = (
        f"select known.person_id as id, known.source_dataset from known where {last}",
        (
            "select known.person_id as id, known.source_dataset "
            f"from known where {last} and known.record is not null"
        ),
        (
            "select ids.person_id as id, known.source_dataset "
            f"from known inner join ids using (record) where {last}"
        ),
        (
            "select ids.person_id as id, records.source_dataset "
            "from ids inner join records using (record)"
        ),
    )
    for stage, state in zip(STAGES, states, strict=True):
        connection.execute(
            f"""
            insert into link_quality by name
            with people as (
                select id, list_sort(list_distinct(list(source_dataset))) as sources
                    from ({state}) group by id
            ),

            seen_in as (
                select sources, count(*) as persons from people group by sources
            ),

            counted as (
                select 'persons_between_releases' as measure, 'all' as source_pair,
                    sum(persons) as value from seen_in
                union all
                select
                    'persons_in_both_between_releases',
                    one.source || ' x ' || other.source,
                    sum(seen_in.persons)
                from seen_in, unnest(seen_in.sources) as one (source),
                    unnest(seen_in.sources) as other (source)
                where one.source < other.source
                group by one.source, other.source
            )

            select measure, source_pair, '{stage}' as category, cast(value as double) as value
            from counted
            where value is not null
            """
        )
