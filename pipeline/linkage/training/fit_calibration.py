"""Calibrating a model, offline.

    journeys model calibrate MODEL IDENTITY TRUTH [IDENTITY TRUTH ...]

`--keep` adds to the volumes that the file has, for a nation takes long and needs no second time.

Belongs here: linking worlds whose truth is known, and telling the model's file how sure its weights
are. Does not belong here: the curves (weight_calibration), what is unsure (uncertain_merges), and
any scheduled run.

A truth is a Parquet file with source_dataset, source_record_id and true_person_id. Worlds of a like
volume are taken together, so that a small volume can be calibrated on many small worlds. Take other
people than those on whom the calibration is to be judged.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

import duckdb
import numpy as np

from pipeline.linkage.database import fetch_number, open_linkage_database, scan_parquet
from pipeline.linkage.link_records import compare_records
from pipeline.linkage.prepare import load_records as records
from pipeline.linkage.prepare.identity_tables import RECORD
from pipeline.linkage.scoring import model as models
from pipeline.linkage.scoring.model import Model
from pipeline.linkage.training.model_card import write_card
from pipeline.linkage.uncertainty import uncertain_merges, weight_calibration
from pipeline.linkage.uncertainty.weight_calibration import Bools, Calibration, Floats
from pipeline.storage import replace_text

SURELY_CERTAIN = 30.0
"""Weight above which no merge inside a person is looked at while fitting."""
LIKE_VOLUME = 1.0
"""Worlds whose numbers of records are within so many doublings are calibrated together."""
Seen = dict[str, tuple[Floats, Bools]]
"""By curve: weights, and whether each is right."""


@dataclass(frozen=True)
class World:
    """What one world says: the pairs of each curve, and its people.

    Of each person it says whether it misses something that no pair shows (`unseen`), and whether it
    has several records (`is_group`).
    """

    records: int
    seen: Seen
    unseen: Bools
    is_group: Bools


def calibrate_model(
    model: Path, worlds: Sequence[tuple[Path, Path]], *, threads: int = 1, keep: bool = False
) -> None:
    """Fit the calibration of a model and write it into its file and card.

    Args:
        model: model file; rewritten with `calibration`.
        worlds: identity side and truth of each world.
        threads: for linking; they change nothing in what is written.
        keep: the volumes that the file has stay, but for those that a new one is like.

    Raises:
        LinkageError: too few pairs to learn from.
    """
    chosen = models.read_model(model)
    write_calibration(
        model,
        chosen,
        [observe_world(chosen, identity, truth, threads=threads) for identity, truth in worlds],
        keep=keep,
    )


def write_calibration(
    model: Path, chosen: Model, found: Sequence[World], *, keep: bool = False
) -> None:
    """Write what worlds say into the model's file and card."""
    content = json.loads(model.read_text(encoding="utf-8"))
    volumes = [weight_calibration.to_content(fit_worlds(like)) for like in _by_volume(found)]
    sizes = [world.records for world in found]
    if keep and (known := content.get("calibration")):
        volumes += [
            volume
            for volume in known["volumes"]
            if not any(_are_alike(volume["records"], new["records"]) for new in volumes)
        ]
        sizes += [
            size
            for size in known["worlds"]
            if not any(_are_alike(size, world.records) for world in found)
        ]
    content["calibration"] = {
        "worlds": sorted(sizes),
        "volumes": sorted(volumes, key=lambda volume: int(volume["records"])),
    }
    replace_text(model, json.dumps(content, indent=2) + "\n")
    replace_text(model.with_suffix(".md"), write_card(content, chosen))


def fit_worlds(worlds: Sequence[World]) -> Calibration:
    """One calibration from worlds of a like volume."""
    curves = {
        name: weight_calibration.fit_curve(
            *(
                np.concatenate(columns)
                for columns in zip(*(world.seen[name] for world in worlds), strict=True)
            )
        )
        for name in weight_calibration.CURVES
    }
    unseen, is_group = (
        np.concatenate([getattr(world, name) for world in worlds])
        for name in ("unseen", "is_group")
    )
    lone, group = (
        round(float(unseen[chosen].mean()), 6) if chosen.any() else 0.0
        for chosen in (~is_group, is_group)
    )
    return Calibration(
        round(sum(world.records for world in worlds) / len(worlds)), **curves, unseen=(lone, group)
    )


