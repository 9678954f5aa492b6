"""The effects planted in the world, as a table.

It says what causes what, how strongly, what confounds it, and which regression finds it.

Belongs here: naming the effects with the sizes that the parts of the world use, and what has no
effect though it may be looked for. Does not belong here: the parts themselves, or the tables of
units (effect_truth).
"""

from __future__ import annotations

from math import log

import polars as pl

from pipeline.synthetic.lives import careers, licence, sentencing, supervision

LOG_ODDS, LOG_RISK = "log odds", "log risk ratio"
COMPLETION = (
    "orders",
    (
        "completed ~ C(report_delivered, Treatment('none')) + report_not_as_asked + started_late"
        " + earlier_convictions + crown_court"
    ),
)
BREACH = (
    "orders",
    "revoked_for_breach ~ started_late + C(report_delivered) + earlier_convictions + crown_court",
)
FURTHER = (
    "orders",
    "revoked_for_offence ~ started_late + C(report_delivered) + earlier_convictions + crown_court",
)
CUSTODY = (
    "custody_decisions",
    (
        "custody ~ C(ethnic_group, Treatment('White')) + female + pleaded_guilty + london"
        " + case_log_odds"
    ),
)
RECORD = (
    "custody_decisions",
    (
        "custody_or_no_order ~ earlier_convictions + C(ethnic_group) + female + pleaded_guilty"
        " + case_log_odds_no_order"
    ),
)
RECALL = (
    "licences",
    (
        "recalled ~ officer_changed + supported + C(licence) + years_from_mid_2018 + under_25"
        " + born_october_to_december"
    ),
)
CONDITIONS = (
    "licences",
    (
        "recalled ~ conditions + officer_changed + supported + C(licence) + years_from_mid_2018"
        " + under_25"
    ),
)
REOFFENDING = ("index_disposals", "reoffended ~ community_order + career_log_risk")

COMPLETES, BREACHES = "order completed", "order revoked for breach, against completed"
JAILED = "immediate custody, against all but suspended sentences"
JAILED_OR_LET_GO = "immediate custody, against sentences without supervision"
RECALLED = "recalled from the first licence, other than for being held on a new charge"
OF_ORDER = "report delivered, start of requirement, earlier convictions, court"
OF_CASE = (
    "offence, court (chosen and charged by group), remand, report, proposal, "
    "record and time since the last (together case_log_odds), "
    "plea, ethnic group, sex"
)
OF_RECORD = (
    "offence, court, remand, report, proposal, "
    "time since the last (together case_log_odds_no_order), "
    "plea, ethnic group, sex"
)
OF_LICENCE = "kind and length of licence, year of release, age under 25, officer, support"
COLUMNS = {
    "effect": pl.String,
    "exposure": pl.String,
    "outcome": pl.String,
    "scale": pl.String,
    "size": pl.Float64,
    "confounders": pl.String,
    "is_null": pl.Boolean,
    "units": pl.String,
    "regression": pl.String,
    "term": pl.String,
}
Row = tuple[str, str, str, str, float, str, bool, str, str, str]


def list_effects() -> pl.DataFrame:
    """What was planted, with its size; and what was not, though it may be looked for.

    `regression` is a formula on the table `units`, of the binomial family where the scale is log
    odds, of the Poisson family where it is a log risk ratio; `term` is the coefficient to compare
    with `size`.
    """
    return pl.DataFrame(
        [*_orders(), *_custody(), *_licences(), *_careers(), *_nulls()],
        schema=COLUMNS,
        orient="row",
    )


