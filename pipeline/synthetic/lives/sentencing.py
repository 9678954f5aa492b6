"""Sentences: the principal disposal and its length, by the law of the day.

Belongs here: what a court passes, and the effects planted in it. Does not belong here: how a
sentence is served (custody, supervision).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import LASPO, NEVER, YEAR_DAYS, day_number, plus_months
from pipeline.synthetic.code_lists import OffenceClass, read_offences
from pipeline.synthetic.lives.pre_sentence_reports import PROPOSALS
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import GROUPS, People
from pipeline.synthetic.random_draws import (
    Bools,
    Floats,
    Ints,
    draw_chance,
    draw_places,
    open_stream,
    pick_each,
)

DISPOSALS = (
    "life",
    "ipp",
    "extended_determinate",
    "determinate_custody",
    "detention_training",
    "suspended_sentence",
    "community_order",
    "fine",
    "conditional_discharge",
    "absolute_discharge",
    "other_sentence",
    "hospital_order",
)
(
    LIFE,
    IPP,
    EXTENDED,
    DETERMINATE,
    TRAINING,
    SUSPENDED,
    COMMUNITY,
    FINE,
    CONDITIONAL,
    ABSOLUTE,
    OTHER,
    HOSPITAL,
) = range(12)
CUSTODIAL = TRAINING
"""Disposals up to this place are immediate custody."""
WEIGHTS: dict[str, tuple[float, ...]] = {
    "CM": (0, 0, 0, 0.001, 0, 0.004, 0.016, 0.915, 0.018, 0.008, 0.023, 0),
    "CS": (0, 0, 0, 0.0011, 0, 0.018, 0.033, 0.742, 0.13, 0.01, 0.047, 0),
    "CE": (0, 0, 0, 0.036, 0, 0.08, 0.17, 0.365, 0.18, 0.006, 0.05, 0.004),
    "CI": (0, 0, 0, 0.1, 0, 0.1, 0.5, 0.1, 0.1, 0, 0.1, 0),
    "other": (0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0),
    "crown": (0.006, 0.018, 0.065, 0.168, 0, 0.30, 0.12, 0.025, 0.025, 0.001, 0.033, 0.014),
}
MAX_PRIOR = 15
"""Earlier convictions beyond so many change nothing."""
PRIOR_ON_CUSTODY = 0.175
"""Planted: log weight of custody, each earlier conviction."""
TYPICAL_PRIOR = 5
RECENT_ON_CUSTODY, RECENT_DAYS = 1.8, 365
"""Log weight of custody for an offence soon after the last that ended in conviction, and days.
Soon means so many days or fewer: earlier sentences did not hold. It is part of the case; the
gravest offences weigh by themselves.
"""
PRIOR_ON_COMMUNITY, PRIOR_ON_SUSPENDED = -0.32, -0.2
"""Orders are tried first: log weights, each earlier conviction."""
GROUP_ON_CUSTODY = {"White": 0.0, "Black": 0.65, "Asian": 0.25, "Mixed": 0.14, "Other": 0.1}
"""Planted: higher log weight of custody given the same case.
A log weight against all that is neither custody nor a suspended sentence is a log odds among those
sentences.
"""
FEMALE_ON_CUSTODY = -0.45
GUILTY_ON_CUSTODY = -0.25
"""Planted, and what confounds ethnicity: pleas differ by group (courts)."""
GUILTY_SHARE = 0.89
REMANDED_ON_CUSTODY = 5.3
"""Log weight of custody for those remanded: the same facts weigh in both."""
LENGTH_GROWTH, MID_2019 = 0.029, day_number(2019, 7)
"""Yearly growth of lengths of custody around 2019.
MoJ, CJSQ: 19.4 months for indictable offences in 2016, 21.4 in 2019.
"""
GUILTY_ON_LENGTH = 0.78
PROPOSAL_PULL = {
    "community_order": (COMMUNITY, 18.0),
    "suspended_sentence": (SUSPENDED, 3.0),
    "determinate_custody": (DETERMINATE, 5.0),
    "fine": (FINE, 4.0),
    "conditional_discharge": (CONDITIONAL, 6.0),
}
PROPOSED_ON_CUSTODY = -1.6
"""Log weight of custody where the report proposes a community sentence, as nine in ten do."""
MAGISTRATES_WEEKS = (1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 26)
WEEK_WEIGHTS = (0.03, 0.07, 0.05, 0.13, 0.1, 0.14, 0.06, 0.16, 0.03, 0.09, 0.05, 0.03, 0.03, 0.03)
COMMUNITY_MONTHS = ((6, 9, 12, 18, 24, 36), (0.12, 0.09, 0.64, 0.095, 0.051, 0.004))
MANDATORY = 1e6
"""Weight of life for murder."""
EXTENDED_LEAST = 12
"""An extended sentence has a custodial term of at least twelve months."""
COMMUNITY_TIER = (PROPOSALS.index("community_order"), PROPOSALS.index("suspended_sentence"))
LISTED_GROUPS = ("Violence against the person", "Sexual", "Robbery")


def sentence_cases(town: Town, cases: pl.DataFrame, people: People) -> pl.DataFrame:
    """The cases with the sentence of each and two log odds of custody.

    It adds `disposal` (place in `DISPOSALS`, -1 without), `term_days`, `extension_days`,
    `order_days`, `fine`, `prior`, and the log odds.

    The log odds are what the case weighs for custody, for a White man with the plea that is
    typical: `case_log_odds` against all but suspended sentences, with the record he has;
    `case_log_odds_no_order` against all but those and community orders, with a typical record. They
    are null where the law leaves no choice.
    """
    rng = open_stream(town, "sentencing")
    convicted = cases["convicted"].to_numpy()
    held = cases.with_columns(
        prior=pl.col("convicted").cast(pl.Int64).cum_sum().over("person") - pl.col("convicted")
    )
    date = np.where(convicted, held["sentence_date"].to_numpy(), 0)
    tilt, record = _tilt(held, people), _record(held)
    weights = _weights(held, tilt + record, date)
    disposal = np.where(convicted, pick_each(rng, weights), -1)
    term = _terms(rng, held, disposal, date)
    months = np.array(COMMUNITY_MONTHS[0])[draw_places(rng, COMMUNITY_MONTHS[1], len(held))]
    order = (
        plus_months(date, np.where(disposal == SUSPENDED, np.maximum(months, 12), months)) - date
    )
    has_order = np.isin(disposal, (SUSPENDED, COMMUNITY, CONDITIONAL))
    return held.with_columns(
        disposal=disposal,
        term_days=term,
        extension_days=np.where(disposal == EXTENDED, rng.integers(1, 6, len(held)) * 365, 0),
        order_days=np.where(has_order, order, 0),
        special=(disposal == EXTENDED) & draw_chance(rng, 0.12, len(held)),
        fine=np.where(disposal == FINE, np.round(np.exp(rng.normal(5.0, 0.8, len(held)))), 0.0),
        case_log_odds=_log_odds(weights, SUSPENDED, tilt),
        case_log_odds_no_order=_log_odds(weights, COMMUNITY, tilt + record),
    )


def _tilt(cases: pl.DataFrame, people: People) -> Floats:
    """What the person adds to the log weight of custody, without the record."""
    person = cases["person"].to_numpy()
    tilt: Floats = np.array([GROUP_ON_CUSTODY[name] for name in GROUPS])[people.group[person]]
    tilt += np.where(people.female[person], FEMALE_ON_CUSTODY, 0.0)
    tilt += GUILTY_ON_CUSTODY * (cases["plea_guilty"].to_numpy() - GUILTY_SHARE)
    return tilt


def _recent(cases: pl.DataFrame) -> Bools:
    """Offences that come soon after one of the same person that ended in conviction.

    Cases are in order of person and offence.
    """
    convicted = pl.when("convicted").then("offence_date")
    days = pl.col("offence_date") - convicted.shift(1).forward_fill().over("person")
    soon = (days <= RECENT_DAYS).fill_null(False) & (pl.col("kind_of_offence") != OffenceClass.CI)
    return cases.select(soon).to_series().to_numpy()


def _record(cases: pl.DataFrame) -> Floats:
    """What earlier convictions add."""
    record: Floats = PRIOR_ON_CUSTODY * (
        np.minimum(cases["prior"].to_numpy(), MAX_PRIOR) - TYPICAL_PRIOR
    )
    return record


def _log_odds(weights: Floats, last: int, tilt: Floats) -> pl.Series:
    """Log odds of custody against all after the `last` disposal, without a tilt.

    They are null where custody is not open, or nothing else is.
    """
    custody, others = weights[:, : CUSTODIAL + 1].sum(axis=1), weights[:, last + 1 :].sum(axis=1)
    open_to_court = (custody > 0) & (others > 0) & (custody < MANDATORY)
    odds = (
        np.log(np.where(open_to_court, custody, 1.0) / np.where(open_to_court, others, 1.0)) - tilt
    )
    return pl.select(pl.when(pl.Series(open_to_court)).then(pl.Series(odds))).to_series()


def _weights(cases: pl.DataFrame, tilt: Floats, date: Ints) -> Floats:
    """Weight of every disposal for every case."""
    kind, crown, age = (cases[name].to_numpy() for name in ("kind_of_offence", "crown", "age"))
    tables = np.array([WEIGHTS[name] for name in ("CM", "CS", "CE", "CI", "other", "crown")])
    weights = tables[np.where(crown, 5, kind)]
    weights[:, : CUSTODIAL + 1] *= np.exp(tilt)[:, None]
    beyond = np.minimum(cases["prior"].to_numpy(), MAX_PRIOR) - TYPICAL_PRIOR
    weights[:, : CUSTODIAL + 1] *= np.where(
        cases["remanded"].to_numpy(), np.exp(REMANDED_ON_CUSTODY), 1.0
    )[:, None]
    for proposal, (place, pull) in PROPOSAL_PULL.items():
        weights[:, place] *= np.where(
            cases["proposal"].to_numpy() == PROPOSALS.index(proposal), pull, 1.0
        )
    weights[:, : CUSTODIAL + 1] *= np.where(_recent(cases), np.exp(RECENT_ON_CUSTODY), 1.0)[:, None]
    in_community = np.isin(cases["proposal"].to_numpy(), COMMUNITY_TIER)
    weights[:, : CUSTODIAL + 1] *= np.where(in_community, np.exp(PROPOSED_ON_CUSTODY), 1.0)[:, None]
    asked = cases["report_asked"].to_numpy()
    weights[:, FINE : OTHER + 1] *= np.where(asked, 0.055, np.where(crown, 1.0, 1.1))[:, None]
    weights[:, COMMUNITY] *= np.where(asked, 1.3, 0.62) * np.exp(PRIOR_ON_COMMUNITY * beyond)
    weights[:, SUSPENDED] *= np.where(asked, 13.0, 0.65) * np.exp(PRIOR_ON_SUSPENDED * beyond)
    return _law(weights, cases, date, age)


def _law(weights: Floats, cases: pl.DataFrame, date: Ints, age: Floats) -> Floats:
    """No sentence that the law of the day, the court or the offender's age does not allow."""
    offence = cases["offence"].to_numpy()
    listed = read_offences()
    serious = np.isin(listed.group.to_numpy(), LISTED_GROUPS)[offence]
    maximum = listed.maximum_months[offence]
    weights[:, IPP] *= (date < LASPO) & serious
    weights[:, EXTENDED] *= (date >= LASPO) & serious & (age >= 18) & (maximum >= EXTENDED_LEAST)
    weights[:, LIFE] *= serious
    weights[:, LIFE] += np.where(maximum == 9999, MANDATORY, 0.0)
    weights[:, DETERMINATE] *= maximum >= 6
    young = age < 18
    weights[:, TRAINING] += np.where(young, weights[:, DETERMINATE] * 0.8, 0.0)
    weights[:, DETERMINATE] *= ~young
    weights[:, SUSPENDED] *= ~young & (maximum >= 6)
    weights[:, COMMUNITY] *= np.where(young, 1.5, 1.0)
    return weights


