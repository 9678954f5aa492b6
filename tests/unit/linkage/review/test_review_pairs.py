from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.errors import LinkageError
from pipeline.linkage.database import open_linkage_database
from pipeline.linkage.review import pair_selection, review_pairs
from pipeline.linkage.review.pair_evidence import load_evidence
from tests.support.scored_pairs import MODEL, load_groups, load_scored, write_kept

Scored = tuple[duckdb.DuckDBPyConnection, int, dict[str, int]]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scored]:
    folder = tmp_path_factory.mktemp("scored")
    with open_linkage_database(folder / "spill", threads=1, memory="500MB") as database:
        yield database, *load_scored(database, folder)


@pytest.fixture
def undecided(scored: Scored) -> Scored:
    for table in ("must_link", "must_not_link"):
        scored[0].execute(f"create or replace temp table {table} (node_l bigint, node_r bigint)")
    return scored


def asked(scored: Scored, most: int = 50) -> list[dict[str, Any]]:
    review_pairs.load_review_pairs(scored[0], MODEL, records=scored[1], most=most)
    return scored[0].execute("select * from review_pairs order by pair").pl().to_dicts()


def kinds(scored: Scored) -> set[tuple[str, int, int]]:
    return {(pair["kind"], pair["node_l"], pair["node_r"]) for pair in asked(scored)}


def test_evidence_adds_up_to_the_weight_that_linked(scored: Scored) -> None:
    database, count, _ = scored
    load_evidence(database, MODEL, pairs="edges", nodes="nodes", records=count)
    sums = "select node_l, node_r, sum(weight + rarity) as total from evidence group by all"
    wrong, pairs = database.execute(
        "select count(*) filter (abs(total - match_weight) > 1e-6), count(*) "
        f"from edges left join ({sums}) using (node_l, node_r)"
    ).fetchone() or (1, 0)
    assert (wrong, pairs > 10) == (0, True)
    assert database.execute("select count(*) from evidence where rarity <> 0").fetchone() != (0,)
    assert database.execute("select distinct level from evidence where place = 0").fetchall() == [
        (None,)
    ]


def test_evidence_that_does_not_add_up_is_not_shown(undecided: Scored) -> None:
    database, count, _ = undecided
    load_groups(database, [])
    database.execute("create or replace table sound as select * from edges")
    database.execute(
        "create or replace table edges as "
        "select node_l, node_r, match_weight + 0.1 as match_weight from sound"
    )
    with pytest.raises(LinkageError, match="does not add up"):
        review_pairs.load_review_pairs(database, MODEL, records=count)
    database.execute("create or replace table edges as select * from sound")


def test_people_who_are_alike_but_two_are_asked_about(undecided: Scored) -> None:
    database, _, node = undecided
    a, b = [node[name] for name in ("a1", "a2", "a3")], [node["b1"], node["b2"]]
    load_groups(database, [a, b])
    strongest = database.execute(
        "select node_l, node_r from edges "
        "where list_contains(?, node_l) <> list_contains(?, node_l) "
        "and (list_contains(?, node_l) and list_contains(?, node_r) "
        "or list_contains(?, node_l) and list_contains(?, node_r)) "
        "order by match_weight desc, node_l, node_r limit 1",
        [a, b, a, b, b, a],
    ).fetchone()
    pair = next(
        pair
        for pair in asked(undecided)
        if pair["kind"] == "held_apart" and {pair["node_l"], pair["node_r"]} & set(b)
    )
    assert (pair["node_l"], pair["node_r"]) == strongest
    assert (pair["is_linked"], pair["chance"], pair["moved"]) == (False, pair_selection.EVEN, 2)
    assert pair["effect"] == pair["chance"] * pair["moved"]
    assert pair["question"] == pair_selection.KINDS["held_apart"]
    assert sum({one["node_l"], one["node_r"]} <= {*a, *b} for one in asked(undecided)) == 1, (
        "two people are asked about once"
    )


def test_chance_below_the_threshold_is_that_of_the_weight(undecided: Scored) -> None:
    load_groups(undecided[0], [])
    found = [pair for pair in asked(undecided, most=500) if pair["kind"] == "below_threshold"]
    assert found
    for pair in found:
        assert pair["chance"] == pytest.approx(1 / (1 + 2 ** -pair["match_weight"]), abs=1e-5)
        assert pair["match_weight"] < MODEL.thresholds["medium"]


