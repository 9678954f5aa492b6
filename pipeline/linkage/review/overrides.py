"""Reviewed decisions in the linkage: which records must be one person, and which must not.

They are honoured whatever the match weights.

Belongs here: what follows from the decisions for records and nodes, and whether the outcome honours
them. Does not belong here: the file (decisions), how groups are formed (clusters).

A decision is about people: records that must be one person are an entity, and what must not be one
with a record of it must not be one with any of its records, also where the record that was decided
about is not delivered any more. The records of a node share what was decided about one of them,
unless the decisions tell apart records with one name and one birth date: those stay nodes of their
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipeline.errors import LinkageError
from pipeline.linkage.database import fetch_number
from pipeline.linkage.prepare.identifiers import IS_PERSON, IS_WELL_NAMED
from pipeline.linkage.prepare.identity_tables import RECORD
from pipeline.linkage.review.decisions import (
    Decision,
    Record,
    group_connected,
    in_force,
    read_decisions,
)
from pipeline.linkage.scoring.model import THRESHOLDS


@dataclass(frozen=True)
class OverrideSummary:
    """Counts that may be logged, of decisions in force."""

    must_link: int
    must_not_link: int
    unknown: int
    """Decisions that name a record which is not there.

    What follows from them for other records is honoured.
    """
    nameless: int
    """Decisions that name a record which is no person's, such as a company's; it stays alone."""


def load_overrides(connection: duckdb.DuckDBPyConnection, file: Path | None) -> OverrideSummary:
    """Make the tables of decisions from `records`, before records are collapsed to nodes.

    Without the file they are empty.

    `reviewed` (record, entity): records that decisions name, and the entity they are of: the number
    of its first record. `reviewed_apart` (entity_l, entity_r): entities that must not be one
    person. `apart` (record): records that stay nodes of their own, since decisions tell records
    apart that would be one node.

    Raises:
        DecisionError: the file cannot be used.
    """
    standing = in_force(read_decisions(file)) if file else []
    numbers = _entities(standing)
    named = pl.DataFrame(
        [(*record, number) for record, number in numbers.items()],
        schema={"source_dataset": pl.String, RECORD: pl.String, "number": pl.Int64},
        orient="row",
    )
    torn = pl.DataFrame(
        [
            (numbers[decision.left], numbers[decision.right])
            for decision in standing
            if not decision.is_link
        ],
        schema={"number_l": pl.Int64, "number_r": pl.Int64},
        orient="row",
    )
    connection.register("decided", named)
    connection.register("torn", torn)
    connection.execute(_REVIEWED)
    connection.execute(_REVIEWED_APART)
    states = {
        (source, record): is_person
        for source, record, is_person in connection.execute(_STATES).fetchall()
    }
    connection.unregister("decided")
    connection.unregister("torn")
    _load_apart(connection)
    sides = [(states.get(decision.left), states.get(decision.right)) for decision in standing]
    return OverrideSummary(
        must_link=sum(decision.is_link for decision in standing),
        must_not_link=sum(not decision.is_link for decision in standing),
        unknown=sum(None in both for both in sides),
        nameless=sum(False in both for both in sides),
    )


def _entities(standing: Sequence[Decision]) -> dict[Record, int]:
    """The entity of every record that a decision names, by number."""
    links = [(decision.left, decision.right) for decision in standing if decision.is_link]
    alone = [
        (record, record)
        for decision in standing
        if not decision.is_link
        for record in decision.pair
    ]
    return group_connected(links + alone)


_STATES = (
    f"select source_dataset, {RECORD}, {IS_PERSON} "
    f"from records semi join decided using (source_dataset, {RECORD})"
)

_REVIEWED = f"""
create or replace temp table reviewed as
select records.record, decided.number,
    min(records.record) over (partition by decided.number) as entity
from records
inner join decided using (source_dataset, {RECORD})
where {IS_PERSON}
order by records.record
"""

_REVIEWED_APART = """
create or replace temp table reviewed_apart as
with entities as (select distinct number, entity from reviewed)

select distinct least(one.entity, other.entity) as entity_l,
    greatest(one.entity, other.entity) as entity_r
