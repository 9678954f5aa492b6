from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.errors import DecisionError, LinkageError
from pipeline.linkage.database import open_linkage_database
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.prepare import load_records
from pipeline.linkage.review.decisions import COLUMNS
from pipeline.linkage.review.overrides import (
    _EQUAL,
    OverrideSummary,
    count_broken_decisions,
    load_constraints,
    load_overrides,
)
from pipeline.linkage.scoring.model import THRESHOLDS
from tests.support.identity import Linked, stranger, write_identity

Pairs = Iterable[tuple[str, str, str]]
"""Decision, one record, another."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_linkage_database(tmp_path / "spill", threads=1, memory="500MB") as connection:
        yield connection


def world(
    database: duckdb.DuckDBPyConnection, folder: Path, rows: Sequence[dict[str, Any]]
) -> dict[str, int]:
    """Load records; gives the number of each id."""
    load_records.load_records(database, write_identity(folder, rows))
    return dict(database.execute("select source_record_id, record from records").fetchall())


def same(number: int, *ids: str) -> list[dict[str, Any]]:
    """Records that agree on everything, of one stranger."""
    return [stranger(number) | {"id": name} for name in ids]


def company(name: str) -> dict[str, Any]:
    return {"source": "magistrates", "id": name, "surname": "BAKER AND SONS"}


def decided(folder: Path, pairs: Pairs) -> Path:
    rows = [
        f"{decision},magistrates,{left},magistrates,{right},J,2026-11-20,seen"
        for decision, left, right in pairs
    ]
    file = folder / "overrides.csv"
    file.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    return file


def nodes(database: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Collapse records and follow the decisions to their nodes; gives the node of each id."""
    exact_dedupe.load_nodes(database)
    load_constraints(database)
    return dict(
        database.execute(
            "select source_record_id, node from record_nodes inner join records using (record)"
        ).fetchall()
    )


def star(*members: int) -> set[tuple[int, int]]:
    """The first of these with each of the others."""
    return {(min(members), member) for member in members if member != min(members)}


def pairs(database: duckdb.DuckDBPyConnection, table: str) -> set[tuple[int, int]]:
    return set(database.execute(f"select * from {table}").fetchall())


def linked(
    database: duckdb.DuckDBPyConnection, people: Iterable[Iterable[str]], threshold: str = "medium"
) -> None:
    """Make the table `groups`, in which these records are one person each, at one threshold.

    Each of `people` lists the records of one person. All other records stand alone.
    """
    person = {name: f"P{number}" for number, group in enumerate(people) for name in group}
    database.execute(
        "create or replace temp table groups as "
        "select record, source_record_id, source_record_id as high, "
        "source_record_id as medium, source_record_id as low from records"
    )
    for name, number in person.items():
        database.execute(
            f"update groups set {threshold} = ? where source_record_id = ?", [number, name]
        )


