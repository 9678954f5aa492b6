"""Faults of single cells: what cannot be read as its type, is missing, or is not a legal value.

Belongs here: cells that are judged alone. Does not belong here: dates held against each other or
against a code's days (days).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import polars as pl

from tests.acceptance.faults.draft import Draft, known, spelt, typed, with_cells
from tests.acceptance.faults.fault import Fault, Found, Gate

MAGISTRATES, CROWN, JOURNEYS, MOVEMENTS = (
    "magistrates.defendants",
    "crown_court.defendants",
    "prison.custodial_journeys",
    "prison.movements",
)
OFFENDERS, EVENTS, RECALLS, REPORTS = (
    "probation.offenders",
    "probation.events",
    "probation.recalls",
    "probation.court_reports",
)
REQUIREMENTS, CONTACTS = "probation.requirements", "probation.contacts"
RULES: dict[Gate, str] = {
    "type": "type",
    "null": "not_nullable",
    "code": "isin",
    "pattern": "str_matches",
    "length": "str_length",
}
LOW, HIGH = "greater_than_or_equal_to", "less_than_or_equal_to"


def _fault(
    gate: Gate,
    name: str,
    what: str,
    where: tuple[str, str],
    value: Any,
    make: Callable[..., Callable[[Draft], Sequence[int]]] = typed,
    *,
    rule: str = "",
    rows: Sequence[int] = (4, 40),
    also: tuple[Found, ...] = (),
) -> Fault:
    table, column = where
    found = (Found(column=column, rule=rule or RULES[gate], rows=len(rows)), *also)
    change = make(table, column, value, rows)
    return Fault(
        name=name,
        what=what,
        gate=gate,
        table=table,
        change=change,
        rows=len(rows),
        found=found,
        held=len(rows),
    )


TYPES = (
    _fault(
        "type",
        "number in words",
        "A length is written out.",
        (CROWN, "custodial_period_days"),
        "fourteen",
        spelt,
    ),
    _fault(
        "type",
        "fraction of a count",
        "A count has a fraction.",
        (CROWN, "offence_count"),
        "1.5",
        spelt,
    ),
    _fault(
        "type",
        "number beyond any computer",
        "A count has twenty digits.",
        (CROWN, "custodial_period_days"),
        "9" * 20,
        spelt,
    ),
    _fault(
        "type",
        "decimal comma",
        "An amount has a comma where the point should be.",
        (MAGISTRATES, "fine_amount"),
        "12,5",
        spelt,
    ),
    _fault(
        "type",
        "endless amount",
        "An amount is infinite.",
        (MAGISTRATES, "fine_amount"),
        "inf",
        spelt,
    ),
    _fault(
        "type",
        "day that is not in the calendar",
        "The 31st of February.",
        (EVENTS, "offence_date"),
        "31/02/2016",
        spelt,
    ),
    _fault(
        "type",
        "month before day",
        "A date as Americans write it.",
        (REPORTS, "allocation_date"),
        "02/29/2016",
        spelt,
    ),
    _fault(
        "type",
        "day as a serial number",
        "A spreadsheet turned a date into a number.",
        (REPORTS, "allocation_date"),
        "42429",
        spelt,
    ),
    _fault(
        "type",
        "year of two digits",
        "A date in figures without its century.",
        (JOURNEYS, "sed_calculated_date"),
        "29/02/16",
        spelt,
    ),
    _fault(
        "type",
        "hour that no clock has",
        "A time of 25:00.",
        (MOVEMENTS, "movement_date"),
        "2016-02-29 25:00",
        spelt,
    ),
    _fault(
        "type", "perhaps", "Neither true nor false.", (EVENTS, "soft_deleted"), "perhaps", spelt
    ),
)
NULLS = (
    _fault(
        "null", "code missing", "The kind of movement is blank.", (MOVEMENTS, "movement_type"), None
    ),
    _fault(
        "null",
        "date missing in text",
        "A required date is the word NULL.",
        (EVENTS, "referral_date"),
        "NULL",
        spelt,
    ),
    _fault(
        "null",
        "flag missing",
        r"A required flag is \N, as database exports write it.",
        (REQUIREMENTS, "soft_deleted"),
        r"\N",
        spelt,
    ),
    _fault(
        "null",
        "number missing",
        "The sequence of a movement is N/A.",
        (MOVEMENTS, "movement_seq"),
        "N/A",
        spelt,
    ),
    _fault(
        "null",
        "reference missing",
        "A contact belongs to no event.",
        (CONTACTS, "event_id_hash"),
        None,
    ),
    _fault("null", "key missing", "A contact has no id.", (CONTACTS, "contact_id"), None),
    _fault(
        "null",
        "key of blanks",
        "A contact's id is blanks alone.",
        (CONTACTS, "contact_id"),
        "   ",
        spelt,
    ),
    _fault(
        "null",
        "part of a key missing",
        "One of the two columns of a key is blank.",
        (MAGISTRATES, "defendant_id"),
        None,
    ),
)
CODES = (
    _fault(
        "code",
        "code of no list",
        "A code that nobody knows.",
        (MOVEMENTS, "movement_reason_code"),
        "??",
    ),
    _fault(
        "code",
        "code in small letters",
        "A code is right but for its case.",
        (MAGISTRATES, "gender"),
        "m",
    ),
    _fault(
        "code",
        "code with its zeros lost",
        "A spreadsheet took the zeros before a code.",
        (CROWN, "ethnic_appearance_code"),
        "01",
        spelt,
    ),
    _fault(
        "code",
        "code of another list",
        "A court stands where a prison should.",
        (JOURNEYS, "agy_loc_id"),
        "C20RT00",
    ),
    _fault(
        "code",
        "meaning in place of a code",
        "The description is delivered, not its code.",
        (RECALLS, "recall_reason_code"),
        "Further offence",
        rows=(4,),
    ),
    _fault(
        "code", "required code unknown", "A required code of no list.", (CROWN, "case_type"), "X"
    ),
)
PATTERNS = (
    _fault(
        "pattern",
        "prison number too short",
        "A prison number lost a letter.",
        (JOURNEYS, "offender_id_display"),
        "A1234B",
    ),
    _fault(
        "pattern",
        "case reference without its letter",
        "A probation number without the letter before it.",
        (OFFENDERS, "crn"),
        "123456",
    ),
    _fault(
        "pattern",
        "area of Scotland",
        "An area that is in neither England nor Wales.",
        (OFFENDERS, "lsoa_residence"),
        "S01000001",
    ),
    _fault(
        "pattern",
        "offence code with its zero lost",
        "A spreadsheet took the zero before a code.",
        (EVENTS, "mo_code"),
        "4900",
        spelt,
    ),
    _fault(
        "pattern",
        "reasons separated by commas",
        "Reasons of a recall with the wrong separator.",
        (RECALLS, "ppcs_reason_codes"),
        "OTHER,FURTHER",
        rows=(4,),
    ),
    _fault(
        "pattern",
        "name of a hundred letters",
        "A name longer than any.",
        (CROWN, "surname"),
        "x" * 100,
    ),
    _fault(
        "pattern",
        "line end in a name",
        "A name of two lines.",
        (MAGISTRATES, "surname"),
        "A\nB",
        spelt,
    ),
)
LENGTHS = (
    _fault(
        "length", "key too long", "An id of seventy characters.", (CONTACTS, "contact_id"), "9" * 70
    ),
    _fault(
        "length",
        "reference too long",
        "An officer's id of seventy characters.",
        (CONTACTS, "officer_id"),
        "9" * 70,
    ),
    _fault(
        "length",
        "text too long",
        "A reason of three hundred characters.",
        (REPORTS, "delivered_report_reason_desc"),
        "x" * 300,
    ),
)
RANGES = (
    _fault(
        "range",
        "impossible age",
        "Somebody is 250 years old.",
        (CROWN, "age_at_receipt"),
        250,
        rule=HIGH,
    ),
    _fault(
        "range",
        "age below nothing",
        "Somebody is minus one year old.",
        (MAGISTRATES, "age_at_first_hearing"),
        -1,
        rule=LOW,
    ),
    _fault(
        "range",
        "no offence in a case",
        "A case has nought offences.",
        (CROWN, "offence_count"),
        0,
        rule=LOW,
    ),
    _fault(
        "range",
        "negative fine",
        "A fine is below nothing.",
        (MAGISTRATES, "fine_amount"),
        -0.01,
        rule=LOW,
    ),
    _fault(
        "range",
        "fixed term of three months",
        "A fixed-term recall is 14 or 28 days.",
        (RECALLS, "recall_length_days"),
        90,
        rule=HIGH,
        rows=(4,),
    ),
    _fault(
        "range",
        "sentence of three hundred years",
        "Days and months were mixed up.",
        (JOURNEYS, "aggregate_term_days"),
        110_000,
        rule=HIGH,
    ),
    _fault(
        "range",
        "far date",
        "A date in the year 2150.",
        (JOURNEYS, "crd_calculated_date"),
        date(2150, 1, 1),
        rule=HIGH,
    ),
    _fault(
        "range",
        "default date 1900-01-01",
        "A day of an event long before any record.",
        (REPORTS, "allocation_date"),
        date(1900, 1, 1),
        rule=LOW,
    ),
    _fault(
        "range",
        "birth in the century before last",
        "Somebody was born in 1890.",
        (OFFENDERS, "date_of_birth_date"),
        date(1890, 1, 1),
        rule=LOW,
    ),
    _fault(
        "range",
        "birth to come",
        "Somebody will be born in 2060.",
        (CROWN, "date_of_birth"),
        date(2060, 1, 1),
        rule=HIGH,
    ),
)


def _two_reasons(draft: Draft) -> Sequence[int]:
    rows = draft.rows(CROWN).with_columns(
        pl.when(pl.int_range(pl.len()).is_in([3, 39]))
        .then(pl.lit("?"))
        .otherwise(column)
        .alias(column)
        for column in ("plea_code", "court_code")
    )
    draft.put(CROWN, rows)
    return (4, 40)


def _in_second_part(draft: Draft) -> Sequence[int]:
    """Rows are numbered in their part."""
    rows = draft.rows(CROWN)
    second = with_cells(rows.slice(300), "court_code", "?", (4, 40))
    draft.parts(CROWN, [(rows.head(300), "parquet", None), (second, "parquet", None)])
    return (4, 40)


def _far_offence(draft: Draft) -> Sequence[int]:
    """The offence comes after the conviction too; the rows are not there any more to be flagged for
    it.
    """
    rows = draft.rows(EVENTS)
    numbers = known(rows, "offence_date", "conviction_date", most=2)
    draft.put(EVENTS, with_cells(rows, "offence_date", date(2150, 1, 1), numbers))
    return numbers


SEVERAL = (
    Fault(
        name="far date that is out of order as well",
        what=(
            "Two offences are of the year 2150, after their convictions: "
            "quarantined for the one, and not flagged for the other."
        ),
        gate="range",
        table=EVENTS,
        change=_far_offence,
        rows=2,
        found=(Found(column="offence_date", rule=HIGH, rows=2),),
        held=2,
    ),
    Fault(
        name="fault in the second part",
        what="Two rows of the second of two files have a code of no list.",
        gate="code",
        table=CROWN,
        change=_in_second_part,
        rows=2,
        found=(Found(column="court_code", rule="isin", rows=2),),
        held=2,
        file="part-2.parquet",
    ),
    Fault(
        name="two reasons in one row",
        what="Two codes of one row are of no list: the row is quarantined once, for both.",
        gate="code",
        table=CROWN,
        change=_two_reasons,
        rows=2,
        found=tuple(
            Found(column=column, rule="isin", rows=2) for column in ("plea_code", "court_code")
        ),
        held=2,
    ),
    Fault(
        name="too many quarantined rows",
        what="One code in ten is unknown: more than the contract allows.",
        gate="quarantined rows",
        table=CROWN,
        change=typed(CROWN, "court_code", "?", range(1, 41)),
        rows=40,
        found=(Found(column="court_code", rule="isin", rows=40),),
        held=40,
        blocked=(
            r"crown_court\.defendants: 40 of \d+ rows are in quarantine, "
            r"more than the tolerated share of 0\.05"
        ),
    ),
)
FAULTS = (*TYPES, *NULLS, *CODES, *PATTERNS, *LENGTHS, *RANGES, *SEVERAL)
