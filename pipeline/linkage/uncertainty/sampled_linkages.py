"""Plausible linkages: what the people would be if every unsure merge were drawn anew, twenty times.

Belongs here: drawing, the people of each draw, their ids. Does not belong here: what is unsure
(uncertain_merges), how sure (weight_calibration), pooling estimates over draws (pooling).

In a draw each merge inside a person stands with its probability, and each person that is offered to
larger ones joins at most one of them, with the probability of that offer. What then hangs together
is a person of the draw. The random number of a merge is a hash of the source records at its ends
and of the draw, so it is the same for any order of rows, any number of threads, and in the next
release too. Only records whose person differs from `person_id` are told: `person_link_draw` (draw,
source_dataset, source_record_id, person_id). Every other record has its `person_id` in that draw;
`PERSONS_OF_DRAWS` is the query that says so.

A person that is parted or joined keeps its id where most of its records are (the part with the
smaller record where two have as many), and where two people come together the one with more records
does. Parts that keep no id get one derived from their smallest record.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.linkage.arrays.connected_components import label_components
from pipeline.linkage.clustering.person_ids import ID_DIGITS, LEVELS
from pipeline.linkage.database import fetch_number
from pipeline.linkage.uncertainty.uncertain_merges import Bools, Floats, Ints, Numbers, Unsure
from pipeline.linkage.uncertainty.weight_calibration import Calibration

DRAWS = 20
"""Linkages that are drawn; numbered from 1."""
Keys = npt.NDArray[np.uint64]
_GOLDEN, _FIRST, _SECOND = (
    np.uint64(number) for number in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)
_OWN = np.uint64(0xD1B54A32D192ED03)

PERSONS_OF_DRAWS = (
    """
    select draws.draw, links.source_dataset, links.source_record_id, """
    f"""coalesce(drawn.person_id, links.person_id) as person_id
    from person_link as links
    cross join (select unnest(range(1, {DRAWS + 1})) as draw) as draws
    left join person_link_draw as drawn
        on draws.draw = drawn.draw and links.source_dataset = drawn.source_dataset """
    """and links.source_record_id = drawn.source_record_id
