"""Faults of dates held against each other, and of codes held against the days on which they were in
force.

Belongs here: rows that are kept and flagged. Does not belong here: dates that are wrong alone
(cells).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from tests.acceptance.faults.draft import Draft, known, with_cells
from tests.acceptance.faults.fault import Fault, Found

ROWS = 3


def _before(table: str, earlier: str, later: str) -> Callable[[Draft], Sequence[int]]:
    """In three rows the two dates are a day apart, and the wrong way round."""

    def change(draft: Draft) -> Sequence[int]:
        frame = draft.rows(table)
        rows = known(frame, earlier, later, most=ROWS)
        draft.put(table, with_cells(frame, later, pl.col(earlier) - pl.duration(days=1), rows))
        return rows

    return change


def _order(what: str, table: str, earlier: str, later: str) -> Fault:
    source, _, name = table.partition(".")
    found = Found(column=later, rule=f"{later} before {earlier}", severity="warn", rows=ROWS)
    change = _before(table, earlier, later)
    title = f"{source} {name}: {later} first".replace("_", " ")
    return Fault(
        name=title,
        what=what,
        gate="order of dates",
        table=table,
        change=change,
        rows=ROWS,
        found=(found,),
    )


def _in_force(
    name: str, what: str, table: str, column: str, by: str, value: str, days: tuple[date, date]
) -> Fault:
    """In the first three rows of some years a code stands that had not yet, or no longer, force."""

    def change(draft: Draft) -> Sequence[int]:
        frame = draft.rows(table)
        rows = (
            frame.with_row_index("number", offset=1)
            .filter(pl.col(by).is_between(*days))["number"]
            .head(ROWS)
            .to_list()
        )
        draft.put(table, with_cells(frame, column, value, rows))
        return rows

    found = Found(column=column, rule=f"{column} not in force on {by}", severity="warn", rows=ROWS)
    return Fault(
        name=name, what=what, gate="in force", table=table, change=change, rows=ROWS, found=(found,)
    )


ORDERS = (
    _order(
        "The first hearing comes before the charge.",
        "magistrates.defendants",
        "charge_date",
        "first_hearing_date",
    ),
    _order(
        "The sentence comes before the conviction.",
        "magistrates.defendants",
        "conviction_date",
        "sentence_date",
    ),
    _order(
        "The case ends before it is received.",
        "crown_court.defendants",
        "receipt_date",
        "completion_date",
    ),
    _order(
        "The sentence comes before the conviction.",
        "crown_court.defendants",
        "conviction_date",
        "sentence_date",
    ),
    _order(
        "The time in prison ends before it begins.",
        "prison.custodial_journeys",
        "booking_begin_date",
        "booking_end_date",
    ),
    _order(
        "The release comes before the sentence.",
        "prison.custodial_journeys",
        "sentence_start_date",
        "release_date",
    ),
    _order(
        "The programme ends before it starts.", "prison.interventions", "start_date", "end_date"
    ),
    _order(
        "The conviction comes before the offence.",
        "probation.events",
        "offence_date",
        "conviction_date",
    ),
    _order(
        "The order ends before it is made.",
        "probation.events",
        "disposal_date",
        "disposal_termination_date",
    ),
    _order(
        "The requirement ends before it starts.",
        "probation.requirements",
        "rqmnt_commencement_date",
        "rqmnt_termination_date",
    ),
    _order(
        "The report is done before it is asked for.",
        "probation.court_reports",
        "date_requested",
        "completed_date",
    ),
    _order(
        "The person is back before the recall.",
        "probation.recalls",
        "recall_date",
        "return_to_custody_date",
    ),
    _order(
        "The officer's time ends before it begins.",
        "probation.officer_allocations",
        "allocation_date",
        "end_date",
    ),
    _order("The service ends before it starts.", "probation.referrals", "start_date", "end_date"),
)
TRUSTS, COMPANIES = (date(2014, 1, 1), date(2014, 5, 31)), (date(2014, 6, 1), date(2020, 12, 31))
IN_FORCE = (
    _in_force(
        "provider that was no more",
        "A probation trust of 2014 stands in an event of a later year.",
        "probation.events",
        "probation_area_desc",
        "referral_date",
        "Northumbria Trust",
        COMPANIES,
    ),
    _in_force(
        "provider that was not yet",
        "A region of 2021 stands in a requirement of an earlier year.",
        "probation.requirements",
        "probation_area_desc",
        "rqmnt_start_date",
        "East of England",
        COMPANIES,
    ),
    _in_force(
        "division before its day",
        "A division of June 2014 is responsible before it was there.",
        "probation.officer_allocations",
        "probation_area_desc",
        "allocation_date",
        "NPS Midlands",
        TRUSTS,
    ),
)
FAULTS = (*ORDERS, *IN_FORCE)
