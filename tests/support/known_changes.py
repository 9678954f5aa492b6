"""Changes of a contract that break somebody or nobody, each with what is said of it."""

from __future__ import annotations

import polars as pl

from data_contracts.expectations import Coverage, Drift, RowHistory
from data_contracts.fields import code, day, direct, flag, key, quantity, reference, text
from pipeline.exports.baseline import Baseline
from tests.support.altered_contracts import COLUMNS, state, with_codes, with_facts

BEFORE = state()
BREAKING: dict[str, tuple[Baseline, str | None, str]] = {
    "column gone": (state({"minutes": None}), "minutes", "the column is gone"),
    "column renamed": (
        state({"minutes": None, "length": COLUMNS["minutes"]}),
        "minutes",
        "length stands there with the same facts",
    ),
    "new column that must come": (
        state({"visitor": (str, text("Visitor."))}),
        "visitor",
        "is new and every delivery must have it",
    ),
    "type changed": (
        state({"booked": (str, text("Booked."))}),
        "booked",
        "the type was [BOOLEAN] and is [VARCHAR]",
    ),
    "type narrowed": (
        state({"minutes": (bool, flag("Long."))}),
        "minutes",
        "the type was [BIGINT] and is [BOOLEAN]",
    ),
    "value must be there": (
        state({"visit_date": (pl.Date, day("Day.", nullable=False))}),
        "visit_date",
        "may no longer be missing",
    ),
    "value may be missing": (
        state({"left_date": (pl.Date, day("Day."))}),
        "left_date",
        "readers were promised one",
    ),
    "column must come": (
        state({"note": (str, text("Note."))}),
        "note",
        "every delivery must now have the column",
    ),
    "code gone": (with_codes("M"), "sex", "codes gone from sex_libra [F, U]"),
    "code list set": (
        state({"area": (str, code("courts", "Court."))}),
        "area",
        "values are now judged by a code list",
    ),
    "pattern changed": (
        state({"area": (str, text("Area.", pattern=r"^E\d{8}$"))}),
        "area",
        "the pattern was [^E\\d+$] and is [^E\\d{8}$]",
    ),
    "pattern set": (
        state({"note": (str, text("Note.", required=False, pattern="^A"))}),
        "note",
        "the pattern was [none] and is [^A]",
    ),
    "least raised": (
        state({"minutes": (int, quantity("minutes", "L.", least=2, most=500))}),
        "minutes",
        "tightened from [1] to [2]",
    ),
    "most lowered": (
        state({"minutes": (int, quantity("minutes", "L.", least=1, most=499))}),
        "minutes",
        "tightened from [500] to [499]",
    ),
    "unit changed": (
        state({"minutes": (int, quantity("hours", "L.", least=1, most=500))}),
        "minutes",
        "was [minutes] and is [hours]",
    ),
    "key family changed": (
        state({"person_id": (str, reference("other", "P.", orphan_tolerance=0.05))}),
        "person_id",
        "every pseudonym",
    ),
    "reference to another table": (
        state(
            {"person_id": (str, reference("further_person", "P.", orphan_tolerance=0.05, to="a.b"))}
        ),
        "person_id",
        "the table that the reference is to was [none] and is [a.b]",
    ),
    "fewer orphans allowed": (
        state({"person_id": (str, reference("further_person", "P.", orphan_tolerance=0.01))}),
        "person_id",
        "may refer to nothing was tightened from [0.05] to [0.01]",
    ),
    "value becomes a pseudonym": (
        state({"note": (str, reference("notes", "Note.", required=False))}),
        "note",
        "and is [keyed pseudonym]",
    ),
    "key family by another column": (
        state({"visit_id": (str, key("further_visit", "V.", family_by="sex"))}),
        "visit_id",
        "the column that says the key family was [none] and is [sex]",
    ),
    "another identifier": (
        state({"surname": (str, direct("forename", "F."))}),
        "surname",
        "was [surname] and is [forename]",
    ),
    "fewer repeats allowed": (
        state(duplicate_tolerance=0.0),
        None,
        "repeat a key was tightened from [0.01] to [0.0]",
    ),
    "key changed": (
        state(key=("visit_id", "left_date")),
        None,
        "the key was [visit_id] and is [visit_id, left_date]",
    ),
    "records of people": (
        state(record_of_person=True),
        None,
        "whether rows are records of people was [False] and is [True]",
    ),
    "links by another column": (
        state(lookup_key="person_id"),
        None,
        "was [none] and is [person_id]",
    ),
    "fewer rows may be quarantined": (
        state(quarantine_tolerance=0.01),
        None,
        "quarantined was tightened from [0.05] to [0.01]",
    ),
    "a smaller fall blocks": (
        state(row_history=RowHistory(collapse=0.2)),
        None,
        "expected of rows over time",
    ),
}
COMPATIBLE: dict[str, tuple[Baseline, str | None, str]] = {
    "new column that may come": (
        state({"visitor": (str, text("V.", required=False))}),
        "visitor",
        "a delivery may leave it out",
    ),
    "column may be left out": (
        state({"area": (str, text("A.", pattern=r"^E\d+$", required=False))}),
        "area",
        "may now leave the column out",
    ),
    "code new": (with_codes("M", "F", "U", "X"), "sex", "codes new in sex_libra [X]"),
    "code list dropped": (with_codes(), "sex", "no longer judged by a code list"),
    "pattern dropped": (with_facts("area", checks={}), "area", "is [none]"),
    "least lowered": (
        state({"minutes": (int, quantity("minutes", "L.", most=500))}),
        "minutes",
        "loosened from [1] to [0]",
    ),
    "most raised": (
        state({"minutes": (int, quantity("minutes", "L.", least=1, most=900))}),
        "minutes",
        "loosened from [500] to [900]",
    ),
    "privacy class": (
        state({"note": (str, text("N.", required=False, privacy="quasi"))}),
        "note",
        "was [plain] and is [quasi]",
    ),
    "day of a code": (
        state({"sex": (str, code("sex_libra", "Sex.", dated_by="visit_date"))}),
        "sex",
        "was [none] and is [visit_date]",
    ),
    "more rows may be quarantined": (
        state(quarantine_tolerance=0.1),
        None,
        "quarantined was loosened from [0.05] to [0.1]",
    ),
    "table may be left out": (state(required=False), None, "may now leave the table out"),
    "days in order": (
        state(ordered_dates=(("visit_date", "left_date"),)),
        None,
        "is [visit_date, left_date]",
    ),
    "coverage": (state(coverage=Coverage(by="left_date")), None, "is [by left_date"),
    "drift": (state(drift=Drift(null_effect=0.2)), None, "what counts as drift"),
    "a smaller fall warns": (
        state(row_history=RowHistory(fall=0.05)),
        None,
        "expected of rows over time",
    ),
}
