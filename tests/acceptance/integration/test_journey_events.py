"""Events of a journey stand in the order of the days and of the system, counted from 1; asked of
Python's own sort.
"""

from __future__ import annotations

import csv
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.published_world import World

ORDER = Path("dbt_project/seeds/ref_event_order.csv")
SOURCES = ["crown_court", "magistrates", "prison", "probation"]


@pytest.fixture(scope="module")
def events(world: World) -> list[tuple[Any, ...]]:
    """Every event as it was found: person's number, day, kind, place of its source, record, detail,
    place; in no order that counts.
    """
    with duckdb.connect(str(world.build / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(
            "select person_number, event_date, event_type, source_order, "
            "replace(cast(source_record_key as varchar), '-', ''), event_detail, place "
            "from intermediate.int_person_event"
        ).fetchall()


@pytest.fixture(scope="module")
def journeys(world: World) -> list[tuple[Any, ...]]:
    """Every released event in the order of the table: key, person, number in it, day, kind,
    source, record, detail, place.
    """
    released = duckdb.read_parquet(str(world.release / "tables" / "journey_event.parquet"))
    return released.project(
        "journey_event_id, person_id, event_sequence, event_date, event_type, "
        "source_dataset, source_record_id, event_detail, place"
    ).fetchall()


def test_events_of_one_day_stand_in_the_order_of_the_system(
    events: list[tuple[Any, ...]], journeys: list[tuple[Any, ...]]
) -> None:
    with ORDER.open(encoding="utf-8") as seed:
        place = {row["event_type"]: int(row["event_order"]) for row in csv.DictReader(seed)}
    assert sorted(place.values()) == list(range(1, len(place) + 1)), "kinds are looked up by it"

    def in_order(event: tuple[Any, ...]) -> tuple[Any, ...]:
        person, day, kind, source, record, *texts = event
        return (person, day, place[kind], source, record, *((t is None, t or "") for t in texts))

    assert [
        (day, kind, SOURCES[source - 1], *rest)
        for _, day, kind, source, *rest in sorted(events, key=in_order)
    ] == [row[3:] for row in journeys]


def test_a_journey_is_counted_from_one(journeys: list[tuple[Any, ...]]) -> None:
    assert len(journeys) > 10_000
    persons = [list(rows) for _, rows in groupby(journeys, key=itemgetter(1))]
    assert len(persons) == len({row[1] for row in journeys}), (
        "the events of a person stand together"
    )
    assert all([row[2] for row in rows] == list(range(1, len(rows) + 1)) for rows in persons)
    assert all(row[0] == f"{row[1]}/{row[2]:06d}" for rows in persons for row in rows)


@pytest.mark.parametrize("source", SOURCES)
def test_no_event_of_a_source_is_made_twice(world: World, source: str) -> None:
    with duckdb.connect(str(world.build / "warehouse.duckdb"), read_only=True) as warehouse:
        counted = warehouse.execute(
            f"select count(*), count(distinct event_id) from staging.stg_{source}__journey_events"
        ).fetchone()
    assert counted is not None
    assert counted[0] == counted[1] > 0
