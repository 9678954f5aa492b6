from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.linkage.clustering.clusters import constrain_clusters, load_clusters
from pipeline.linkage.database import columns_of
from pipeline.linkage.dedupe.node_attributes import HELD, gather_nodes
from pipeline.linkage.dedupe.term_frequencies import count_term_frequencies
from pipeline.linkage.scoring.model import THRESHOLDS, find_newest_model, read_model

MODEL = read_model(find_newest_model())
HIGH, MEDIUM, LOW = (MODEL.thresholds[name] for name in THRESHOLDS)
ONE, OTHER, SLIP = "2003/0123456L", "2009/7654321A", "2003/0123457L"
Node = Mapping[str, Any]


def _nodes(database: duckdb.DuckDBPyConnection, nodes: Mapping[int, Node]) -> None:
    """Nodes of as many equal records as `size` says; node 0 is first in every order."""
    columns = {
        "pnc": "varchar",
        "sex": "varchar",
        "birth": "date",
        "died": "date",
        "forename": "varchar",
        "surname": "varchar",
    }
    given = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    database.execute(
        f"create or replace temp table given (number bigint, size bigint, days date[], {given})"
    )
    for number, node in nodes.items():
        values = [
            number,
            node.get("size", 1),
            node.get("days", []),
            *(node.get(name) for name in columns),
        ]
        database.execute(f"insert into given values ({', '.join('?' * len(values))})", values)
    texts = ("middle_names", "postcode", "outcode", "cro", "prison_number", "asn", "own_group")
    empty = ", ".join(f"cast(null as varchar) as {name}" for name in texts)
    database.execute(
        "create or replace table records as "
        "select number * 1000 + range as record, 0 as part, given.*, "
        "forename || ' ' || surname as full_name, cast([] as varchar[]) as aliases, "
        f"cast(number as varchar) as crn, {empty}, "
        "cast(number as ubigint) as name_number, cast(null as ubigint) as home_number "
        "from given, range(size)"
    )
    database.execute(
        "create or replace table record_nodes as select record, number as node, part from records"
    )
    held = columns_of(database.sql(f"select number, {', '.join(HELD)} from records"))
    numbers, places = np.unique(held["number"].to_numpy(), return_inverse=True)
    told = gather_nodes(database, count_term_frequencies(database), held, places)
    database.register(
        "told",
        pa.table(told | {"node": pa.array(numbers), "part": pa.array(np.zeros_like(numbers))}),
    )
    database.execute("create or replace table nodes as from told")
    database.execute("create or replace table stays (record bigint, since date, until date)")
    for name in ("must_link", "must_not_link"):
        database.execute(f"create or replace table {name} (node_l bigint, node_r bigint)")


def _clusters(
    database: duckdb.DuckDBPyConnection,
    edges: list[tuple[int, int, float]],
    **decided: list[tuple[int, int]],
) -> dict[str, list[list[int]]]:
    """Groups at each threshold."""
    database.execute(
        "create or replace table edges (node_l bigint, node_r bigint, match_weight double)"
    )
    for edge in edges:
        database.execute("insert into edges values (?, ?, ?)", edge)
    for table, pairs in decided.items():
        for pair in pairs:
            database.execute(f"insert into {table} values (?, ?)", pair)
    load_clusters(database, MODEL)
    found = {}
    for threshold in THRESHOLDS:
        query = (
            f"select min(node) = any_value({threshold}), list_sort(list(node)) "
            f"from clusters group by {threshold} order by 2"
        )
        groups = database.execute(query).fetchall()
        assert all(is_smallest for is_smallest, _ in groups), (
            "a group's number is its smallest node"
        )
        found[threshold] = [members for _, members in groups]
    return found


def test_weight_on_the_threshold_holds(database: duckdb.DuckDBPyConnection) -> None:
    _nodes(database, {number: {} for number in range(4)})
    found = _clusters(database, [(0, 1, HIGH), (1, 2, MEDIUM), (2, 3, LOW)])
    assert found == {"high": [[0, 1], [2], [3]], "medium": [[0, 1, 2], [3]], "low": [[0, 1, 2, 3]]}


def test_no_pair_at_all(database: duckdb.DuckDBPyConnection) -> None:
    _nodes(database, {0: {}, 1: {}})
    assert _clusters(database, [])["low"] == [[0], [1]]


def test_a_chain_between_two_police_numbers_breaks_at_its_weakest_bridge(
    database: duckdb.DuckDBPyConnection,
) -> None:
    _nodes(database, {0: {"pnc": ONE, "size": 2}, 1: {}, 2: {}, 3: {"pnc": OTHER, "size": 2}})
    assert _clusters(database, [(0, 1, 20.0), (1, 2, 14.0), (2, 3, 20.0)])["medium"] == [
        [0, 1],
        [2, 3],
    ]
    assert _clusters(database, [(0, 1, 13.0), (1, 2, 14.0), (2, 3, 20.0)])["medium"] == [
        [0],
        [1, 2, 3],
    ]


def test_support_is_counted_over_the_group(database: duckdb.DuckDBPyConnection) -> None:
    _nodes(database, {0: {"pnc": ONE}, 1: {"pnc": OTHER, "size": 2}, 2: {"pnc": ONE}})
    assert _clusters(database, [(0, 1, 20.0), (1, 2, 20.0), (0, 2, 25.0)])["low"] == [[0, 2], [1]]