def test_without_decisions_the_tables_are_empty(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    world(database, tmp_path, [stranger(1)])
    assert load_overrides(database, tmp_path / "none.csv") == OverrideSummary(0, 0, 0, 0)
    nodes(database)
    assert (
        pairs(database, "must_link")
        == pairs(database, "must_not_link")
        == pairs(database, "apart")
        == set()
    )
    linked(database, [])
    assert count_broken_decisions(database) == 0


def test_what_follows_from_decisions_holds_for_all_records_of_an_entity(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    world(database, tmp_path, [stranger(n) | {"id": name} for n, name in enumerate("abcdef")])
    file = decided(
        tmp_path,
        [
            ("must_link", "c", "b"),
            ("must_link", "b", "gone"),
            ("must_link", "gone", "e"),
            ("must_not_link", "f", "gone"),
        ],
    )
    assert load_overrides(database, file) == OverrideSummary(
        must_link=3, must_not_link=1, unknown=3, nameless=0
    )
    node = nodes(database)
    assert pairs(database, "must_link") == star(node["b"], node["c"], node["e"])
    ((left, right),) = pairs(database, "must_not_link")
    assert {left, right} == {min(node["b"], node["c"], node["e"]), node["f"]}, (
        "decided about a record that is not delivered any more"
    )


def test_equal_records_share_what_was_decided_about_one_of_them(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    world(database, tmp_path, [*same(1, "a", "a2", "a3"), *same(2, "b", "b2")])
    load_overrides(database, decided(tmp_path, [("must_not_link", "a2", "b2")]))
    node = nodes(database)
    assert pairs(database, "apart") == set()
    assert node["a"] == node["a2"] == node["a3"]
    assert pairs(database, "must_not_link") == star(node["a"], node["b"])


@pytest.mark.parametrize(
    ("decisions", "apart", "torn"),
    [
        ([("must_not_link", "a", "a2")], {"a", "a2"}, [{"a"}, {"a2"}]),
        (
            [("must_link", "a", "b"), ("must_not_link", "b", "a2")],
            {"a", "a2", "b"},
            [{"a", "b"}, {"a2"}],
        ),
        (
            [("must_link", "a", "b"), ("must_not_link", "b2", "a2")],
            {"a", "a2", "b", "b2"},
            [{"a2"}, {"b2"}],
        ),
        (
            [("must_link", "a", "b"), ("must_link", "a2", "b2"), ("must_not_link", "c", "c2")],
            {"c", "c2"},
            [{"c"}, {"c2"}],
        ),
    ],
    ids=["directly", "through a link", "through two equal pairs", "others stay together"],
)
def test_equal_records_that_decisions_tell_apart_stay_apart(
    database: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    decisions: Pairs,
    apart: set[str],
    torn: list[set[str]],
) -> None:
    number = world(
        database, tmp_path, [*same(1, "a", "a2", "a3"), *same(2, "b", "b2"), *same(3, "c", "c2")]
    )
    load_overrides(database, decided(tmp_path, decisions))
    assert set(database.execute("select record from apart").pl()["record"]) == {
        number[name] for name in apart
    }
    node = nodes(database)
    assert pairs(database, "must_not_link") == star(
        *(min(node[name] for name in entity) for entity in torn)
    )
    assert len({node[name] for name in apart}) == len(apart)


def test_a_node_that_holds_what_must_be_apart_is_told(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    world(database, tmp_path, same(1, "a", "a2"))
    load_overrides(database, decided(tmp_path, [("must_not_link", "a", "a2")]))
    database.execute(
        "create or replace table record_nodes as "
        "select record, min(record) over () as node from records"
    )
    with pytest.raises(LinkageError, match="1 nodes hold records that must not be one person"):
        load_constraints(database)


def test_records_of_one_node_are_held_to_be_equal(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [
        *same(1, "a", "a2"),
        *same(2, "b", "b2"),
        stranger(3),
        stranger(1) | {"id": "c", "pnc": "2003/0000123D"},
    ]
    rows += [
        stranger(2) | {"id": "d", "date_of_birth": date(1970, 2, 3)},
        stranger(1) | {"id": "e", "pnc": "2003/0000123D", "postcode": None},
    ]
    world(database, tmp_path, rows)
    load_overrides(
        database, decided(tmp_path, [("must_not_link", "a", str(row["id"])) for row in rows[1:]])
    )
    database.execute("create or replace table apart (record bigint)")
    assert exact_dedupe.load_nodes(database) < len(rows)
    wrong = (
        f"select node from ({_EQUAL}) inner join record_nodes using (record) "
        "group by node having count(distinct equal) > 1"
    )
    assert database.execute(wrong).fetchall() == []


def test_companies_and_records_that_are_not_there_are_counted(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    world(database, tmp_path, [stranger(1) | {"id": "a"}, company("ltd"), company("plc")])
    file = decided(
        tmp_path,
        [("must_link", "a", "ltd"), ("must_not_link", "a", "plc"), ("must_link", "gone", "away")],
    )
    assert load_overrides(database, file) == OverrideSummary(
        must_link=2, must_not_link=1, unknown=1, nameless=2
    )
    nodes(database)
    linked(database, [])
    assert count_broken_decisions(database) == 0, "a company stays alone"


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_what_is_not_honoured_at_any_threshold_is_counted(
    database: duckdb.DuckDBPyConnection, tmp_path: Path, threshold: str
) -> None:
    world(database, tmp_path, [stranger(n) | {"id": name} for n, name in enumerate("abcde")])
    load_overrides(
        database,
        decided(
            tmp_path,
            [("must_link", "a", "b"), ("must_link", "b", "c"), ("must_not_link", "c", "d")],
        ),
    )
    linked(database, [])
    assert count_broken_decisions(database) == 2, "two records are away from their entity"
    for other in THRESHOLDS:
        database.execute(
            f"update groups set {other} = 'P' where source_record_id in ('a', 'b', 'c')"
        )
    assert count_broken_decisions(database) == 0
    database.execute(f"update groups set {threshold} = 'P' where source_record_id = 'd'")
    assert count_broken_decisions(database) == 1
    database.execute(f"update groups set {threshold} = 'Q' where source_record_id in ('a', 'd')")
    assert count_broken_decisions(database) >= 2, (
        "one is away from the others, and one person with whom it must not be"
    )


def test_a_file_that_cannot_be_used_stops_linkage(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    world(database, tmp_path, [stranger(1)])
    file = decided(
        tmp_path, [("must_link", "a", "b"), ("must_link", "b", "c"), ("must_not_link", "c", "a")]
    )
    with pytest.raises(DecisionError, match="contradict"):
        load_overrides(database, file)
    assert issubclass(DecisionError, LinkageError)


def test_linkage_honours_decisions_whatever_the_evidence_says(
    linked: Linked, tmp_path: Path
) -> None:
    rows = [
        *same(1, "a", "a2", "a3"),
        stranger(2) | {"id": "b"},
        *same(3, "c", "c2"),
        stranger(4) | {"id": "d"},
    ]
    rows += [stranger(number) for number in range(10, 310)]
    registry = tmp_path / "registry"
    registry.mkdir()
    decided(
        registry,
        [("must_not_link", "a", "a2"), ("must_link", "b", "c"), ("must_link", "gone", "d")],
    )
    _, links = linked(rows)
    for column in ("person_id", "person_id_high", "person_id_low"):
        person = dict(links.select("source_record_id", column).iter_rows())
        assert person["a"] != person["a2"]
        assert person["a3"] in (person["a"], person["a2"]), (
            "what nobody decided about goes where it fits"
        )
        assert person["b"] == person["c"] == person["c2"]
        assert person["d"] not in {person[name] for name in person if name != "d"}
