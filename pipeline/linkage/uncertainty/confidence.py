"""How sure each person is, and each record in it.

Belongs here: adding up the probabilities of merges. Does not belong here: what is unsure
(uncertain_merges), how sure (weight_calibration).

`person_confidence` (person_id, record_count, purity, wholeness, confidence), one row a person:
- `purity`: probability that all its records are of one person: every unsure merge inside it is
  right.
- `wholeness`: probability that no other record is of the same person: it is one with none of those
  it is offered to, none that is offered to it is one with it, and nothing is missing that no pair
  shows (`unseen`, a share of the model).
- `confidence`: both, as if one said nothing of the other.

`record_confidence` (source_dataset, source_record_id, confidence) has the records that are not
certain to belong to their person: the probability that all merges between a record and the largest
part of its person are right. Every record that is not there is certain.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.linkage.uncertainty import sampled_linkages
from pipeline.linkage.uncertainty.uncertain_merges import Ints, Unsure
from pipeline.linkage.uncertainty.weight_calibration import Calibration, Floats

DIGITS = 6
"""Decimals that a probability is told with."""


def load_confidence(
    connection: duckdb.DuckDBPyConnection, unsure: Unsure, calibration: Calibration
) -> None:
    """Make tables `person_confidence` and `record_confidence` from what is unsure.

    The connection holds `records`, `record_nodes`, `groups` and `ids_person_id`.
    """
    inside, offered = sampled_linkages.compute_chances(unsure, calibration)
    pure = _product(unsure, [(unsure.person_of[unsure.within.node_l], inside)])
    none_taken = 1 - np.bincount(unsure.owner, offered, minlength=len(unsure.person_of))
    whole = np.maximum(none_taken, 0.0) * _product(unsure, [(unsure.other, 1 - offered)])
    size = unsure.size
    whole *= 1 - np.where(size > 1, calibration.unseen[1], calibration.unseen[0])
    people = np.flatnonzero((size > 0) & ((pure < 1) | (whole < 1)))
    frames = {
        "unsure_people": pl.DataFrame(
            {"record": unsure.first[people], "purity": pure[people], "wholeness": whole[people]}
        ),
        "unsure_nodes": _nodes(unsure, inside),
    }
    for name, frame in frames.items():
        connection.register(name, frame.to_arrow())
    connection.execute(_PEOPLE.format(alone=1 - calibration.unseen[0]))
    connection.execute(_RECORDS)
    for name in frames:
        connection.unregister(name)


def load_no_confidence(connection: duckdb.DuckDBPyConnection) -> None:
    """Make both tables empty."""
    connection.execute(
        "create or replace temp table person_confidence "
        "(person_id varchar, record_count bigint, "
        "purity double, wholeness double, confidence double)"
    )
    connection.execute(
        "create or replace temp table record_confidence "
        "(source_dataset varchar, source_record_id varchar, confidence double)"
    )


def _product(unsure: Unsure, factors: list[tuple[npt.NDArray[np.int32], Floats]]) -> Floats:
    """By person, the product of its factors."""
    told = np.zeros(len(unsure.person_of))
    with np.errstate(divide="ignore"):
        for person, factor in factors:
            told += np.bincount(person, np.log(np.maximum(factor, 0.0)), minlength=len(told))
    product: Floats = np.exp(told)
    return product


def _nodes(unsure: Unsure, inside: Floats) -> pl.DataFrame:
    """node, confidence: nodes outside the largest part of their person."""
    left, right = unsure.part_of[unsure.within.node_l], unsure.part_of[unsure.within.node_r]
    sure = _reached(unsure, left, right, inside)
    nodes = np.flatnonzero(unsure.person_of >= 0)
    nodes = nodes[sure[unsure.part_of[nodes]] < 1]
    return pl.DataFrame({"node": nodes, "confidence": sure[unsure.part_of[nodes]]})


def _reached(unsure: Unsure, left: Ints, right: Ints, inside: Floats) -> Floats:
    """By part, the product of probabilities along the tree from the largest part of its person."""
    sure = np.ones(len(unsure.person_of))
    is_reached = np.ones(len(sure), dtype=np.bool_)
    is_reached[np.concatenate([left, right])] = False
    is_reached[_largest(unsure, np.unique(np.concatenate([left, right])))] = True
    waiting = np.arange(len(left))
    while len(waiting):
        forth = is_reached[left[waiting]]
        now = forth | is_reached[right[waiting]]
        if not now.any():
            break
        near = np.where(forth, left[waiting], right[waiting])[now]
        far = np.where(forth, right[waiting], left[waiting])[now]
        sure[far], is_reached[far] = sure[near] * inside[waiting[now]], True
        waiting = waiting[~now]
    return sure


def _largest(unsure: Unsure, parts: Ints) -> Ints:
    """Of the parts of each person, the one with most records.

    Of parts as large, it is the one with the smallest node.
    """
    nodes = np.flatnonzero(unsure.person_of >= 0)
    size = np.bincount(
        unsure.part_of[nodes], unsure.records[nodes], minlength=len(unsure.person_of)
    )[parts]
    person = unsure.person_of[parts]
    order = np.lexsort((parts, -size, person))
    first = (
        np.r_[True, person[order][1:] != person[order][:-1]]
        if len(order)
        else np.zeros(0, dtype=np.bool_)
    )
    return parts[order][first]


_PEOPLE = f"""
create or replace temp table person_confidence as
with judged as (
    select groups.medium as cluster, unsure_people.purity, unsure_people.wholeness
    from unsure_people
    inner join groups using (record)
),

told as (
    select
        people.id as person_id,
        people.records as record_count,
        coalesce(judged.purity, 1.0) as purity,
        coalesce(judged.wholeness, {{alone}}) as wholeness
    from ids_person_id as people
    left join judged using (cluster)
)

select
    person_id,
    record_count,
    round(purity, {DIGITS}) as purity,
    round(wholeness, {DIGITS}) as wholeness,
    round(purity * wholeness, {DIGITS}) as confidence
from told
"""

_RECORDS = (
    """
create or replace temp table record_confidence as
select records.source_dataset, records.source_record_id, """
    f"""round(unsure_nodes.confidence, {DIGITS}) as confidence
from unsure_nodes
inner join record_nodes using (node)
inner join records using (record)
"""
)
