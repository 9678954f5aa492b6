from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest

from pipeline.linkage.clusters import load_clusters
from pipeline.linkage.model import Model

MODEL = Model("person_test", 1.0, {"high": 12.0, "medium": 5.0, "low": 1.0}, {})
ONE, OTHER, SLIP = "2003/0000123X", "2009/0765432Y", "2003/0000124X"


def _clusters(
    database: duckdb.DuckDBPyConnection, nodes: Mapping[int, tuple[str | None, int]], edges: list[tuple[int, int, float]]
) -> dict[str, list[list[int]]]:
    """Groups at each threshold, of nodes given as number -> (police number, records)."""
    database.execute("create or replace temp table nodes (node bigint, pnc varchar, size bigint)")
    database.execute("create or replace temp table edges (node_l bigint, node_r bigint, match_weight double)")
    database.executemany("insert into nodes values (?, ?, ?)", [(node, pnc, size) for node, (pnc, size) in nodes.items()])
    if edges:
        database.executemany("insert into edges values (?, ?, ?)", edges)
    load_clusters(database, MODEL)
    found = {}
    for threshold in ("high", "medium", "low"):
        query = f"select min(node) = any_value({threshold}), list_sort(list(node)) from clusters group by {threshold} order by 2"
        rows = database.execute(query).fetchall()
        assert all(is_smallest for is_smallest, _ in rows), "a group's number is its smallest node"
        found[threshold] = [members for _, members in rows]
    return found


def test_weight_on_the_threshold_holds(database: duckdb.DuckDBPyConnection) -> None:
    found = _clusters(database, dict.fromkeys(range(1, 5), (None, 1)), [(1, 2, 12.0), (2, 3, 5.0), (3, 4, 1.0)])
    assert found == {"high": [[1, 2], [3], [4]], "medium": [[1, 2, 3], [4]], "low": [[1, 2, 3, 4]]}


def test_no_pair_at_all(database: duckdb.DuckDBPyConnection) -> None:
    assert _clusters(database, {1: (None, 1), 2: (None, 1)}, [])["low"] == [[1], [2]]


def test_two_police_numbers_on_several_records_part_a_chain(database: duckdb.DuckDBPyConnection) -> None:
    nodes = {1: (ONE, 2), 2: (None, 1), 3: (None, 1), 4: (OTHER, 2)}
    found = _clusters(database, nodes, [(1, 2, 20.0), (2, 3, 14.0), (3, 4, 20.0)])
    assert found["medium"] == [[1, 2], [3, 4]]


def test_nodes_of_one_number_stay_together_when_a_group_is_parted(database: duckdb.DuckDBPyConnection) -> None:
    nodes = {1: (ONE, 1), 2: (OTHER, 2), 3: (ONE, 1)}
    found = _clusters(database, nodes, [(1, 2, 20.0), (2, 3, 20.0)])
    assert found["low"] == [[1, 3], [2]]


def test_a_node_goes_with_the_number_that_it_hangs_on_most_strongly(database: duckdb.DuckDBPyConnection) -> None:
    nodes = {1: (ONE, 2), 2: (OTHER, 2), 3: (None, 1)}
    assert _clusters(database, nodes, [(1, 3, 13.0), (2, 3, 15.0)])["medium"] == [[1], [2, 3]]


@pytest.mark.parametrize(("number", "size"), [(OTHER, 1), (SLIP, 5), (None, 5)], ids=["on one record", "a slip of the finger", "no number"])
def test_what_is_no_second_number_parts_nothing(database: duckdb.DuckDBPyConnection, number: str | None, size: int) -> None:
    assert _clusters(database, {1: (ONE, 2), 2: (number, size)}, [(1, 2, 20.0)])["medium"] == [[1, 2]]


def test_what_a_looser_threshold_parts_stays_parted(database: duckdb.DuckDBPyConnection) -> None:
    nodes = {1: (ONE, 2), 2: (OTHER, 2), 3: (None, 1)}
    found = _clusters(database, nodes, [(1, 2, 30.0), (1, 3, 2.0)])
    assert found["low"] == [[1, 3], [2]]
    assert found["high"] == [[1], [2], [3]]
