from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.linkage import persons
from tests.unit.linkage.conftest import Linked, stranger

Ids = dict[str, str]


@pytest.fixture
def given_ids(database: duckdb.DuckDBPyConnection) -> object:
    """Gives groups of records their ids, knowing what former releases gave."""

    def give(groups: list[list[str]], known: dict[str, tuple[str, int]] | None = None, release: int = 1) -> Ids:
        rows = [(record, person, since) for record, (person, since) in (known or {}).items()]
        database.execute(
            "create or replace temp table known as select '' as source_dataset, '' as source_record_id, '' as person_id, 0 as since limit 0"
        )
        database.execute("create or replace temp table members (cluster bigint, source_dataset varchar, source_record_id varchar)")
        for record, person, since in rows:
            database.execute("insert into known values ('s', ?, ?, ?)", [record, person, since])
        for cluster, members in enumerate(groups):
            database.executemany("insert into members values (?, 's', ?)", [(cluster, record) for record in members])
        persons.load_ids(database, "person_id", release)
        ids = dict(database.execute("select cluster, id from ids_person_id").fetchall())
        assert len(set(ids.values())) == len(groups)
        return {"".join(members): ids[cluster] for cluster, members in enumerate(groups)}

    return give


def test_new_people_get_ids_that_depend_on_their_records_alone(given_ids: object) -> None:
    assert given_ids([["a", "b"], ["c"]]) == given_ids([["a", "b"], ["c"]], release=7)  # type: ignore[operator]
    assert given_ids([["a", "b"]])["ab"] == given_ids([["b", "a", "z"]])["baz"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("groups", "known", "expect"),
    [
        ([["a", "b", "c"]], {"a": ("P1", 0), "b": ("P2", 0), "c": ("P2", 0)}, {"abc": "P2"}),
        ([["a", "b"]], {"a": ("P2", 1), "b": ("P1", 3)}, {"ab": "P2"}),
        ([["a", "b"]], {"a": ("P2", 1), "b": ("P1", 1)}, {"ab": "P1"}),
        ([["a"], ["b", "c"]], {"a": ("P1", 0), "b": ("P1", 0), "c": ("P1", 0)}, {"bc": "P1"}),
        ([["b"], ["a"]], {"a": ("P1", 0), "b": ("P1", 0)}, {"a": "P1"}),
        ([["a", "new"]], {"a": ("P1", 0)}, {"anew": "P1"}),
    ],
    ids=["majority", "the older id", "the smaller text", "split: the larger part", "split: the smaller record", "one more record"],
)
def test_ids_follow_the_people(given_ids: object, groups: list[list[str]], known: dict[str, tuple[str, int]], expect: Ids) -> None:
    found = given_ids(groups, known)  # type: ignore[operator]
    assert expect.items() <= found.items()


def test_an_id_that_others_have_is_not_derived_anew(given_ids: object) -> None:
    first = given_ids([["a", "b", "c"]])["abc"]  # type: ignore[operator]
    split = given_ids([["a"], ["b", "c"]], dict.fromkeys("abc", (first, 0)))  # type: ignore[operator]
    assert split["bc"] == first
    assert split["a"] != first


def test_registry_keeps_ids_while_people_grow_and_forgets_nobody(linked: Linked, tmp_path: Path) -> None:
    rows = [stranger(number) for number in range(20)]
    one = rows[0]
    _, before = linked(rows)
    persons.remember(tmp_path / "linkage", tmp_path / "registry")
    more = [row for row in rows if row is not rows[5]] + [one | {"source": "crown_court", "id": "0 sorts first"}]
    _, after = linked(more)
    ids = [dict(frame.select("source_record_id", "person_id").iter_rows()) for frame in (before, after)]
    assert ids[1]["0 sorts first"] == ids[1]["stranger0"] == ids[0]["stranger0"]
    assert all(ids[1][record] == ids[0][record] for record in ids[1] if record in ids[0])
    persons.remember(tmp_path / "linkage", tmp_path / "registry")
    known = pl.read_parquet(persons.registry_file(tmp_path / "registry"))
    assert set(known["source_record_id"]) == set(ids[0]) | set(ids[1])
    assert dict(known.select("source_record_id", "since").iter_rows())["stranger1"] == 0
    again = linked(rows)[1]
    assert again.sort("source_record_id")["person_id"].to_list() == before.sort("source_record_id")["person_id"].to_list()


def test_linking_alone_changes_no_registry_and_the_registry_is_private(linked: Linked, tmp_path: Path) -> None:
    linked([stranger(1)])
    assert not (tmp_path / "registry").exists()
    persons.remember(tmp_path / "linkage", tmp_path / "registry")
    assert (tmp_path / "registry").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in (tmp_path / "registry").iterdir()] == ["persons.parquet"]