def _terms(rng: np.random.Generator, cases: pl.DataFrame, disposal: Ints, date: Ints) -> Ints:
    """Term in days; 0 without a term, or for life.

    It is whole weeks from magistrates, and whole months by the calendar from the Crown Court.
    """
    crown, size = cases["crown"].to_numpy(), len(cases)
    maximum = read_offences().maximum_months[cases["offence"].to_numpy()]
    weeks = np.array(MAGISTRATES_WEEKS)[draw_places(rng, WEEK_WEIGHTS, size)] * 7
    cut = np.where(cases["plea_guilty"].to_numpy(), GUILTY_ON_LENGTH, 1.0)
    months = (
        np.exp(rng.normal(np.log(26.7), 1.03, size))
        * cut
        * np.exp(LENGTH_GROWTH * (date - MID_2019) / YEAR_DAYS)
    )
    months = np.where(disposal == EXTENDED, np.maximum(months * 2.6, 36), months)
    months = np.where(disposal == SUSPENDED, np.clip(months * 0.55, 2, 24), months)
    months = np.minimum(np.clip(np.round(months), 1, 300), np.maximum(maximum, 1))
    months = np.where(
        disposal == TRAINING, np.array([4, 6, 8, 10, 12, 18, 24])[rng.integers(0, 7, size)], months
    ).astype(np.int64)
    by_months = plus_months(date, months) - date
    term = np.where(crown | (disposal == TRAINING), by_months, weeks)
    has_term = np.isin(disposal, (EXTENDED, DETERMINATE, TRAINING, SUSPENDED))
    return np.where(has_term, term, 0)