def _orders() -> list[Row]:
    of_report = [
        ("report on completion", f"report delivered: {name}, against none", name, size)
        for name, size in supervision.REPORT_ON_COMPLETION.items()
    ]
    rows: list[Row] = [
        (
            effect,
            exposure,
            COMPLETES,
            LOG_ODDS,
            size,
            OF_ORDER,
            False,
            *COMPLETION,
            f"C(report_delivered, Treatment('none'))[T.{name}]",
        )
        for effect, exposure, name, size in of_report
    ]
    prior, late = supervision.PRIOR_ON_COMPLETION, supervision.LATE_START_ON_BREACH
    each = "each earlier conviction, to fifteen"
    rows += [
        (
            "record on completion",
            each,
            COMPLETES,
            LOG_ODDS,
            prior,
            OF_ORDER,
            False,
            *COMPLETION,
            "earlier_convictions",
        ),
        (
            "late start on breach",
            "first requirement started after more than 14 days",
            BREACHES,
            LOG_ODDS,
            late,
            OF_ORDER,
            False,
            *BREACH,
            "started_late",
        ),
    ]
    return rows


def _custody() -> list[Row]:
    of_group: list[tuple[str, str, str, float]] = [
        (
            "ethnicity on custody",
            f"ethnic group: {name}, against White",
            f"C(ethnic_group, Treatment('White'))[T.{name}]",
            size,
        )
        for name, size in sentencing.GROUP_ON_CUSTODY.items()
        if name != "White"
    ]
    of_group += [
        ("sex on custody", "female", "female", sentencing.FEMALE_ON_CUSTODY),
        ("plea on custody", "pleaded guilty", "pleaded_guilty", sentencing.GUILTY_ON_CUSTODY),
    ]
    rows: list[Row] = [
        (effect, exposure, JAILED, LOG_ODDS, size, OF_CASE, False, *CUSTODY, term)
        for effect, exposure, term, size in of_group
    ]
    size, each = sentencing.PRIOR_ON_CUSTODY, "each earlier conviction, to fifteen"
    rows.append(
        (
            "record on custody",
            each,
            JAILED_OR_LET_GO,
            LOG_ODDS,
            size,
            OF_RECORD,
            False,
            *RECORD,
            "earlier_convictions",
        )
    )
    return rows


def _licences() -> list[Row]:
    change, support = licence.HANDOVER_ON_RECALL, licence.SUPPORT_ON_RECALL
    officer = f"officer changed in the first {licence.HANDOVER_DAYS} days"
    inside = "support completed in prison before release"
    return [
        (
            "officer change on recall",
            officer,
            RECALLED,
            LOG_ODDS,
            change,
            OF_LICENCE,
            False,
            *RECALL,
            "officer_changed",
        ),
        (
            "prison support on recall",
            inside,
            RECALLED,
            LOG_ODDS,
            support,
            OF_LICENCE,
            False,
            *RECALL,
            "supported",
        ),
    ]


def _careers() -> list[Row]:
    return [
        (
            "community order on reoffending",
            "community order, against custody of under twelve months",
            "any offence within a year that came to court, from the order or from release",
            LOG_RISK,
            log(careers.COMMUNITY_ON_REOFFENDING),
            (
                "pace of the career, and whether it goes on (together career_log_risk); "
                "in records, earlier convictions and offence"
            ),
            False,
            *REOFFENDING,
            "community_order",
        )
    ]


def _nulls() -> list[Row]:
    nothing: list[tuple[str, str, str, str, tuple[str, str], str]] = [
        (
            "report not as asked on completion",
            "report of another type than asked for",
            COMPLETES,
            OF_ORDER,
            COMPLETION,
            "report_not_as_asked",
        ),
        (
            "late start on further offence",
            "first requirement started after more than 14 days",
            "order revoked for a new offence, against completed",
            OF_ORDER,
            FURTHER,
            "started_late",
        ),
        ("region on custody", "lives in London", JAILED, OF_CASE, CUSTODY, "london"),
        (
            "licence conditions on recall",
            "number of conditions",
            RECALLED,
            OF_LICENCE,
            CONDITIONS,
            "conditions",
        ),
        (
            "birthday on recall",
            "born in October to December",
            RECALLED,
            OF_LICENCE,
            RECALL,
            "born_october_to_december",
        ),
    ]
    return [
        (effect, exposure, outcome, LOG_ODDS, 0.0, confounders, True, *regression, term)
        for effect, exposure, outcome, confounders, regression, term in nothing
    ]
