from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.linkage.database import open_linkage_database
from pipeline.linkage.uncertainty import sampled_linkages, uncertain_merges, uncertainty_tables
from pipeline.linkage.uncertainty.weight_calibration import Calibration, Curve
from tests.support.uncertain_links import fill

MEDIUM = 5.0


def _calibration(within: float = 0.8, lone: float = 0.6, group: float = 0.3) -> Calibration:
    def level(chance: float) -> Curve:
        return Curve(((10.0, chance), (20.0, 1.0))) if chance == within else Curve(((0.0, chance),))

    return Calibration(1000, level(within), level(within), level(lone), level(group), (0.02, 0.01))


def _drawn(
    database: duckdb.DuckDBPyConnection,
    calibration: Calibration,
    count: int = sampled_linkages.DRAWS,
) -> pl.DataFrame:
    unsure = uncertain_merges.find_uncertain_merges(
        database, medium=MEDIUM, certain=calibration.certain_weight
    )
    sampled_linkages.load_draws(database, unsure, calibration, draws=count)
    return database.execute(uncertainty_tables.TABLES["person_link_draw"]).pl()


def _groups(database: duckdb.DuckDBPyConnection, count: int) -> list[set[frozenset[str]]]:
    """The people of each draw, as sets of records, after the query that analysts use."""
    database.execute("create or replace temp view person_link as select * from person_links")
    rows = database.execute(
        sampled_linkages.PERSONS_OF_DRAWS.replace(
            f"range(1, {sampled_linkages.DRAWS + 1})", f"range(1, {count + 1})"
        )
    ).pl()
    sized = rows.group_by("draw", "person_id").agg(pl.col("source_record_id").sort())
    return [
        {frozenset(group) for group in sized.filter(draw=draw)["source_record_id"]}
        for draw in range(1, count + 1)
    ]


def _chain(first: int) -> tuple[list[list[int]], list[tuple[int, int, float]]]:
    """A person of three records, one on a weak edge; a lone record offered to it and to another
    person.
    """
    person, other, lone = [first, first + 2, first + 4], [first + 6, first + 8], [first + 10]
    edges = [(first, first + 2, 30.0), (first + 2, first + 4, 8.0), (first + 6, first + 8, 30.0)]
    return [person, other, lone], [
        *edges,
        (first + 4, first + 10, 1.0),
        (first + 8, first + 10, 0.5),
    ]


def _many(count: int) -> tuple[list[list[int]], list[tuple[int, int, float]]]:
    chains = [_chain(first * 20) for first in range(1, count + 1)]
    return [person for people, _ in chains for person in people], [
        edge for _, edges in chains for edge in edges
    ]


def test_rows_and_threads_in_any_order_draw_the_same(tmp_path: Path) -> None:
    told = []
    for threads, seed in ((1, 0), (2, 7), (2, 8)):
        with open_linkage_database(
            tmp_path / "spill", threads=threads, memory="500MB"
        ) as connection:
            fill(connection, *_many(60), seed=seed, twice=True)
            told.append((_drawn(connection, _calibration()), seed))
    assert told[0][0].height > 100
    assert all(frame.equals(told[0][0]) for frame, _ in told)


def test_merges_hold_as_often_as_they_should(database: duckdb.DuckDBPyConnection) -> None:
    """Over 60 people and 50 draws: the weak edge in 80 of 100, the offers in 60 of 100 and never
    both.
    """
    fill(database, *_many(60))
    halves = {"held": 0, "first": 0, "second": 0}
    for people in _groups_of(database, 50):
        together = {record: group for group in people for record in group}
        for first in range(20, 20 * 61, 20):
            halves["held"] += f"r{first + 4}" in together[f"r{first + 2}"]
            to_first, to_second = (
                f"r{first + 10}" in together[f"r{first + 4}"],
                f"r{first + 10}" in together[f"r{first + 8}"],
            )
            assert not (to_first and to_second)
            halves["first"] += to_first
            halves["second"] += to_second
    assert halves["held"] / 3000 == pytest.approx(0.8, abs=0.03)
    assert (halves["first"] + halves["second"]) / 3000 == pytest.approx(1.0, abs=0.001), (
        "two offers of .6 share what is certain"
    )
    assert halves["first"] / 3000 == pytest.approx(0.5, abs=0.04)


def _groups_of(database: duckdb.DuckDBPyConnection, count: int) -> list[set[frozenset[str]]]:
    _drawn(database, _calibration(), count)
    return _groups(database, count)


def test_every_draw_has_every_record_once(database: duckdb.DuckDBPyConnection) -> None:
    people, edges = _many(30)
    fill(database, people, edges, twice=True)
    everyone = {f"r{node + copy}" for person in people for node in person for copy in (0, 1)}
    found = _groups_of(database, 20)
    assert len({frozenset(groups) for groups in found}) > 10
    for groups in found:
        assert sum(map(len, groups)) == len(everyone)
        assert set().union(*groups) == everyone