def is_custodial(disposal: Ints) -> Bools:
    """Immediate custody."""
    return (disposal >= 0) & (disposal <= CUSTODIAL)


def disposal_codes(rng: np.random.Generator, cases: pl.DataFrame) -> pl.Series:
    """CJS result code of each sentence; null without one."""
    disposal, age = cases["disposal"].to_numpy(), cases["age"].to_numpy()
    size = len(cases)
    date = cases["sentence_date"].to_numpy()
    code = np.array(
        [
            "J001",
            "J004",
            "J002",
            "1002",
            "1081",
            "1115",
            "1116",
            "1015",
            "1018",
            "1017",
            "1057",
            "1008",
            "",
        ]
    )[disposal]
    code = np.where(cases["special"].to_numpy(), "J003", code)
    code = np.where((disposal == DETERMINATE) & (age < 21), "1024", code)
    code = np.where(
        (disposal == DETERMINATE) & (age >= 21) & draw_chance(rng, 0.06, size), "1162", code
    )
    code = np.where((disposal == SUSPENDED) & (age < 21), "1134", code)
    young = np.where(draw_chance(rng, 0.6, size), "1097", "1141")
    code = np.where((disposal == COMMUNITY) & (age < 18), young, code)
    code = np.where((disposal == OTHER) & draw_chance(rng, 0.4, size), "J005", code)
    held = pl.DataFrame({"code": code, "date": date})
    return held.select(
        pl.when((pl.col("code") != "") & (pl.col("date") < NEVER)).then("code")
    ).to_series()
