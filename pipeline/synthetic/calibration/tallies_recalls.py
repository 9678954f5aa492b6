"""Tallies of recalls to prison, as they truly were.

Belongs here: recalls, their reasons and lengths, and how many come back. Does not belong here: who
is in prison (tallies_custody).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.calendar import NEVER, day_number
from pipeline.synthetic.calibration.tallies_sheet import (
    Made,
    Sheet,
    fall_within,
    financial_year,
    quarter_period,
    year_period,
)
from pipeline.synthetic.lives.recall import FIXED_TERMS

CATEGORIES = {
    "further_charge": "FURTHER_OFFENCE",
    "non_compliance": "NON_COMPLIANCE",
    "keep_in_touch": "KEEP_IN_TOUCH",
    "reside": "FAILED_RESIDE",
    "drugs_alcohol": "DRUGS|ALCOHOL",
    "relationships": "RELATIONSHIPS",
    "home_visit": "HOME_VISIT",
    "curfew_time": "HDC_TIME_VIOLATION",
    "curfew_tamper": "TAMPER",
    "curfew_monitoring": "BATTERY",
    "curfew_installation": "INSTALLATION",
    "other": r"EXCLUSION_ZONE|OUTSIDE_UK|(?:^|;)OTHER",
}
"""Published categories of reasons, each by what its codes contain.
Sources: MoJ, OMSQ; codes of the Public Protection Casework Section.
"""
PLAIN = ("further_charge", "non_compliance", "keep_in_touch", "reside", "drugs_alcohol")
"""Categories of the parliamentary answer on 2016/17; it puts all others together."""
QUARTERS = {
    "recalls_2017_q3": (2017, 3),
    "recalls_2018_q3": (2018, 3),
    "recalls_2019_q2": (2019, 2),
    "recalls_2020_q2": (2020, 2),
}
LATE = (day_number(2018, 1), day_number(2020, 12, 31))
"""Years with which figures of a little later are compared."""


def add_tallies(sheet: Sheet, made: Made) -> None:
    """Recalls by day of revocation, whether or not the person has come back."""
    recalls = made.lives.recalls
    revoked = recalls["revocation_date"].to_numpy()
    for measure, (of, number) in QUARTERS.items():
        sheet.count(measure, int(fall_within(revoked, quarter_period(of, number)).sum()))
    _fixed_term(sheet, recalls)
    _reasons(sheet, recalls)
    _second(sheet, recalls)
    both = (year_period(2018)[0], year_period(2019)[1])
    back = fall_within(recalls["return_date"], both)
    sheet.ratio(
        "recall_admissions_to_revocations", int(back.sum()), int(fall_within(revoked, both).sum())
    )
    _stock(sheet, recalls)


def _categories(recalls: pl.DataFrame) -> pl.DataFrame:
    """Which categories each recall has; several reasons of one category count once."""
    return recalls.select(
        pl.col("reasons").str.contains(pattern).alias(name) for name, pattern in CATEGORIES.items()
    )


def _fixed_term(sheet: Sheet, recalls: pl.DataFrame) -> None:
    """Fixed-term recalls of 2016/17."""
    part = recalls.filter(
        pl.Series(fall_within(recalls["revocation_date"], financial_year(2016)))
        & pl.col("kind").is_in(FIXED_TERMS)
    )
    held = _categories(part)
    others = [name for name in CATEGORIES if name not in PLAIN]
    held = held.with_columns(other=pl.any_horizontal(others)).select(*PLAIN, "other")
    sheet.count("fixed_term_recalls_2016_17", part.height)
    for name in held.columns:
        sheet.share(f"fixed_term_reason_{name}", held[name].to_numpy())
    sheet.ratio(
        "reasons_per_fixed_term_recall",
        sum(int(held[name].sum()) for name in held.columns),
        part.height,
    )


def _reasons(sheet: Sheet, recalls: pl.DataFrame) -> None:
    """All recalls: how many reasons."""
    part = recalls.filter(pl.Series(fall_within(recalls["revocation_date"], LATE)))
    held = _categories(part)
    sheet.ratio(
        "reasons_per_recall", sum(int(held[name].sum()) for name in held.columns), part.height
    )


def _second(sheet: Sheet, recalls: pl.DataFrame) -> None:
    """Fixed-term recalls that are the second of their kind on one sentence."""
    fixed = recalls.filter(pl.col("kind").is_in(FIXED_TERMS)).sort("case", "cycle")
    place = fixed.select(pl.int_range(1, pl.len() + 1).over("case")).to_series().to_numpy()
    sheet.share(
        "fixed_term_recalls_second", place == 2, fall_within(fixed["revocation_date"], LATE)
    )


def _stock(sheet: Sheet, recalls: pl.DataFrame) -> None:
    """Counts people in prison on recall.

    Those who are there for something new are counted as such, not as recalled.
    """
    on = day_number(2014, 6, 30)
    there = (
        ~pl.col("hidden")
        & (pl.col("return_date") <= on)
        & (pl.col("back_until") > on)
        & (pl.col("return_date") < NEVER)
    )
    sheet.count("recalled_in_prison_2014", recalls.filter(there)["person"].n_unique())