def test_only_what_differs_is_told_and_ids_stay_with_most_records(
    database: duckdb.DuckDBPyConnection,
) -> None:
    fill(database, *_chain(20))
    told = _drawn(database, _calibration(within=0.0001, lone=1.0))
    where = {
        record: set(told.filter(source_record_id=record)["person_id"])
        for record in told["source_record_id"].unique()
    }
    assert where["r30"] == {"P26"}, "the lone record joins the larger person under that person's id"
    derived = where["r24"] - {"P30"}
    assert "P30" in where["r24"], (
        "the part that is parted off goes with the lone record, whose id nobody else has"
    )
    assert len(derived) == 1, "alone it has a derived id, the same in every draw"
    assert all(person.startswith("P") and len(person) == 32 for person in derived)
    assert set(where) == {"r24", "r30"}


def test_records_of_others_change_no_draw(database: duckdb.DuckDBPyConnection) -> None:
    people, edges = _many(20)
    fill(database, people, edges)
    before = _drawn(database, _calibration())
    fill(database, [*people, [9000, 9002], [9004]], [*edges, (9000, 9002, 7.0), (9002, 9004, 1.0)])
    after = _drawn(database, _calibration())
    strangers = ["r9000", "r9002", "r9004"]
    assert after.filter(~pl.col("source_record_id").is_in(strangers)).equals(before)
    assert after.height > before.height


def test_people_kept_apart_above_the_threshold_are_not_offered(
    database: duckdb.DuckDBPyConnection,
) -> None:
    fill(database, [[2], [4], [6]], [(2, 4, 9.0), (2, 6, 1.0)])
    unsure = uncertain_merges.find_uncertain_merges(database, medium=MEDIUM, certain=20.0)
    assert list(zip(unsure.owner, unsure.other, strict=True)) == [(6, 2)]


def test_what_no_edge_holds_stays_together(database: duckdb.DuckDBPyConnection) -> None:
    """A person joined by a clerk's decision, or by a chain that the edges do not show, falls apart
    only where an edge is weak.
    """
    fill(database, [[2, 4, 6, 8]], [(2, 4, 8.0), (6, 8, 30.0)])
    for groups in _groups_of(database, 20):
        assert groups in (
            {frozenset({"r2", "r4", "r6", "r8"})},
            {frozenset({"r2", "r6", "r8"}), frozenset({"r4"})},
        )


def test_decisions_and_conflicts_are_honoured_in_every_draw(
    database: duckdb.DuckDBPyConnection,
) -> None:
    """10 must not be one with 6, which 8 might join: 10 and 6 are offered to nobody. 12 contradicts
    2 and is offered to 8 alone.
    """
    fill(
        database,
        [[2, 4], [6, 7], [8, 9], [10], [12]],
        [
            (2, 4, 30.0),
            (6, 7, 30.0),
            (8, 9, 30.0),
            (6, 8, 1.0),
            (8, 10, 1.0),
            (2, 10, 1.0),
            (4, 12, 1.0),
            (9, 12, 1.0),
        ],
    )
    for name, pair in (("conflicts", (2, 12)), ("must_not_link", (6, 10))):
        database.execute(
            f"create or replace temp table {name} as "
            f"select {pair[0]} as node_l, {pair[1]} as node_r"
        )
    try:
        unsure = uncertain_merges.find_uncertain_merges(database, medium=MEDIUM, certain=20.0)
    finally:
        database.execute("drop table conflicts; drop table must_not_link")
    assert list(zip(unsure.owner, unsure.other, strict=True)) == [(12, 8)]


def test_a_rival_makes_an_offer_less_sure() -> None:
    owner = np.array([1, 1, 2])
    alone = uncertain_merges.against_rivals(owner, np.array([0.0, 0.0, 0.0]))
    assert alone == pytest.approx([-1.0, -1.0, 0.0])


def test_nothing_unsure_draws_nothing(database: duckdb.DuckDBPyConnection) -> None:
    fill(database, [[2, 4], [6]], [(2, 4, 30.0)])
    assert _drawn(database, _calibration()).height == 0
    uncertainty_tables.load_nothing(database)
    assert all(
        database.execute(query).fetchall() == [] for query in uncertainty_tables.TABLES.values()
    )


def test_confidence_multiplies_what_can_be_wrong(database: duckdb.DuckDBPyConnection) -> None:
    people, edges = _chain(20)
    fill(database, [*people, [40, 42]], [*edges[:4], (40, 42, 30.0)])
    uncertainty_tables.load_uncertainty_tables(database, _calibration(), medium=MEDIUM)
    told = {
        row[0]: row[1:]
        for row in database.execute(uncertainty_tables.TABLES["person_confidence"]).fetchall()
    }
    assert told["P20"] == (3, 0.8, pytest.approx(0.4 * 0.99), pytest.approx(0.8 * 0.4 * 0.99))
    assert told["P26"] == (2, 1.0, 0.99, 0.99)
    assert told["P30"] == (1, 1.0, pytest.approx(0.4 * 0.98), pytest.approx(0.4 * 0.98))
    assert told["P40"] == (2, 1.0, 0.99, 0.99)
    assert database.execute(uncertainty_tables.TABLES["record_confidence"]).fetchall() == [
        ("prison", "r24", 0.8)
    ]