def _are_alike(one: int, other: int) -> bool:
    return abs(log2(one / other)) <= LIKE_VOLUME


def _by_volume(worlds: Sequence[World]) -> Iterator[list[World]]:
    like: list[World] = []
    for world in sorted(worlds, key=lambda world: world.records):
        if like and not _are_alike(world.records, like[0].records):
            yield like
            like = []
        like.append(world)
    if like:
        yield like


def observe_world(model: Model, identity: Path, truth: Path, *, threads: int) -> World:
    """Link a world and look up what is true of each pair and merge."""
    with (
        tempfile.TemporaryDirectory(prefix="calibrate-") as spill,
        open_linkage_database(Path(spill) / "spill", threads=threads, memory="4GB") as connection,
    ):
        count = records.load_records(connection, identity)
        fitting = model.of_volume(count)
        compare_records(connection, fitting, records=count)
        return look_up_truth(connection, fitting, truth, count)


def look_up_truth(
    connection: duckdb.DuckDBPyConnection, model: Model, truth: Path, count: int
) -> World:
    """What is true of each pair and merge of a linked world.

    The connection holds `records`, `record_nodes`, `nodes`, `edges` and `clusters`.
    """
    connection.execute(_TRUE_NODES.format(truth=scan_parquet(truth)))
    rows = connection.execute("select node, true_person from true_nodes").fetchnumpy()
    person = np.full(
        fetch_number(connection, "select max(node) from true_nodes") + 1, -1, dtype=np.int64
    )
    person[rows["node"]] = rows["true_person"]
    unsure = uncertain_merges.find_uncertain_merges(
        connection, medium=model.thresholds["medium"], certain=SURELY_CERTAIN
    )
    inside, offers = unsure.within, unsure.offers
    is_right = person[offers.node_l] == person[offers.node_r]
    is_lone = unsure.size[unsure.owner] == 1
    seen = {
        "pairs": _pairs(connection),
        "within": (inside.weight, person[inside.node_l] == person[inside.node_r]),
        "lone": (offers.weight[is_lone], is_right[is_lone]),
        "group": (offers.weight[~is_lone], is_right[~is_lone]),
    }
    connection.register(
        "shown", {"person": np.concatenate([unsure.owner[is_right], unsure.other[is_right]])}
    )
    people = connection.execute(_UNSEEN).fetchnumpy()
    connection.unregister("shown")
    return World(
        count,
        seen,
        np.asarray(people["is_unseen"], dtype=np.bool_),
        np.asarray(people["is_group"], dtype=np.bool_),
    )


def _pairs(connection: duckdb.DuckDBPyConnection) -> tuple[Floats, Bools]:
    rows = connection.execute(
        "select match_weight, mine.true_person = theirs.true_person as is_right from edges "
        "inner join true_nodes as mine on mine.node = node_l "
        "inner join true_nodes as theirs on theirs.node = node_r"
    ).fetchnumpy()
    order = np.argsort(rows["match_weight"], kind="stable")
    return rows["match_weight"][order], np.asarray(rows["is_right"], dtype=np.bool_)[order]


_TRUE_NODES = (
    """
create or replace temp table true_nodes as
with held as (
    select record_nodes.node, """
    f"""cast(hash(truth.true_person_id) >> 1 as bigint) as true_person, count(*) as records
    from {{truth}} as truth
    inner join records using (source_dataset, {RECORD})
    inner join record_nodes using (record)
    group by record_nodes.node, truth.true_person_id
)

select node, arg_max(true_person, (records, -true_person)) as true_person from held group by node
"""
)

_UNSEEN = (
    """
with cells as (
    select clusters.medium as person, true_nodes.true_person, sum(nodes.size) as records
    from clusters
    inner join nodes using (node)
    inner join true_nodes using (node)
    group by clusters.medium, true_nodes.true_person
),

people as (
    select person, """
    """arg_max(true_person, (records, -true_person)) as true_person, sum(records) as records
    from cells
    group by person
),

parts as (
    select true_person, count(*) as parts from people group by true_person
)

select
    parts.parts > 1 and people.person not in (select person from shown) as is_unseen,
    people.records > 1 as is_group
from people
inner join parts using (true_person)
order by people.person
"""
)