@pytest.mark.parametrize(
    ("number", "size"),
    [(OTHER, 1), (SLIP, 5), (None, 5)],
    ids=["on one record", "a slip of the finger", "no number"],
)
def test_what_is_no_second_number_parts_nothing(
    database: duckdb.DuckDBPyConnection, number: str | None, size: int
) -> None:
    _nodes(database, {0: {"pnc": ONE, "size": 2}, 1: {"pnc": number, "size": size}})
    assert _clusters(database, [(0, 1, 20.0)])["medium"] == [[0, 1]]


def test_what_a_looser_threshold_parts_stays_parted(database: duckdb.DuckDBPyConnection) -> None:
    _nodes(database, {0: {"pnc": ONE, "size": 2}, 1: {"pnc": OTHER, "size": 2}, 2: {}})
    found = _clusters(database, [(0, 1, 30.0), (0, 2, 2.0)])
    assert found["low"] == [[0, 2], [1]]
    assert found["high"] == [[0], [1], [2]]


def test_twins_joined_by_a_record_between_them_are_two(database: duckdb.DuckDBPyConnection) -> None:
    born = date(1990, 7, 8)
    sidney, cuthbert = (
        {"forename": name, "surname": "FANSHAWE", "birth": born, "size": 3}
        for name in ("SIDNEY", "CUTHBERT")
    )
    _nodes(database, {0: sidney, 1: cuthbert, 2: {"surname": "FANSHAWE", "birth": born}})
    assert _clusters(database, [(0, 2, 12.0), (1, 2, 11.0)])["low"] == [[0, 2], [1]]


def test_father_and_son_of_one_name_are_two(database: duckdb.DuckDBPyConnection) -> None:
    father, son = (
        {"forename": "BARNABY", "surname": "LOCKHART", "birth": date(year, 3, 4), "size": 3}
        for year in (1950, 1978)
    )
    _nodes(database, {0: father, 1: son, 2: {"forename": "BARNABY", "surname": "LOCKHART"}})
    assert _clusters(database, [(0, 2, 9.0), (1, 2, 12.0)])["low"] == [[0], [1, 2]]


def test_nobody_is_in_custody_twice_at_once(database: duckdb.DuckDBPyConnection) -> None:
    stays = [(0, date(2015, 1, 1), date(2015, 6, 1)), (1000, date(2015, 5, 1), date(2015, 9, 1))]
    _nodes(database, {0: {}, 1: {}})
    database.executemany("insert into stays values (?, ?, ?)", stays)
    assert _clusters(database, [(0, 1, 20.0)])["low"] == [[0], [1]]
    _nodes(database, {0: {}, 1: {}})
    database.executemany(
        "insert into stays values (?, ?, ?)", [stays[0], (1000, date(2015, 6, 1), date(2015, 9, 1))]
    )
    assert _clusters(database, [(0, 1, 20.0)])["low"] == [[0, 1]]


@pytest.mark.parametrize(
    ("seen", "groups"), [(date(2016, 1, 5), [[0, 1]]), (date(2017, 1, 5), [[0], [1]])]
)
def test_nobody_is_active_after_death(
    database: duckdb.DuckDBPyConnection, seen: date, groups: list[list[int]]
) -> None:
    _nodes(database, {0: {"died": date(2016, 1, 1)}, 1: {"days": [seen], "size": 2}})
    assert _clusters(database, [(0, 1, 20.0)])["low"] == groups


def test_what_a_clerk_decided_stands_whatever_the_weights_are(
    database: duckdb.DuckDBPyConnection,
) -> None:
    _nodes(database, {0: {"pnc": ONE, "size": 2}, 1: {"pnc": OTHER, "size": 2}, 2: {}, 3: {}})
    found = _clusters(database, [(2, 3, 40.0)], must_link=[(0, 1)], must_not_link=[(2, 3)])
    assert found == {name: [[0, 1], [2], [3]] for name in THRESHOLDS}


def test_same_groups_whatever_the_order_of_pairs(database: duckdb.DuckDBPyConnection) -> None:
    edges = [(0, 1, 20.0), (1, 2, 20.0), (2, 3, 20.0), (0, 3, 20.0)]
    found = []
    for order in (edges, edges[::-1]):
        _nodes(database, {0: {"pnc": ONE, "size": 2}, 1: {}, 2: {"pnc": OTHER, "size": 2}, 3: {}})
        found.append(_clusters(database, order))
    assert found[0] == found[1]


PAIRS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] != pair[1]),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(pairs=PAIRS, enemies=PAIRS)
def test_parts_never_hold_enemies_and_are_as_large_as_they_can_be(
    pairs: list[tuple[int, int]], enemies: list[tuple[int, int]]
) -> None:
    part = constrain_clusters(pairs, enemies)
    known = [(one, other) for one, other in enemies if one in part and other in part]
    assert all(part[one] != part[other] for one, other in known)
    for one, other in pairs:
        merged = {node for node, label in part.items() if label in (part[one], part[other])}
        assert part[one] == part[other] or any(
            left in merged and right in merged for left, right in known
        )
