from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.linkage.clustering import person_ids
from tests.support.identity import Linked, stranger
from tests.support.linked_releases import Releases

Ids = dict[str, str]
Known = dict[str, tuple[str, int]]


@pytest.fixture
def releases(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> Releases:
    return Releases(database, tmp_path)


def _by_group(groups: list[list[str]], ids: Ids) -> Ids:
    return {"".join(members): ids[members[0]] for members in groups}


def test_new_people_get_ids_that_depend_on_their_records_alone(releases: Releases) -> None:
    first = releases.make([["a", "b"], ["c"]], publish=False)
    assert releases.make([["c"], ["b", "a", "z"]], publish=False) == first | {"z": first["a"]}


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
    ids=[
        "majority",
        "the older id",
        "the smaller text",
        "split: the larger part",
        "split: the smaller record",
        "one more record",
    ],
)
def test_ids_follow_the_people(
    releases: Releases, groups: list[list[str]], known: Known, expect: Ids
) -> None:
    releases.know(known, last=3)
    assert expect.items() <= _by_group(groups, releases.make(groups)).items()


def test_who_comes_back_takes_no_id_from_those_who_stayed(releases: Releases) -> None:
    releases.know({"z": ("P1", 0), "a": ("P1", 0), "b": ("P1", 0)}, last=1, missing=("a", "b"))
    ids = releases.make([["a", "b"], ["z"]])
    assert ids["z"] == "P1"
    assert ids["a"] == ids["b"] != "P1"


def test_an_id_that_others_have_is_not_derived_anew(releases: Releases) -> None:
    first = releases.make([["a", "b", "c"]])["a"]
    split = releases.make([["a"], ["b", "c"]])
    assert split["b"] == first
    assert split["a"] != first


def test_a_registry_that_does_not_say_when_records_were_seen_is_read(releases: Releases) -> None:
    releases.know({"a": ("P1", 0), "b": ("P2", 2)}, last=2)
    file = person_ids.registry_file(releases.folder)
    pl.read_parquet(file).drop("seen").write_parquet(file)
    assert releases.make([["a"], ["b"]]) == {"a": "P1", "b": "P2"}
    assert releases.number == 3
    assert releases.crosswalk() == []


PARTITION = st.lists(st.none() | st.integers(0, 5), min_size=12, max_size=12).filter(
    lambda groups: set(groups) != {None}
)
"""Group of each of twelve records; none where it is not delivered."""


def groups_of(partition: list[int | None]) -> list[list[str]]:
    """Groups of record names, from the group of each record."""
    found: dict[int, list[str]] = {}
    for place, group in enumerate(partition):
        if group is not None:
            found.setdefault(group, []).append(f"r{place:02}")
    return [found[group] for group in sorted(found)]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(PARTITION, min_size=2, max_size=3))
def test_groups_of_the_last_release_keep_their_ids_in_any_order_of_rows(
    database: duckdb.DuckDBPyConnection,
    tmp_path_factory: pytest.TempPathFactory,
    history: list[list[int | None]],
) -> None:
    told = []
    for shuffled in (False, True):
        releases = Releases(database, tmp_path_factory.mktemp("registry"), shuffled=shuffled)
        before: dict[frozenset[str], str] = {}
        for partition in history:
            groups = groups_of(partition)
            ids = releases.make(groups)
            now = {frozenset(group): ids[group[0]] for group in groups}
            assert all(now[group] == before[group] for group in now if group in before)
            before = now
            told.append((ids, releases.crosswalk()))
    assert told[: len(history)] == told[len(history) :]


def test_registry_keeps_ids_while_people_grow_and_forgets_nobody(
    linked: Linked, tmp_path: Path
) -> None:
    rows = [stranger(number) for number in range(20)]
    one = rows[0]
    _, before = linked(rows)
    person_ids.remember_ids(tmp_path / "linkage", tmp_path / "registry")
    more = [row for row in rows if row is not rows[5]] + [
        one | {"source": "crown_court", "id": "0 sorts first"}
    ]
    _, after = linked(more)
    ids = [
        dict(frame.select("source_record_id", "person_id").iter_rows()) for frame in (before, after)
    ]
    assert ids[1]["0 sorts first"] == ids[1]["stranger0"] == ids[0]["stranger0"]
    assert all(ids[1][record] == ids[0][record] for record in ids[1] if record in ids[0])
    person_ids.remember_ids(tmp_path / "linkage", tmp_path / "registry")
    known = pl.read_parquet(person_ids.registry_file(tmp_path / "registry"))
    assert set(known["source_record_id"]) == set(ids[0]) | set(ids[1])
    assert dict(known.select("source_record_id", "since").iter_rows())["stranger1"] == 0
    again = linked(rows)[1]
    assert (
        again.sort("source_record_id")["person_id"].to_list()
        == before.sort("source_record_id")["person_id"].to_list()
    )


def test_linking_alone_changes_no_registry_and_the_registry_is_private(
    linked: Linked, tmp_path: Path
) -> None:
    linked([stranger(1)])
    assert not (tmp_path / "registry").exists()
    person_ids.remember_ids(tmp_path / "linkage", tmp_path / "registry")
    assert (tmp_path / "registry").stat().st_mode & 0o777 == 0o700
    assert [file.name for file in (tmp_path / "registry").iterdir()] == ["persons.parquet"]
