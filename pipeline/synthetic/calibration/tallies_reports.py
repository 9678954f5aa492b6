"""Tallies of pre-sentence reports, as they truly were.

Belongs here: reports, their types, days and proposals, and the sentences that followed. Does not
belong here: how orders went (tallies_custody).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, day_number, year_of
from pipeline.synthetic.calibration.tallies_sheet import (
    Made,
    Sheet,
    fall_within,
    financial_year,
    quarter_period,
)
from pipeline.synthetic.code_lists import REGIONS
from pipeline.synthetic.lives.pre_sentence_reports import PROPOSALS, TYPES
from pipeline.synthetic.lives.sentencing import COMMUNITY, SUSPENDED
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import Ints

YEARS = tuple(range(2014, 2021))
ORAL, FAST, STANDARD = (TYPES.index(name) for name in ("oral", "fast", "standard"))
COMMUNITY_TIER = (PROPOSALS.index("community_order"), PROPOSALS.index("suspended_sentence"))
NO_PROPOSAL = PROPOSALS.index("none")


def add_tallies(sheet: Sheet, made: Made) -> None:
    """Reports by day of completion."""
    done = made.lives.cases.filter(
        pl.col("report_completed").is_between(
            day_number(YEARS[0], 1), day_number(YEARS[-1], 12, 31)
        )
    )
    completed = done["report_completed"].to_numpy()
    of = year_of(completed)
    for each in YEARS:
        sheet.count(f"reports_{each}", int((of == each).sum()))
    sheet.count("reports_2014_to_2020", done.height)
    before, closed = (
        fall_within(completed, quarter_period(2019, 2)),
        fall_within(completed, quarter_period(2020, 2)),
    )
    sheet.ratio("reports_first_closure", int(closed.sum()), int(before.sum()))
    _wales(sheet, done, of)
    _mix(sheet, done.filter(pl.Series(fall_within(completed, financial_year(2019)))), made.people)
    _followed(sheet, done.filter(pl.Series(of == 2020)))


def _wales(sheet: Sheet, done: pl.DataFrame, of: Ints) -> None:
    """Takes the share of all reports that are Welsh, and the share of standard ones in Wales.

    The second share is taken at the start and at the end. This is the only mix published for early
    years.
    """
    welsh, kind = (
        (done["region"] == REGIONS.index("Wales")).to_numpy(),
        done["type_delivered"].to_numpy(),
    )
    sheet.share("reports_wales_share", welsh)
    for each in (2014, 2019):
        sheet.share(f"reports_wales_standard_{each}", kind == STANDARD, welsh & (of == each))


def _mix(sheet: Sheet, done: pl.DataFrame, people: People) -> None:
    """Types, days and sex in 2019/20."""
    kind = done["type_delivered"].to_numpy()
    for name, place in (("oral", ORAL), ("fast", FAST), ("standard", STANDARD)):
        sheet.share(f"reports_{name}_share", kind == place)
    female = people.female[done["person"].to_numpy()]
    sheet.share("reports_women_share", female)
    sheet.share("reports_in_time", (done["report_completed"] <= done["report_required"]).to_numpy())
    days = _working_days(done["report_requested"].to_numpy(), done["report_completed"].to_numpy())
    sheet.values("reports_oral_days", days[kind == ORAL])
    sheet.values("reports_fast_days", days[kind == FAST])
    sheet.values("reports_standard_days_men", days[(kind == STANDARD) & ~female])
    sheet.values("reports_standard_days_women", days[(kind == STANDARD) & female])


def _working_days(first: Ints, last: Ints) -> Ints:
    """Days from Monday to Friday between two days; none when they are the same.

    Bank holidays are not left out.
    """
    return np.busday_count(first.astype("datetime64[D]"), last.astype("datetime64[D]")).astype(
        np.int64
    )


def _followed(sheet: Sheet, done: pl.DataFrame) -> None:
    """What reports of 2020 proposed, and what the court then passed."""
    proposal, disposal = done["proposal"].to_numpy(), done["disposal"].to_numpy()
    community, sentenced = (
        np.isin(proposal, COMMUNITY_TIER),
        (done["sentence_date"] < NEVER).to_numpy(),
    )
    sheet.share(
        "reports_community_proposed", community, (proposal >= 0) & (proposal != NO_PROPOSAL)
    )
    sheet.share("community_after_community_proposed", disposal == COMMUNITY, community & sentenced)
    sheet.share("suspended_after_community_proposed", disposal == SUSPENDED, community & sentenced)