"""
)
"""Query over a release: the person of every record in every draw."""


def compute_chances(unsure: Unsure, calibration: Calibration) -> tuple[Floats, Floats]:
    """Probability of each merge inside a person, and of each offer.

    Offers of one person never add up to more than one.
    """
    is_lone = unsure.size[unsure.owner] == 1
    offers = np.where(
        is_lone, calibration.lone(unsure.offers.weight), calibration.group(unsure.offers.weight)
    )
    if len(offers):
        _, place = np.unique(unsure.owner, return_inverse=True)
        offers = offers / np.maximum(np.bincount(place, offers)[place], 1.0)
    return calibration.within(unsure.within.weight), offers


def load_draws(
    connection: duckdb.DuckDBPyConnection,
    unsure: Unsure,
    calibration: Calibration,
    *,
    draws: int = DRAWS,
) -> int:
    """Make table `person_link_draw` from what is unsure; give the number of its rows.

    The connection holds `records`, `record_nodes`, `groups` and `ids_person_id`.
    """
    parts = _drawn_parts(unsure, calibration, draws)
    changed = _changed(parts)
    nodes = _nodes_of(unsure, changed["part"].unique())
    for name, frame in (("changed_parts", changed), ("part_nodes", nodes)):
        connection.register(name, frame.to_arrow())
    connection.execute(_TOLD)
    for name in ("changed_parts", "part_nodes"):
        connection.unregister(name)
    return fetch_number(connection, "select count(*) from person_link_draw")


def load_no_draws(connection: duckdb.DuckDBPyConnection) -> None:
    """Make an empty `person_link_draw`: links that were delivered come without probabilities."""
    connection.execute(
        "create or replace temp table person_link_draw "
        "(draw bigint, source_dataset varchar, source_record_id varchar, person_id varchar)"
    )


def draw_uniform(keys: Keys, draw: int) -> Floats:
    """A number in [0, 1) for each key in a draw (splitmix64, Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        mixed = keys + np.uint64(draw) * _GOLDEN
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        mixed = mixed ^ (mixed >> np.uint64(31))
    numbers: Floats = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers


def draw_outcomes(
    unsure: Unsure, calibration: Calibration, draws: int
) -> Iterator[tuple[int, Bools, Bools]]:
    """For each draw its number, which merges inside people stand, and which offers are taken."""
    within, offers = compute_chances(unsure, calibration)
    inside = unsure.within
    with np.errstate(over="ignore"):
        edge = unsure.first[inside.node_l].astype(np.uint64) * _OWN + unsure.first[
            inside.node_r
        ].astype(np.uint64)
    owner = unsure.first[unsure.owner].astype(np.uint64) ^ _OWN
    ends = np.cumsum(offers)
    starts_anew = (
        np.r_[True, unsure.owner[1:] != unsure.owner[:-1]]
        if len(offers)
        else np.zeros(0, dtype=np.bool_)
    )
    before = (ends - offers)[starts_anew][np.cumsum(starts_anew) - 1] if len(offers) else ends
    upper = ends - before
    for draw in range(1, draws + 1):
        number = draw_uniform(owner, draw)
        yield draw, draw_uniform(edge, draw) < within, (upper - offers <= number) & (number < upper)


def _drawn_parts(unsure: Unsure, calibration: Calibration, draws: int) -> pl.DataFrame:
    """The parts of people that a draw touches, and which of them are together in it.

    Columns: draw, together, part, person, records, first.
    """
    vertices, person, size, first = _vertices(unsure)
    left, right = (
        np.searchsorted(vertices, unsure.part_of[ends])
        for ends in (unsure.within.node_l, unsure.within.node_r)
    )
    mine, theirs = (
        np.searchsorted(vertices, unsure.part_of[ends])
        for ends in (unsure.offers.node_l, unsure.offers.node_r)
    )
    tied_l, tied_r = _ties(person, left, right)
    nothing = vertices[:0]
    frames = [_drawn(0, nothing, nothing, nothing, nothing, first[:0])]
    for draw, stands, taken in draw_outcomes(unsure, calibration, draws):
        touched = np.zeros(len(unsure.person_of), dtype=np.bool_)
        for ends in (left[~stands], mine[taken], theirs[taken]):
            touched[person[ends]] = True
        ends_l, ends_r = (
            np.concatenate(ends)
            for ends in (
                (left[stands], mine[taken], tied_l),
                (right[stands], theirs[taken], tied_r),
            )
        )
        together = label_components(ends_l, ends_r, len(vertices))
        rows = np.flatnonzero(touched[person])
        frames.append(
            _drawn(draw, together[rows], vertices[rows], person[rows], size[rows], first[rows])
        )
    return pl.concat(frames)


def _vertices(unsure: Unsure) -> tuple[Ints, Ints, Ints, Numbers]:
    """Every part that something unsure is about, in order, with person, records and first record.

    The other parts of its person are there too.
    """
    asked = np.zeros(len(unsure.person_of), dtype=np.bool_)
    for found in (unsure.within, unsure.offers):
        for ends in (found.node_l, found.node_r):
            asked[unsure.person_of[ends]] = True
    nodes = np.flatnonzero((unsure.person_of >= 0) & asked[unsure.person_of])
    vertices, place = np.unique(unsure.part_of[nodes], return_inverse=True)
    size = np.bincount(place, unsure.records[nodes], minlength=len(vertices)).astype(np.int32)
    first = np.full(len(vertices), np.iinfo(np.int64).max)
    np.minimum.at(first, place, unsure.first[nodes])
    return vertices, unsure.person_of[vertices], size, first


def _ties(
    person: Ints, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
) -> tuple[Ints, Ints]:
    """Pairs of parts of one person that no edge at all joins.

    Something other than a weight holds them together, and always does.
    """
    trees = label_components(left, right, len(person))
    heads = np.unique(trees, return_index=True)[1]
    heads = heads[np.lexsort((heads, person[heads]))]
    follows = np.flatnonzero(person[heads][1:] == person[heads][:-1])
    return heads[follows].astype(np.int32), heads[follows + 1].astype(np.int32)


def _drawn(
    draw: int, together: Ints, part: Ints, person: Ints, size: Ints, first: Numbers
) -> pl.DataFrame:
    columns = {
        "together": together,
        "part": part,
        "person": person,
        "records": size,
        "first": first,
    }
    return pl.DataFrame({"draw": np.full(len(part), draw, dtype=np.int64), **columns})


def _changed(parts: pl.DataFrame) -> pl.DataFrame:
    """draw, part, keeps, first: parts whose records are not of their own person in a draw.

    `keeps` is a record of the person whose id they have; without one they have an id derived from
    record `first`.
    """
    meets = parts.group_by("draw", "together", "person").agg(
        pl.col("records").sum(), pl.col("first").min()
    )
    stays = meets.sort(
        "draw", "person", "records", "first", descending=[False, False, True, False]
    ).unique(["draw", "person"], keep="first", maintain_order=True)
    named = (
        stays.sort("draw", "together", "records", "first", descending=[False, False, True, False])
        .unique(["draw", "together"], keep="first", maintain_order=True)
        .select("draw", "together", named="person", keeps="first")
    )
    smallest = parts.group_by("draw", "together").agg(pl.col("first").min())
    told = (
        parts.drop("first")
        .join(named, on=["draw", "together"], how="left")
        .join(smallest, on=["draw", "together"])
    )
    return told.filter(pl.col("named").is_null() | (pl.col("named") != pl.col("person"))).select(
        "draw", "part", "keeps", "first"
    )


def _nodes_of(unsure: Unsure, parts: pl.Series) -> pl.DataFrame:
    asked = np.zeros(len(unsure.person_of), dtype=np.bool_)
    asked[parts.to_numpy()] = True
    nodes = np.flatnonzero((unsure.person_of >= 0) & asked[unsure.part_of])
    return pl.DataFrame({"node": nodes, "part": unsure.part_of[nodes]})


_TOLD = (
    f"""
create or replace temp table person_link_draw as
with names as (
    select
        records.record,
        people.id as person_id,
        '{LEVELS["person_id"]}'
        || left(sha256('draw/' || records.source_dataset || '/' || records.source_record_id), """
    f"""{ID_DIGITS}) as derived
    from records
    inner join groups using (record)
    inner join ids_person_id as people on groups.medium = people.cluster
    where records.record in """
    """(select keeps from changed_parts union all select first from changed_parts)
)

select changed_parts.draw, records.source_dataset, records.source_record_id, """
    """coalesce(kept.person_id, own.derived) as person_id
from changed_parts
inner join part_nodes using (part)
inner join record_nodes using (node)
inner join records using (record)
left join names as kept on changed_parts.keeps = kept.record
inner join names as own on changed_parts.first = own.record
"""
)