def test_parts_of_one_person_that_hang_by_one_pair_are_asked_about(undecided: Scored) -> None:
    database, _, node = undecided
    a, b = [node[name] for name in ("a1", "a2", "a3")], [node["b1"], node["b2"]]
    load_groups(database, [[*a, *b]], high=[a, b])
    bridge = next(pair for pair in asked(undecided) if pair["kind"] == "bridge")
    likely = 1 / (1 + 2 ** -bridge["match_weight"])
    assert (bridge["is_linked"], bridge["moved"]) == (True, 2)
    assert bridge["chance"] == pytest.approx(1 - likely**2, abs=1e-6), (
        "either set of the smaller part could have been more alike"
    )
    assert {bridge["records_a"], bridge["records_b"]} == {2, 3}


def test_contradictions_within_a_person_are_asked_about_until_they_are_decided(
    undecided: Scored,
) -> None:
    database, _, node = undecided
    pair = {name: tuple(sorted((node[name], node["a1"]))) for name in ("c1", "c2")}
    others = [node[name] for name in ("a2", "a3", "b1", "b2")]
    load_groups(database, [[node["a1"], node["c2"]], [node["c1"], *others]])
    assert ("two_police_numbers", *pair["c2"]) in kinds(undecided)
    load_groups(database, [[node["a1"], node["c1"]], [node["c2"], *others]])
    assert len([found for found in kinds(undecided) if found[1:] == pair["c1"]]) == 1, (
        "two births and two police numbers are one question"
    )
    database.execute("insert into must_link values (?, ?)", pair["c1"])
    assert pair["c1"] not in {found[1:] for found in kinds(undecided)}
    database.execute("create or replace temp table must_link (node_l bigint, node_r bigint)")
    load_groups(database, [[node["a2"], node["c1"]], [node["a1"], node["c2"], *others[1:]]])
    assert {kind for kind, *_ in kinds(undecided)} >= {"two_births", "two_police_numbers"}


def test_people_whom_a_clerk_held_apart_are_not_asked_about_again(undecided: Scored) -> None:
    database, _, node = undecided
    load_groups(database, [[node["a1"], node["a2"]], [node["b1"], node["b2"]]])
    assert [
        pair
        for pair in kinds(undecided)
        if pair[0] == "held_apart" and {*pair[1:]} & {node["b1"], node["b2"]}
    ]
    database.execute("insert into must_not_link values (?, ?)", sorted((node["a2"], node["b2"])))
    across = {node[name] for name in ("a1", "a2", "b1", "b2")}
    assert not [pair for pair in kinds(undecided) if {*pair[1:]} <= across]


def test_pairs_are_ranked_and_no_person_takes_all(undecided: Scored) -> None:
    load_groups(undecided[0], [])
    pairs = asked(undecided, most=500)
    assert [pair["pair"] for pair in pairs] == list(range(1, len(pairs) + 1))
    assert [pair["effect"] for pair in pairs] == sorted(
        (pair["effect"] for pair in pairs), reverse=True
    )
    nodes = [node for pair in pairs for node in (pair["node_l"], pair["node_r"])]
    assert max(nodes.count(node) for node in nodes) <= pair_selection.MAX_A_PERSON
    assert [pair["pair"] for pair in asked(undecided, most=2)] == [1, 2]


def test_what_is_kept_is_private_and_the_same_for_any_order_of_rows(tmp_path: Path) -> None:
    first, second = (write_kept(tmp_path / str(shuffle), shuffle=shuffle) for shuffle in (3, 4))
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    for name in review_pairs.FILES:
        file = first / f"{name}.parquet"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_bytes() == (second / file.name).read_bytes()
    members = pl.read_parquet(first / "members.parquet")
    assert members.filter(pl.col("place") == 0).group_by("pair").agg(pl.col("side").sort())[
        "side"
    ].to_list().count(["a", "b"]) == (members["pair"].n_unique())
    assert "days" in members.columns
    assert "birth_digits" not in members.columns
