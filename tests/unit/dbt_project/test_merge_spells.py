"""Spells merged by the macro, against a plain count of days; with many equal spells, which windows
may take in any order.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest
from jinja2 import Environment, FileSystemLoader

from pipeline.settings import DBT_PROJECT

FIRST = date(2014, 1, 1)
Spell = tuple[date, date | None, int]


@pytest.fixture
def merging() -> str:
    """The query that merges spells of the table `spells`."""
    macros = Environment(loader=FileSystemLoader(DBT_PROJECT / "macros"), autoescape=False)
    called = (
        "{% import 'spells.sql' as spells with context %}"
        "{{ spells.merge_spells('spells', ['person'], 'begun', 'ended') }}"
    )
    return macros.from_string(called).render(far_future=lambda: "date '9999-12-31'")


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 4}) as connection:
        connection.execute("create table spells (person integer, begun date, ended date)")
        yield connection


def merged(database: duckdb.DuckDBPyConnection, query: str) -> dict[int, list[Spell]]:
    found = defaultdict(list)
    for person, *spell in database.execute(f"select * from {query} order by 1, 2").fetchall():
        found[person].append(tuple(spell))
    return dict(found)


def merged_slowly(rows: list[tuple[date, date | None]]) -> list[Spell]:
    """Spells run together one after the other."""
    islands: list[Spell] = []
    for begun, ended in sorted(rows, key=lambda row: (row[0], row[1] or date.max)):
        if islands and begun <= (islands[-1][1] or date.max):
            first, last, count = islands[-1]
            islands[-1] = (
                first,
                None if last is None or ended is None else max(last, ended),
                count + 1,
            )
        else:
            islands.append((begun, ended, 1))
    return islands


def test_merged_spells_are_those_of_a_slow_walk(
    database: duckdb.DuckDBPyConnection, merging: str
) -> None:
    chance = random.Random(3)
    rows: dict[int, list[tuple[date, date | None]]] = {}
    for person in range(300):
        spells = []
        for _ in range(chance.randint(1, 12)):
            begun = FIRST + timedelta(chance.randint(0, 60))
            spells.append(
                (begun, None if chance.random() < 0.1 else begun + timedelta(chance.randint(0, 8)))
            )
        rows[person] = spells + [spell for spell in spells if chance.random() < 0.4]
    database.executemany(
        "insert into spells values (?, ?, ?)",
        [(person, *spell) for person, spells in rows.items() for spell in spells],
    )
    assert merged(database, merging) == {
        person: merged_slowly(spells) for person, spells in rows.items()
    }


def test_equal_spells_are_one_island_however_windows_take_them(
    database: duckdb.DuckDBPyConnection, merging: str
) -> None:
    """Three supervisions of the same days were two islands in one of many runs of a nation."""
    database.execute("set memory_limit = '300MB'")
    database.execute(
        "insert into spells "
        "select n % 400000, date '2014-01-01' + cast(n // 1200000 as integer) * 100, "
        "date '2014-01-11' + cast(n // 1200000 as integer) * 100 "
        "from range(2400000) as numbers(n)"
    )
    islands = database.execute(
        f"select merged_spells, count(*) from {merging} group by 1"
    ).fetchall()
    assert islands == [(3, 800_000)]
