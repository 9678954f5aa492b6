from __future__ import annotations

from collections import Counter
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.linkage.clustering import crosswalk, person_ids
from pipeline.linkage.monitoring import link_quality
from tests.support.identity import Linked, stranger
from tests.support.linked_releases import Releases
from tests.unit.linkage.clustering.test_person_ids import PARTITION, groups_of


@pytest.fixture
def releases(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> Releases:
    return Releases(
        database,
        tmp_path,
        source_of={"a": "prison", "b": "probation", "c": "prison", "d": "probation"},
    )


def test_the_first_release_has_nothing_to_compare_with(releases: Releases) -> None:
    releases.make([["a", "b"], ["c"]])
    assert releases.crosswalk() == []


@pytest.mark.parametrize(
    ("groups", "rows"),
    [
        ([["a", "b", "c"], ["d", "e"]], []),
        ([["a", "b", "c", "new"], ["d"]], []),
        ([["a", "b", "c", "d", "e"]], [("de", "abc", "merged", 2)]),
        ([["a", "b", "c", "d"], ["e"]], [("de", "abc", "moved", 1), ("de", "de", "kept", 1)]),
        ([["a", "b"], ["c"], ["d", "e"]], [("abc", "abc", "kept", 2), ("abc", "c", "split", 1)]),
        ([["a", "b", "c"]], [("de", None, "gone", 2)]),
        ([["a", "b", "c"], ["d", "e"], ["n", "o"]], [(None, "n", "new", 2)]),
    ],
    ids=["nothing", "grown and shrunk", "merged", "moved", "split", "gone", "new"],
)
def test_what_became_of_people(
    releases: Releases, groups: list[list[str]], rows: list[tuple[str, str, str, int]]
) -> None:
    first = releases.make([["a", "b", "c"], ["d", "e"]])
    ids = first | releases.make(groups)
    names = {None: None, "abc": first["a"], "de": first["d"], "c": ids["c"], "n": ids.get("n")}
    expect = [(names[before], names[after], kind, count) for before, after, kind, count in rows]
    assert sorted(releases.crosswalk(), key=str) == sorted(expect, key=str)


def test_who_was_away_returns_with_the_old_id(releases: Releases) -> None:
    first = releases.make([["a"], ["b"]])
    releases.make([["b"]])
    assert releases.crosswalk() == [(first["a"], None, "gone", 1)]
    releases.make([["a"], ["b"]])
    assert releases.crosswalk() == [(None, first["a"], "returned", 1)]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=st.lists(PARTITION, min_size=2, max_size=3))
def test_the_crosswalk_leads_from_every_old_id_to_the_new_ones_exactly(
    database: duckdb.DuckDBPyConnection,
    tmp_path_factory: pytest.TempPathFactory,
    history: list[list[int | None]],
) -> None:
    releases = Releases(database, tmp_path_factory.mktemp("registry"))
    for partition in history[:-1]:
        old = releases.make(groups_of(partition))
    new = releases.make(groups_of(history[-1]))
    rows = releases.crosswalk()
    remaining = Counter(old[record] for record in old if record in new)
    told = {before for before, _, _, _ in rows if before}
    # An id that the crosswalk does not name keeps all its records; one that it names goes where its
    # rows say.
    flow = {(person, person): count for person, count in remaining.items() if person not in told}
    flow |= {(before, after): count for before, after, _, count in rows if before and after}
    assert flow == Counter((old[record], new[record]) for record in old if record in new)
    people = (set(old.values()) - told) | {after for _, after, _, _ in rows if after}
    assert people == set(new.values())
    gone = Counter(old.values())
    assert {(before, count) for before, after, kind, count in rows if kind == "gone"} == {
        (person, gone[person]) for person in set(old.values()) - set(remaining)
    }


def test_new_records_in_a_hundred_leave_the_others_their_ids_and_every_change_is_told(
    linked: Linked, tmp_path: Path
) -> None:
    rows = [stranger(number) for number in range(300)]
    rows += [row | {"source": "crown_court", "id": f"{row['id']} again"} for row in rows[::2]]
    _, before = linked(rows)
    person_ids.remember_ids(tmp_path / "linkage", tmp_path / "registry")
    more = [
        rows[7] | {"source": "prison", "id": "a seventh's"},
        *(stranger(number) for number in range(300, 304)),
    ]
    _, after = linked(rows + more)
    both = before.join(after, on=["source_dataset", "source_record_id"], suffix="_now")
    assert both.height == before.height
    assert both["person_id"].equals(both["person_id_now"])
    told = pl.read_parquet(tmp_path / "linkage" / "person_crosswalk.parquet").filter(
        pl.col("threshold") == "medium"
    )
    new = set(after["person_id"]) - set(before["person_id"])
    assert len(new) == 4
    assert set(told.select("previous_person_id", "person_id", "kind", "records").iter_rows()) == {
        (None, one, "new", 1) for one in new
    }


def test_headline_counts_are_followed_from_release_to_release(
    releases: Releases, database: duckdb.DuckDBPyConnection
) -> None:
    releases.make([["a", "b"], ["c"], ["d"], ["e"]])
    releases.make([["a"], ["b"], ["c", "d"], ["n"], ["o"]])
    database.execute(f"create or replace temp table link_quality ({link_quality.COLUMNS})")
    crosswalk.load_effect(database, releases.number)
    rows = database.execute(
        "select measure, source_pair, category, value from link_quality"
    ).fetchall()
    people = {
        category: value
        for measure, _, category, value in rows
        if measure == "persons_between_releases"
    }
    assert people == dict(zip(crosswalk.STAGES, (4, 3, 3, 5), strict=True))
    both = {
        category: value for measure, pair, category, value in rows if pair == "prison x probation"
    }
    assert both == dict.fromkeys(crosswalk.STAGES, 1)


def test_a_release_that_changes_no_id_says_nothing_of_change(
    releases: Releases, database: duckdb.DuckDBPyConnection
) -> None:
    releases.make([["a", "b"], ["c"]])
    releases.make([["a", "b"], ["c"]])
    database.execute(f"create or replace temp table link_quality ({link_quality.COLUMNS})")
    crosswalk.load_effect(database, releases.number)
    assert database.execute("select count(*) from link_quality").fetchone() == (0,)
