from __future__ import annotations

import duckdb
import polars as pl
import pytest

from pipeline.linkage.clustering import person_groups
from pipeline.linkage.prepare.identifiers import NUMBERS

EMPTY = ", ".join(
    ["cast(null as date) as birth", *(f"cast(null as varchar) as {number}" for number in NUMBERS)]
)
"""What else says that a record is a person's."""


@pytest.fixture
def grouped(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Nodes 0 to 3 with records 50, 10 and 60, 30, 20; a company, whose record is 40; node 0 is one
    person with 3, and at low with 1.
    """
    nodes = {"record": [50, 10, 60, 30, 20], "node": [0, 1, 1, 2, 3]}
    clusters = {
        "node": [3, 2, 1, 0],
        "high": [3, 2, 1, 0],
        "medium": [0, 2, 1, 0],
        "low": [0, 2, 0, 0],
    }
    frames = {
        "record_nodes": pl.DataFrame(nodes),
        "clusters": pl.DataFrame(clusters),
        "records": pl.DataFrame(
            {
                "record": [10, 20, 30, 40, 50, 60],
                "forename": ["ANN", "ANN", "ANN", None, "ANN", "ANN"],
            }
        ),
    }
    for name, frame in frames.items():
        database.register("given", frame.to_arrow())
        more = f", {EMPTY}" if name == "records" else ""
        database.execute(f"create or replace temp table {name} as select *{more} from given")
        database.unregister("given")
    return database


def _rows(database: duckdb.DuckDBPyConnection) -> list[tuple[int | float | None, ...]]:
    return database.execute(
        "select record, high, medium, low, match_weight from groups order by record"
    ).fetchall()


def test_clusters_are_numbered_from_0_in_the_order_of_their_first_records(
    grouped: duckdb.DuckDBPyConnection,
) -> None:
    person_groups.load_groups(grouped, weights="select 1 as node, 7.5 as match_weight")
    assert _rows(grouped) == [
        (10, 0, 0, 0, 7.5),
        (20, 1, 1, 0, None),
        (30, 2, 2, 1, None),
        (40, 3, 3, 2, None),
        (50, 4, 1, 0, None),
        (60, 0, 0, 0, 7.5),
    ]


def test_delivered_labels_are_numbered_in_the_same_way(grouped: duckdb.DuckDBPyConnection) -> None:
    rows = [
        (10, "x", "b", "a"),
        (20, "y", "c", "a"),
        (30, "w", "a", "z"),
        (40, "r40", "r40", "r40"),
        (50, "v", "c", "a"),
        (60, "x", "b", "a"),
    ]
    grouped.register(
        "given",
        pl.DataFrame(rows, schema=["record", "high", "medium", "low"], orient="row").to_arrow(),
    )
    grouped.execute("create or replace temp table labelled as select * from given")
    person_groups.load_labelled(grouped)
    delivered = _rows(grouped)
    person_groups.load_groups(grouped, weights="select 0 as node, null as match_weight where false")
    assert delivered == _rows(grouped)


def test_nobody_is_in_no_group(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("create or replace temp table record_nodes (record bigint, node bigint)")
    database.execute(
        "create or replace temp table clusters "
        "(node bigint, high bigint, medium bigint, low bigint)"
    )
    database.execute(
        "create or replace temp table records as "
        f"select 1 as record, cast(null as varchar) as forename, {EMPTY}"
    )
    person_groups.load_groups(database, weights="select 0 as node, 0.0 as match_weight where false")
    assert _rows(database) == [(1, 0, 0, 0, None)], "a company stands alone"
