"""Traps of what belongs to a probation event, and of deleted rows.

It covers requirements, conditions, reports, releases, recalls and contacts.

Belongs here: traps of those tables, and soft deletion in all of probation. Does not belong here:
offender records and events (probation_traps).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.extracts.probation_custody import REFUSED, TEMPORARY
from pipeline.synthetic.traps.trap import Tables, Trap

DELETED_RATES = {
    "offenders": 0.0105,
    "events": 0.004,
    "requirements": 0.006,
    "licence_conditions": 0.006,
    "pss_requirements": 0.006,
    "court_reports": 0.006,
    "releases": 0.006,
    "recalls": 0.006,
    "contacts": 0.004,
    "referrals": 0.004,
}
_Row = tuple[str, str, str, float, pl.Expr]
_CATEGORY, _REPORT = pl.col("rqmnt_type_main_category_code"), pl.col("court_report_type_code")
_REASON, _UNIT = pl.col("recall_reason_code"), pl.col("rqmnt_type_main_units_code")
_REQUIREMENTS: tuple[_Row, ...] = (
    (
        "start_unknown",
        "rqmnt_commencement_date is missing",
        "trap 5 (public R analysis)",
        0.25,
        pl.col("rqmnt_commencement_date").is_null(),
    ),
    (
        "start_is_imposed",
        "rqmnt_start_date is the day it was imposed, before the true start",
        "trap 5 (published metadata)",
        0.7,
        pl.col("rqmnt_start_date") < pl.col("rqmnt_commencement_date"),
    ),
    ("length_in_hours", "length counts hours (unpaid work)", "trap 6", 0.37, _UNIT == "H"),
    (
        "length_in_days",
        "length counts days (activity, curfew, programmes, abstinence)",
        "trap 6",
        0.45,
        _UNIT == "D",
    ),
    (
        "length_in_months",
        "length counts months (treatment, supervision, exclusion)",
        "trap 6",
        0.2,
        _UNIT == "M",
    ),
    (
        "alcohol_one_spelling",
        "alcohol abstinence under the code AAMR",
        "trap 10 (public R analysis)",
        0.01,
        _CATEGORY == "AAMR",
    ),
    (
        "alcohol_other_spelling",
        "the same requirement under the code AAM",
        "trap 10 (public R analysis)",
        0.01,
        _CATEGORY == "AAM",
    ),
    (
        "activity_days",
        "rehabilitation activity (RAR): days offered, not a programme",
        "trap 10",
        0.25,
        _CATEGORY == "F",
    ),
    (
        "programme_in_activity",
        "a programme under rehabilitation activity, not under programmes",
        "trap 10",
        0.015,
        _CATEGORY == "RAP",
    ),
    ("programme", "a programme under its own category", "trap 10", 0.045, _CATEGORY == "AP"),
    (
        "supervision_of_old",
        "supervision, which rehabilitation activity replaced in February 2015",
        "trap 10",
        0.1,
        _CATEGORY == "SUP",
    ),
)
_CONDITIONS: tuple[_Row, ...] = (
    (
        "start_unknown",
        "commencement_date is missing",
        "trap 5",
        0.3,
        pl.col("commencement_date").is_null(),
    ),
    (
        "start_is_imposed",
        "the first date is the day it was imposed, before the true start",
        "trap 5",
        0.62,
        pl.col("commencement_date") > pl.coalesce(pl.col(r"^(start|imposed)_date$")),
    ),
)
_REPORTS: tuple[_Row, ...] = (
    (
        "another_type_came",
        "the report delivered is not of the type asked for",
        "section 2.4 (User Representation Panel, January 2022)",
        0.1,
        pl.col("delivered_court_report_type_code") != _REPORT,
    ),
    ("type_not_entered", "the type asked for is empty", "section 2.4", 0.015, _REPORT.is_null()),
    (
        "never_delivered",
        "a report that was asked for and never came",
        "section 2.4",
        0.09,
        pl.col("completed_date").is_null(),
    ),
    (
        "addendum",
        "an addendum (PSA): no report before sentence",
        "section 2.4 (Delius report types)",
        0.03,
        _REPORT == "PSA",
    ),
    (
        "breach_report",
        "a report on a breach: no report before sentence",
        "section 2.4",
        0.03,
        _REPORT == "BRE",
    ),
    (
        "legacy_type",
        "the type PSR of earlier years",
        "section 2.4 (Delius report types)",
        0.0055,
        _REPORT == "PSR",
    ),
    (
        "no_proposal",
        "the proposal is empty",
        "section 2.4",
        0.25,
        pl.col("proposed_disposal_desc").is_null(),
    ),
)
_RELEASES: tuple[_Row, ...] = (
    (
        "temporary_release",
        "release on temporary licence: a release type, and no release from the sentence",
        "trap 13",
        0.025,
        pl.col("release_type_desc") == TEMPORARY,
    ),
)
_RECALLS: tuple[_Row, ...] = (
    (
        "told_by_prison",
        "reason NN, notified by the prison: no recall from licence",
        "trap 13",
        0.007,
        _REASON == "NN",
    ),
    (
        "temporary_licence_ended",
        "reason EOTL, end of temporary licence: no recall from licence",
        "trap 13",
        0.045,
        _REASON == "EOTL",
    ),
    (
        "to_hospital",
        "reason TSH, transfer to a secure hospital: no recall from licence",
        "trap 13",
        0.006,
        _REASON == "TSH",
    ),
    (
        "refused",
        "a recall asked for and refused or withdrawn",
        "section 2.3 (Delius recall workflow)",
        0.03,
        pl.col("recall_outcome_code").is_in(REFUSED),
    ),
    (
        "rescinded",
        "a recall made in error",
        "section 1.1 of the definitions (rules of the official recall tables)",
        0.015,
        pl.col("rescinded"),
    ),
    (
        "undated",
        "a recall without a date",
        "section 1.1 of the definitions",
        0.005,
        pl.col("recall_date").is_null(),
    ),
    (
        "never_returned",
        "recalled, and not back in custody: at large, or dead",
        "section 1.1 of the definitions",
        0.06,
        pl.col("return_to_custody_date").is_null() & (pl.col("_case") >= 0),
    ),
    (
        "recalled_in_custody",
        (
            "recalled while held on something new: "
            "back on the day, and no journey of its own in the prison's extract"
        ),
        "trap 16",
        0.27,
        pl.col("return_to_custody_date") == pl.col("recall_date"),
    ),
    (
        "several_reasons",
        "several reasons in one cell: percentages of recalls, never of reasons",
        "section 1.3 of the definitions",
        0.5,
        pl.col("ppcs_reason_codes").str.contains(";"),
    ),
)
_CONTACTS: tuple[_Row, ...] = (
    ("no_outcome", "a contact without an outcome", "section 2", 0.05, pl.col("attended").is_null()),
)
_BY_TABLE: tuple[tuple[str, tuple[_Row, ...]], ...] = (
    ("requirements", _REQUIREMENTS),
    ("licence_conditions", _CONDITIONS),
    ("pss_requirements", _CONDITIONS),
    ("court_reports", _REPORTS),
    ("releases", _RELEASES),
    ("recalls", _RECALLS),
    ("contacts", _CONTACTS),
)


def _without_disposal(tables: Tables) -> int:
    """Reports for events that never got a disposal."""
    none = tables["probation", "events"].filter(pl.col("disposal_date").is_null())["event_id_hash"]
    return int(tables["probation", "court_reports"]["event_id_hash"].is_in(none.implode()).sum())


def list_traps() -> list[Trap]:
    """Traps of everything that hangs off an event, and of deletion."""
    listed = [
        Trap(
            name=name, source="probation", table=table, what=what, told=told, rate=rate, found=found
        )
        for table, rows in _BY_TABLE
        for name, what, told, rate, found in rows
    ]
    listed += [
        Trap(
            name="soft_deleted",
            source="probation",
            table=table,
            what="a row deleted at the source and still delivered",
            told="trap 14 (Delius tables)",
            rate=rate,
            found=pl.col("soft_deleted"),
        )
        for table, rate in DELETED_RATES.items()
    ]
    return [
        *listed,
        Trap(
            name="report_without_disposal",
            source="probation",
            table="court_reports",
            what="a report for an event that has no disposal",
            told="section 2.4 (Delius schema)",
            rate=0.004,
            found=_without_disposal,
        ),
    ]
