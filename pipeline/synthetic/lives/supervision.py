"""Orders in the community.

It says who is supervised, by which provider, with what requirements, and how the order ends.

Belongs here: supervision as it truly went, and the effects planted in it. Does not belong here:
recall (recall), rows (extracts).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, ORA, SENTENCING_CODE
from pipeline.synthetic.lives.pre_sentence_reports import TYPES
from pipeline.synthetic.lives.sentencing import COMMUNITY, MAX_PRIOR, SUSPENDED, is_custodial
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import (
    Bools,
    Floats,
    Ints,
    Texts,
    draw_chance,
    log_odds,
    open_stream,
    pick_each,
    repeat_index,
    to_probability,
    whole_days,
)

COMPLETED_WITHOUT_REPORT = 0.672
REPORT_ON_COMPLETION = {"oral": 0.24, "fast": 0.39, "standard": 0.39, "legacy": 0.30}
"""Planted: log odds of completing the order, by the report delivered.
MoJ 2023: 80 against 73 percent fast, 73 against 68 oral.
"""
PRIOR_ON_COMPLETION = -0.06
"""Planted: log odds of completing, each earlier conviction."""
CROWN_ON_COMPLETION, CROWN_SHARE = 0.2, 0.24
"""Planted, and what confounds the report: the Crown Court has more full ones."""
LATE_START_ON_BREACH = 0.35
"""Planted: log odds of revocation for breach, where the first requirement started late.
They are against completion. Other revocations are as likely as ever.
"""
STARTED_IN_TIME, PRIOR_ON_START = 0.6, -0.04
"""Share, and log odds each earlier conviction: what confounds the start."""
LATEST_START = 120
OUTCOMES = (
    "Completed",
    "Expired (Normal)",
    "Completed - early good progress",
    "Revoked - breach",
    "Revoked - new offence",
    "Revoked - other",
)
OUTCOME_SHARES = (0.45, 0.5, 0.05, 0.55, 0.3, 0.15)
"""Of those completed, and of those revoked."""


class OrderEnd(IntEnum):
    """How an order ends, in the order of `OUTCOMES`; from `REVOKED_BREACH` on it is revoked."""

    COMPLETED = 0
    EXPIRED = 1
    EARLY_COMPLETION = 2
    REVOKED_BREACH = 3
    REVOKED_OFFENCE = 4
    REVOKED_OTHER = 5


CATEGORIES = (
    "W",
    "F",
    "AAMR",
    "AAM",
    "ATR",
    "DRR",
    "MHTR",
    "AP",
    "RAP",
    "C",
    "CP",
    "SUP",
    "EX",
    "RES",
)
CATEGORY_SHARES = (
    0.36,
    0.30,
    0.01,
    0.01,
    0.03,
    0.045,
    0.01,
    0.045,
    0.015,
    0.10,
    0.005,
    0.05,
    0.02,
    0.005,
)
CATEGORY_SHARES_BEFORE = (
    0.38,
    0.0,
    0.0,
    0.0,
    0.04,
    0.06,
    0.01,
    0.07,
    0.0,
    0.10,
    0.01,
    0.30,
    0.02,
    0.01,
)
"""Rehabilitation activity replaced supervision for offences from 1 February 2015."""
UNITS = ("H", "D", "D", "D", "M", "M", "M", "D", "D", "D", "D", "M", "M", "M")
LENGTHS = (
    (40, 240),
    (10, 40),
    (30, 120),
    (30, 120),
    (6, 12),
    (6, 12),
    (6, 24),
    (20, 60),
    (20, 60),
    (14, 120),
    (14, 90),
    (12, 24),
    (3, 24),
    (3, 12),
)
SOON = 14
"""A requirement that starts within so many days started in time."""


def supervise_orders(town: Town, cases: pl.DataFrame, people: People) -> pl.DataFrame:
    """One row per community or suspended order of an adult.

    It holds planned and actual end, outcome, and days until the first start.

    Returns:
        `case, person, start, planned_end, end, outcome` (place in `OUTCOMES`) and `start_days`.
    """
    rng = open_stream(town, "supervision")
    disposal = cases["disposal"].to_numpy()
    held = cases.filter(
        pl.Series(np.isin(disposal, (COMMUNITY, SUSPENDED))) & (pl.col("age") >= 18)
    )
    size, start = len(held), held["sentence_date"].to_numpy()
    planned = start + held["order_days"].to_numpy()
    start_days = _first_start(rng, held)
    outcome = pick_each(rng, _likely_ends(held, late=start_days > SOON))
    length = planned - start
    soonest = np.maximum(30, start_days + 7)
    early = (
        start + soonest + (rng.random(size) * np.maximum(length - soonest - 10, 1)).astype(np.int64)
    )
    progress = start + (length * (0.55 + 0.3 * rng.random(size))).astype(np.int64)
    end = np.select(
        [outcome <= OrderEnd.EXPIRED, outcome == OrderEnd.EARLY_COMPLETION],
        [planned, progress],
        np.minimum(early, planned),
    )
    died = people.died[held["person"].to_numpy()]
    return held.select("case", "person").with_columns(
        start=start,
        planned_end=planned,
        end=np.minimum(end, died),
        died=pl.Series(died < end),
        outcome=outcome,
        start_days=start_days,
    )


def _record(held: pl.DataFrame) -> Floats:
    """Earlier convictions above or below three."""
    above: Floats = np.minimum(held["prior"].to_numpy(), MAX_PRIOR) - 3.0
    return above


def _first_start(rng: np.random.Generator, held: pl.DataFrame) -> Ints:
    """Days until the first requirement starts."""
    size = len(held)
    in_time = draw_chance(
        rng, to_probability(log_odds(STARTED_IN_TIME) + PRIOR_ON_START * _record(held)), size
    )
    late = np.minimum(SOON + whole_days(rng, 25, 0.8, size), LATEST_START)
    return np.where(in_time, rng.integers(1, SOON, size), late)


def _likely_ends(held: pl.DataFrame, *, late: Bools) -> Floats:
    """Weight of each of `OUTCOMES` for each order.

    What acts on completion acts against every revocation; a late start acts for breach alone.
    """
    by_type = np.array([REPORT_ON_COMPLETION[name] for name in TYPES] + [0.0])
    score = (
        log_odds(COMPLETED_WITHOUT_REPORT)
        + by_type[held["type_delivered"].to_numpy()]
        + PRIOR_ON_COMPLETION * _record(held)
    )
    score += CROWN_ON_COMPLETION * (held["crown"].to_numpy() - CROWN_SHARE)
    weights = np.tile(np.array(OUTCOME_SHARES), (len(held), 1))
    weights[:, : OrderEnd.REVOKED_BREACH] *= np.exp(score)[:, None]
    late_start = LATE_START_ON_BREACH * (late - (1 - STARTED_IN_TIME))
    weights[:, OrderEnd.REVOKED_BREACH] *= np.exp(late_start)
    return weights


def impose_requirements(town: Town, cases: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """One row per requirement, from its imposition to its end.

    Columns are `case`, `category` (place in `CATEGORIES`), `imposed`, `begun`, `ended`, `done` and
    `length`; `begun` is `NEVER` for some.
    """
    rng = open_stream(town, "requirements")
    held = orders.join(
        cases.select("case", "offence_date", "disposal"), on="case", maintain_order="left"
    )
    number = np.where(draw_chance(rng, 0.93, len(held)), 1 + rng.binomial(2, 0.3, len(held)), 0)
    number = np.where(held["disposal"].to_numpy() == COMMUNITY, np.maximum(number, 1), number)
    source, place = repeat_index(number)
    part, size = held[source], len(source)
    after = part["offence_date"].to_numpy() >= ORA
    weights: Floats = np.where(
        after[:, None], np.array(CATEGORY_SHARES), np.array(CATEGORY_SHARES_BEFORE)
    )
    category = pick_each(rng, weights)
    low, high = np.array(LENGTHS)[category].T
    steps = np.where(category == 0, 20, np.where(high <= 24, 1, 5))
    length = low + rng.integers(0, 1 + (high - low) // steps) * steps
    begun = part["start"].to_numpy() + np.where(
        place == 0, part["start_days"].to_numpy(), whole_days(rng, 21, 0.9, size)
    )
    end, planned = part["end"].to_numpy(), part["planned_end"].to_numpy()
    likely = begun + np.maximum(
        ((planned - begun) * (0.5 + 0.5 * rng.random(size))).astype(np.int64), 1
    )
    ended = np.minimum(likely, end)
    begun = np.where((begun < ended) & ~draw_chance(rng, 0.05, size), begun, NEVER)
    return (
        part.select("case", "person", "outcome", "died")
        .with_columns(
            category=category,
            length=length,
            imposed=part["start"],
            begun=begun,
            ended=ended,
            done=pl.Series((ended < end) & (begun < NEVER)),
        )
        .unique(["case", "category"], keep="first", maintain_order=True)
    )


def sentence_text(rng: np.random.Generator, cases: pl.DataFrame) -> pl.Series:
    """The sentence in nDelius's layered vocabulary, by kind and by the law of the day."""
    disposal, date = cases["disposal"].to_numpy(), cases["sentence_date"].to_numpy()
    ora, code = cases["offence_date"].to_numpy() >= ORA, date >= SENTENCING_CODE
    term, half = cases["term_days"].to_numpy(), draw_chance(rng, 0.5, len(cases))
    community = np.where(
        code,
        "SA2020 Community Order",
        np.where(
            ora,
            "ORA Community Order",
            np.where(half, "CJA2003 - Community Order", "CJA Community Order"),
        ),
    )
    suspended = np.where(
        code,
        "SA2020 Suspended Sentence Order",
        np.where(ora, "ORA Suspended Sentence Order", "CJA2003 - Suspended Sentence Order"),
    )
    long = np.where(
        half,
        "CJA2003 - Standard Determinate Sentence of 12 months or more",
        "CJA Std Determinate Custody",
    )
    before = np.where(term < 365, "Custody (under 12 months - AUR)", long)
    custody = np.where(
        ora,
        np.where(term < 730, "ORA Adult Custody (inc PSS)", "ORA Adult Custody (not PSS)"),
        before,
    )
    extended = np.where(
        cases["special"].to_numpy(),
        "Special Cust Sentence (S236aCJA)",
        "Extended Determinate Sentence",
    )
    texts: list[Texts | str] = [
        "Life",
        "CJA2003 - Indeterminate Public Protection",
        extended,
        custody,
        "Detention and training order",
        suspended,
        community,
        "Fine",
        "Conditional Discharge",
        "Absolute Discharge",
        "Compensation",
        "Restriction Order (s.41 MHA83)",
    ]
    return pl.Series(
        np.select(
            [disposal == place for place in range(12)], [np.asarray(each) for each in texts], ""
        )
    )


def is_supervised(cases: pl.DataFrame) -> Bools:
    """Cases of adults that probation hears of by the sentence: an order or custody."""
    disposal = cases["disposal"].to_numpy()
    return (np.isin(disposal, (COMMUNITY, SUSPENDED)) | is_custodial(disposal)) & (
        cases["age"].to_numpy() >= 18
    )


def referral_days(cases: pl.DataFrame) -> Ints:
    """Day on which a case comes to probation: the court asks for a report, or passes a sentence."""
    asked = cases["report_asked"].to_numpy()
    return np.where(
        asked,
        cases["report_requested"].to_numpy(),
        np.where(is_supervised(cases), cases["sentence_date"].to_numpy(), NEVER),
    )
