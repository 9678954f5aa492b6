"""Events of a release against events of the truth: what was found, and what was invented.

Belongs here: how each kind of event is named on both sides, and how multisets of events are
compared. Does not belong here: who a linked person is (score_tables), and any rule by which the
marts were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.evaluation import score_tables
from pipeline.release.verify import scan_released

PERSON = "true_person"


@dataclass(frozen=True)
class StandIn:
    """Another date in place of an event's own.

    The fields are the mart's flag that says so, the mart's other date, and the truth's other date.
    """

    flag: str
    mart_date: str
    true_date: str


@dataclass(frozen=True)
class Event:
    """How one kind of event is named in the marts and in the truth.

    Attributes:
        mart: table of the release.
        columns: date and then kind, named the same on both sides.
        counted: which rows of the mart are events, in SQL; the others were kept with the reason why
            they are none.
        stand_in: for events with another date in place of their own.
    """

    mart: str
    columns: tuple[str, ...]
    counted: str = "true"
    stand_in: StandIn | None = None


EVENTS = {
    "recalls": Event(
        "fct_recall",
        ("revocation_date",),
        "is_counted",
        StandIn("is_prison_only", "return_to_custody_date", "return_date"),
    ),
    "sentences": Event(
        "fct_sentence", ("sentence_date", "disposal_group"), "exclude_reason is null"
    ),
    "pre_sentence_reports": Event("fct_pre_sentence_report", ("requested_date", "delivered_type")),
    "releases": Event("fct_release", ("release_date",), "is_counted"),
}


def score_events(
    connection: duckdb.DuckDBPyConnection, release: Path, truth: Path, kind: str
) -> dict[str, Any]:
    """Scores of one kind of event: `found`, `invented`, and the counts behind them.

    Args:
        connection: holds `persons` and `true_persons` (score_tables).
        release: folder of the release.
        truth: folder of the truth.
        kind: a key of `EVENTS`.
    """
    event = EVENTS[kind]
    connection.execute(
        "create or replace temp table made as "
        "select true_person, person_id is null as is_of_nobody, made.* exclude (person_id) "
        f"from {scan_released(release, event.mart)} as made "
        f"left join persons using (person_id) where {event.counted}"
    )
    connection.execute(
        "create or replace temp table stated as select true_person, stated.* "
        f"from {score_tables.scan_truth(truth, kind)} as stated "
        "join true_persons using (true_person_id)"
    )
    of_a_person = "select * from made where not is_of_nobody"
    scores = compare_events(connection, of_a_person, event.columns)
    nobody = connection.execute("select count(*) from made where is_of_nobody").fetchall()
    scores["without_person"] = nobody[0][0]
    if len(event.columns) > 1:
        scores["found_by_date_alone"] = compare_events(connection, of_a_person, event.columns[:1])[
            "found"
        ]
    if event.stand_in:
        dated = _with_true_dates(of_a_person, event.columns[0], event.stand_in)
        scores["invented_by_date_alone"] = scores["invented"]
        scores["invented"] = compare_events(connection, dated, event.columns)["invented"]
    return scores


def _with_true_dates(made: str, date: str, other: StandIn) -> str:
    """Query of the events; those with another date in place of their own get the truth's date.

    That is the date that the truth has for the event of that other date.
    """
    return (
        f"select made.* replace (case when {other.flag} "
        f"then coalesce(known.true_date, made.{date}) else made.{date} end as {date}) "
        f"from ({made}) as made "
        f"left join (select {PERSON}, {other.true_date} as other_date, min({date}) as true_date "
        f"from stated where {other.true_date} is not null group by all) as known "
        f"on made.{PERSON} = known.{PERSON} and made.{other.mart_date} = known.other_date"
    )


def compare_events(
    connection: duckdb.DuckDBPyConnection, made: str, columns: Sequence[str]
) -> dict[str, Any]:
    """Scores of the marts' events against those of the truth, compared as multisets.

    Each event is a person and the given columns; missing values are values.

    Args:
        connection: holds `stated`: the truth's events, with `is_observable`: whether the delivery
            records it.
        made: a query for the marts' events.
        columns: what an event is besides its person.
    """
    key = ", ".join([PERSON, *columns])
    found, invented, in_marts, stated, observable = connection.execute(
        "select sum(least(made, observable)), sum(greatest(made - stated, 0)), "
        "sum(made), sum(stated), sum(observable) from ("
        f"select {key}, sum(made) as made, sum(stated) as stated, sum(observable) as observable "
        "from ("
        f"select {key}, 1 as made, 0 as stated, 0 as observable from ({made}) union all "
        f"select {key}, 0, 1, cast(is_observable as integer) from stated) group by {key})"
    ).fetchall()[0]
    return {
        "found": found / observable if observable else None,
        "invented": invented / in_marts if in_marts else None,
        "truth": int(observable or 0),
        "truth_unobservable": int((stated or 0) - (observable or 0)),
        "in_marts": int(in_marts or 0),
    }
