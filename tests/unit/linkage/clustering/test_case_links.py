from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from pipeline.linkage.clustering import case_links

D = date


def _links(
    database: duckdb.DuckDBPyConnection, sent: list[dict[str, Any]], received: list[dict[str, Any]]
) -> list[tuple[Any, ...]]:
    for name, rows in (("sent", sent), ("received", received)):
        days = case_links.DAYS[name]
        columns = ["source_record_id", "person", "asn", *days, *case_links.COURTS[name]]
        kinds = ", ".join(
            f"{column} {'date' if column in days else 'varchar'}" for column in columns
        )
        database.execute(f"create or replace temp table {name} ({kinds})")
        database.executemany(
            f"insert into {name} values ({', '.join('?' * len(columns))})",
            [[row.get(column) for column in columns] for row in rows],
        )
    case_links.load_case_links(database)
    return database.execute(
        "select mc_source_record_id, cc_source_record_id, basis, days_apart "
        "from case_links order by 1"
    ).fetchall()


def _sent(record: str, day: date, person: str = "p", **more: Any) -> dict[str, Any]:
    return {"source_record_id": record, "person": person, "sent_to_crown_date": day, **more}


def _received(record: str, day: date, person: str = "p", **more: Any) -> dict[str, Any]:
    return {"source_record_id": record, "person": person, "receipt_date": day, **more}


@pytest.mark.parametrize(
    ("receipt", "is_linked"),
    [
        (D(2015, 1, 1), True),
        (D(2015, 3, 2), True),
        (D(2015, 3, 3), False),
        (D(2014, 12, 31), False),
    ],
)
def test_receipt_up_to_sixty_days_after_sending_is_one_case(
    database: duckdb.DuckDBPyConnection, receipt: date, is_linked: bool
) -> None:
    assert (
        bool(_links(database, [_sent("m1", D(2015, 1, 1))], [_received("c1", receipt)]))
        is is_linked
    )


def test_other_people_are_not_linked_by_dates(database: duckdb.DuckDBPyConnection) -> None:
    assert (
        _links(database, [_sent("m1", D(2015, 1, 1), "p")], [_received("c1", D(2015, 1, 2), "q")])
        == []
    )


def test_arrest_number_links_whoever_the_records_are_of_and_comes_first(
    database: duckdb.DuckDBPyConnection,
) -> None:
    sent = [_sent("m1", D(2015, 1, 1), "p", asn="A1"), _sent("m2", D(2015, 1, 9), "q")]
    received = [_received("c1", D(2015, 1, 10), "q", asn="A1")]
    assert _links(database, sent, received) == [("m1", "c1", "asn", 9)]


def test_arrest_number_years_apart_is_a_slip(database: duckdb.DuckDBPyConnection) -> None:
    assert (
        _links(
            database,
            [_sent("m1", D(2012, 1, 1), asn="A1")],
            [_received("c1", D(2015, 1, 1), asn="A1")],
        )
        == []
    )


def test_each_record_is_linked_once_and_the_nearest_wins(
    database: duckdb.DuckDBPyConnection,
) -> None:
    sent = [_sent("m1", D(2015, 1, 1)), _sent("m2", D(2015, 1, 20)), _sent("m3", D(2015, 1, 21))]
    received = [_received("c1", D(2015, 1, 21)), _received("c2", D(2015, 2, 1))]
    assert _links(database, sent, received) == [
        ("m2", "c2", "person_and_dates", 12),
        ("m3", "c1", "person_and_dates", 0),
    ]


def test_days_that_the_crown_record_repeats_beat_nearness(
    database: duckdb.DuckDBPyConnection,
) -> None:
    sent = [_sent("m1", D(2015, 1, 1)), _sent("m2", D(2015, 1, 20))]
    received = [_received("c1", D(2015, 1, 25), date_of_committal=D(2015, 1, 1))]
    assert _links(database, sent, received) == [("m1", "c1", "person_and_dates", 24)]


def test_the_court_that_sent_and_the_court_that_received_decide_between_equal_days(
    database: duckdb.DuckDBPyConnection,
) -> None:
    sent = [
        _sent("m1", D(2015, 1, 1), court_code="2570", crown_court_code="0404"),
        _sent("m2", D(2015, 1, 1), court_code="1910"),
    ]
    received = [
        _received("c1", D(2015, 1, 5), ref_court_code="1910"),
        _received("c2", D(2015, 1, 9), ref_court_code="2570"),
    ]
    assert _links(database, sent, received) == [
        ("m1", "c2", "person_and_dates", 8),
        ("m2", "c1", "person_and_dates", 4),
    ]


def test_many_equal_candidates_are_linked_one_to_one_in_one_way(
    database: duckdb.DuckDBPyConnection,
) -> None:
    sent = [_sent(f"m{number}", D(2015, 1, 1)) for number in range(6)]
    received = [_received(f"c{number}", D(2015, 1, 5)) for number in range(4)]
    links = _links(database, sent, received)
    assert links == _links(database, sent[::-1], received[::-1])
    assert len(links) == 4
    assert [len({link[side] for link in links}) for side in (0, 1)] == [4, 4]


def test_scores_are_shares(database: duckdb.DuckDBPyConnection) -> None:
    day = D(2015, 1, 1)
    same: dict[str, Any] = {
        "asn": "A1",
        "first_hearing_date": day,
        "mag_court_first_hearing_date": day,
        "date_of_committal": day,
    }
    long_before = D(2014, 1, 1)
    other: dict[str, Any] = {
        "asn": "A2",
        "mag_court_first_hearing_date": long_before,
        "date_of_committal": long_before,
    }
    sent = [_sent("m1", day, **same), _sent("m2", day, "q", asn="A3", first_hearing_date=day)]
    _links(
        database, sent, [_received("c1", day, **same), _received("c2", D(2015, 3, 1), "q", **other)]
    )
    least, most = database.execute(
        "select min(match_score), max(match_score) from case_links"
    ).fetchone() or (None, None)
    assert 0 <= least < 0.5 < most <= 1
