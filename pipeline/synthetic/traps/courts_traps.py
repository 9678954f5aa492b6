"""Traps of the two court extracts.

Belongs here: traps of defendants before magistrates and the Crown Court. Does not belong here: who
a defendant is (identity_traps).
"""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.synthetic.extracts import crown_court, magistrates
from pipeline.synthetic.traps.trap import Trap

THIN = (date(2020, 11, 1), date(2020, 12, 31))
THICK = (date(2019, 11, 1), date(2019, 12, 31))
NO_CRIME = ("CB", "VP", "CR")
_Row = tuple[str, str, str, float, pl.Expr]
_HEARD, _GENDER = pl.col("first_hearing_date"), pl.col("gender")
_MAGISTRATES: tuple[_Row, ...] = (
    (
        "company",
        "the defendant is a company",
        "trap 20",
        magistrates.COMPANY_SHARE,
        pl.col("_person").str.starts_with("C"),
    ),
    (
        "no_crime",
        "breaches of orders and civil matters: no prosecution for a crime",
        "section 5 (catalogue of the magistrates' dataset)",
        0.066,
        pl.col("offence_category").is_in(NO_CRIME),
    ),
    (
        "thinning",
        (
            "rows of November and December 2020 that are fewer than a year before: "
            "cases moved to another system, after courts had closed"
        ),
        "trap 17 (catalogue of the magistrates' dataset)",
        0.006,
        _HEARD.is_between(*THICK).sum().cast(pl.Int64)
        - _HEARD.is_between(*THIN).sum().cast(pl.Int64),
    ),
    (
        "no_single_justice",
        "cases of the Single Justice Procedure are not there: none begins by its notice (J)",
        "trap 17 (catalogue of the magistrates' dataset)",
        0.0,
        pl.col("initiation_code") == "J",
    ),
    (
        "several_defendants",
        "rows beyond the first of a case: a case is not a defendant",
        "section 5",
        0.04,
        pl.len() - pl.col("case_id").n_unique(),
    ),
    (
        "sentenced_elsewhere",
        "convicted here and committed to the Crown Court, which passes the sentence",
        "section 2.4 of the definitions",
        0.028,
        pl.col("crown_referral_code") == "CFS",
    ),
    (
        "sent_elsewhere",
        "sent to the Crown Court for trial: no outcome here",
        "section 2.4 of the definitions",
        0.05,
        pl.col("crown_referral_code") == "SENT",
    ),
    (
        "unfinished",
        "no completion: not over when the window closed",
        "trap 12",
        0.0075,
        pl.col("completion_date").is_null(),
    ),
    ("youth_court", "heard in a youth court", "section 5", 0.074, pl.col("youth_court")),
    (
        "unknown_sex",
        "sex U: coded otherwise than in the other systems",
        "trap 19",
        0.012,
        (_GENDER == "U") & ~pl.col("_person").str.starts_with("C"),
    ),
    (
        "ethnicity_unstated",
        "ethnicity NS: not stated",
        "trap 8",
        0.24,
        pl.col("ethnicity_self_defined") == "NS",
    ),
)
_CROWN: tuple[_Row, ...] = (
    (
        "appeal",
        "an appeal from magistrates: no new prosecution",
        "section 4 (catalogue of the Crown Court dataset)",
        0.09,
        pl.col("case_type") == "A",
    ),
    (
        "committed_for_sentence",
        "committed for sentence: no trial here",
        "section 4 (catalogue of the Crown Court dataset)",
        0.25,
        pl.col("case_type") == "S",
    ),
    (
        "obsolete",
        "obs_ind: a row that was replaced",
        "trap 20 (XHIBIT schema)",
        crown_court.OBSOLETE_SHARE,
        pl.col("obs_ind"),
    ),
    (
        "amended_result",
        "an obsolete row with an earlier result, amended since",
        "trap 20 (XHIBIT schema)",
        crown_court.OBSOLETE_SHARE * crown_court.AMENDED_SHARE * 0.85,
        pl.col("obs_ind") & pl.col("disposal_code").is_not_null(),
    ),
    (
        "masked",
        "is_masked: the name is withheld",
        "trap 20 (XHIBIT schema)",
        crown_court.MASKED_SHARE,
        pl.col("is_masked"),
    ),
    (
        "company",
        "the defendant is a company",
        "trap 20 (XHIBIT schema)",
        crown_court.COMPANY_SHARE,
        pl.col("_person").str.starts_with("C"),
    ),
    (
        "numeric_sex",
        "sex as a number, 1 and 2, where other systems write letters",
        "trap 19 (XHIBIT schema)",
        0.99,
        _GENDER.is_in([1, 2]),
    ),
    ("unknown_sex", "sex 0 or 9", "trap 19 (XHIBIT schema)", 0.013, _GENDER.is_in([0, 9])),
    (
        "ethnicity_unstated",
        "ethnicity NS: not stated",
        "trap 8",
        0.15,
        pl.col("ethnicity_self_defined") == "NS",
    ),
    (
        "unfinished",
        "no completion: not over when the window closed",
        "trap 12",
        0.04,
        pl.col("completion_date").is_null() & ~pl.col("obs_ind"),
    ),
    (
        "several_defendants",
        "rows beyond the first of a case: a case is not a defendant",
        "section 4",
        0.04,
        pl.len() - pl.col("case_id").n_unique(),
    ),
)


def list_traps() -> list[Trap]:
    """Traps of both courts."""
    both = (("magistrates", _MAGISTRATES), ("crown_court", _CROWN))
    return [
        Trap(name=n, source=source, table="defendants", what=w, told=t, rate=r, found=f)
        for source, rows in both
        for n, w, t, r, f in rows
    ]