from torn
inner join entities as one on one.number = torn.number_l
inner join entities as other on other.number = torn.number_r
order by all
"""


_EQUAL = f"""
select
    reviewed.record,
    reviewed.entity,
    case when {IS_WELL_NAMED} then min(reviewed.record) over (partition by full_name, birth)
        else reviewed.record end as equal
from reviewed
inner join records using (record)
order by reviewed.record
"""
"""Which reviewed records may be one node: a node has one name and one birth date."""


def _load_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `apart` (record): the records that stay nodes of their own.

    They stay apart where entities that must not be one person might become one through records of
    one node. Only there: a record that is taken from its node takes the decision with it, and the
    others would be as free as before.
    """
    rows = connection.execute(_EQUAL).fetchall()
    together = group_connected((("entity", entity), ("equal", equal)) for _, entity, equal in rows)
    torn = connection.execute("select entity_l, entity_r from reviewed_apart").fetchall()
    conflicts = {
        together["entity", left]
        for left, right in torn
        if together["entity", left] == together["entity", right]
    }
    apart = [record for record, entity, _ in rows if together["entity", entity] in conflicts]
    connection.register("kept", pl.DataFrame({"record": pl.Series(apart, dtype=pl.Int64)}))
    connection.execute("create or replace table apart as select record from kept order by record")
    connection.unregister("kept")


def load_constraints(connection: duckdb.DuckDBPyConnection) -> None:
    """Make tables `must_link` and `must_not_link` (node_l, node_r); node_l is the smaller node.

    They are made from the decisions and `record_nodes`. Each node of an entity is paired with its
    first one. So whoever must not be one person with the entity is paired with that node alone.

    Raises:
        LinkageError: a node holds records that must not be one person; `exact_dedupe` keeps
            those of `apart` as nodes of their own.
    """
    connection.execute(
        """
        create or replace temp table must_link as
        with entity_nodes as (
            select record_nodes.node,
                min(record_nodes.node) over (partition by reviewed.entity) as first_node
            from reviewed
            inner join record_nodes using (record)
        )

        select distinct first_node as node_l, node as node_r
            from entity_nodes where node <> first_node order by all
        """
    )
    connection.execute(
        """
        create or replace temp table must_not_link as
        with entity_nodes as (
            select reviewed.entity, min(record_nodes.node) as node
            from reviewed
            inner join record_nodes using (record)
            group by reviewed.entity
        )

        select distinct least(one.node, other.node) as node_l,
            greatest(one.node, other.node) as node_r
        from reviewed_apart
        inner join entity_nodes as one on one.entity = reviewed_apart.entity_l
        inner join entity_nodes as other on other.entity = reviewed_apart.entity_r
        order by all
        """
    )
    if torn := fetch_number(connection, "select count(*) from must_not_link where node_l = node_r"):
        raise LinkageError(
            f"{torn} nodes hold records that must not be one person: "
            "records in `apart` are to stay nodes of their own"
        )


def count_broken_decisions(connection: duckdb.DuckDBPyConnection) -> int:
    """How many decisions `groups` does not honour, at whichever threshold.

    Counted are records away from their entity, and pairs of entities that were made one.
    """
    moved = " or ".join(f"mine.{threshold} <> first.{threshold}" for threshold in THRESHOLDS)
    joined = " or ".join(f"one.{threshold} = other.{threshold}" for threshold in THRESHOLDS)
    query = f"""
        with placed as (
            select reviewed.record, reviewed.entity,
                {", ".join(f"groups.{threshold}" for threshold in THRESHOLDS)}
            from reviewed
            inner join groups using (record)
        ),

        away as (
            select mine.record from placed as mine
                inner join placed as first on first.record = mine.entity where {moved}
        ),

        made_one as (
            select distinct reviewed_apart.entity_l, reviewed_apart.entity_r
            from reviewed_apart
            inner join placed as one on one.entity = reviewed_apart.entity_l
            inner join placed as other on other.entity = reviewed_apart.entity_r
            where {joined}
        )

        select (select count(*) from away) + (select count(*) from made_one)
    """
    return fetch_number(connection, query)
