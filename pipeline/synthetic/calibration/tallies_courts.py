"""Tallies of courts and sentences, as they truly were.

Belongs here: pleas, remand, waiting, disposals and lengths; one principal sentence a defendant on a
case, at whichever court. Does not belong here: how a sentence is served (tallies_custody).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import day_number
from pipeline.synthetic.calibration.tallies_sheet import (
    Made,
    Sheet,
    fall_within,
    quarter_period,
    year_period,
)
from pipeline.synthetic.code_lists import OffenceClass
from pipeline.synthetic.lives.sentencing import CUSTODIAL, DETERMINATE, EXTENDED, TRAINING
from pipeline.synthetic.population.people import GROUPS, People

INDICTABLE = [OffenceClass.CE, OffenceClass.CI]
"""Triable either way, or only on indictment."""
LENGTHS = [EXTENDED, DETERMINATE, TRAINING]
"""Custody of a length that is known when it is passed.
An extended sentence counts with its custodial part.
"""
NO_CRIME = OffenceClass.OTHER
WHITE, BLACK, ASIAN = (GROUPS.index(name) for name in ("White", "Black", "Asian"))


def add_tallies(sheet: Sheet, made: Made) -> None:
    """Sentences, then what came before them."""
    passed = made.lives.cases.filter(
        (pl.col("disposal") >= 0)
        & pl.col("sentence_date").is_between(day_number(2014, 1), day_number(2019, 12, 31))
    )
    _custody(sheet, passed)
    _by_group(sheet, passed, made.people)
    _before(sheet, made.lives.cases)
    _crown(sheet, made.lives.cases, made.people)


def _custody(sheet: Sheet, passed: pl.DataFrame) -> None:
    """Rates of immediate custody, and average custodial sentence length in days."""
    of_2019, of_2016 = (
        fall_within(passed["sentence_date"], year_period(2019)),
        fall_within(passed["sentence_date"], year_period(2016)),
    )
    indictable = passed["kind_of_offence"].is_in(INDICTABLE).to_numpy()
    inside, known = (
        (passed["disposal"] <= CUSTODIAL).to_numpy(),
        passed["disposal"].is_in(LENGTHS).to_numpy(),
    )
    term = passed["term_days"].to_numpy()
    sheet.share("custody_rate_2019", inside, of_2019)
    sheet.count("custody_sentences_2019", int((inside & of_2019).sum()))
    sheet.share("custody_rate_indictable_2019", inside, of_2019 & indictable)
    sheet.share("custody_rate_indictable_2016", inside, of_2016 & indictable)
    sheet.values("sentence_length_2019", term[of_2019 & known])
    sheet.values("sentence_length_indictable_2019", term[of_2019 & indictable & known])
    sheet.values("sentence_length_indictable_2016", term[of_2016 & indictable & known])


def _by_group(sheet: Sheet, passed: pl.DataFrame, people: People) -> None:
    """Expected custody by ethnic group, and custody of men at the Crown Court."""
    person = passed["person"].to_numpy()
    group, female = people.group[person], people.female[person]
    indictable = passed["kind_of_offence"].is_in(INDICTABLE).to_numpy() & fall_within(
        passed["sentence_date"], year_period(2019)
    )
    known = passed["disposal"].is_in(LENGTHS).to_numpy()
    expected = np.where(known, passed["term_days"].to_numpy(), 0)
    sheet.values("expected_custody_white_2019", expected[indictable & (group == WHITE)])
    sheet.values("expected_custody_asian_2019", expected[indictable & (group == ASIAN)])
    men = (
        passed["crown"].to_numpy()
        & ~female
        & fall_within(passed["sentence_date"], year_period(2014))
    )
    inside = (passed["disposal"] <= CUSTODIAL).to_numpy()
    sheet.relative(
        "custody_crown_black_to_white_men", inside, men & (group == BLACK), men & (group == WHITE)
    )


def _before(sheet: Sheet, cases: pl.DataFrame) -> None:
    """Remand and conviction of those first heard or tried in 2019."""
    heard = (
        fall_within(cases["first_hearing_date"], year_period(2019))
        & (cases["kind_of_offence"] != NO_CRIME).to_numpy()
    )
    remanded = cases["remanded"].to_numpy()
    sheet.share("remanded_magistrates_2019", remanded, heard)
    sheet.share(
        "remanded_crown_2019", remanded, fall_within(cases["receipt_date"], year_period(2019))
    )
    decided = (
        fall_within(cases["verdict_date"], year_period(2019))
        & cases["kind_of_offence"].is_in(INDICTABLE).to_numpy()
    )
    sheet.share("convicted_indictable_2019", cases["convicted"].to_numpy(), decided)


def _crown(sheet: Sheet, cases: pl.DataFrame, people: People) -> None:
    """Pleas, waiting, and cases open at the Crown Court."""
    crown = cases.filter(
        pl.col("crown")
        & (pl.col("receipt_date") <= day_number(2020, 12, 31))
        & (pl.col("receipt_date") >= day_number(2013, 1))
    )
    person, received = crown["person"].to_numpy(), crown["receipt_date"].to_numpy()
    white, denied = people.group[person] == WHITE, ~crown["plea_guilty"].to_numpy()
    tried = ~crown["committed"].to_numpy() & fall_within(received, year_period(2019))
    sheet.share("not_guilty_plea_white_2019", denied, tried & white)
    sheet.share("not_guilty_plea_minority_2019", denied, tried & ~white)
    men = (
        ~people.female[person]
        & ~crown["committed"].to_numpy()
        & fall_within(received, year_period(2014))
    )
    sheet.relative("not_guilty_plea_minority_to_white_men", denied, men & ~white, men & white)
    main = crown["main_hearing_date"].to_numpy()
    sheet.values(
        "crown_waiting_2019_q4", (main - received)[fall_within(main, quarter_period(2019, 4))]
    )
    on = day_number(2019, 12, 31)
    ended = np.where(
        crown["convicted"].to_numpy(),
        crown["sentence_date"].to_numpy(),
        crown["verdict_date"].to_numpy(),
    )
    sheet.count(
        "crown_outstanding_2019",
        crown.filter(pl.Series((received <= on) & (ended > on)))["joint"].n_unique(),
    )
