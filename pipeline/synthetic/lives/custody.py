"""Time in prison, by the law of the day.

It covers remand, sentence, release on the right day, licence and supervision.

Belongs here: what follows from a sentence by law until the first release. Does not belong here:
recall (recall), other cases of the person (timeline), rows of NOMIS (extracts).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import (
    EDS_PAROLE,
    HDC_POLICY,
    NEVER,
    ORA,
    SDS_PLUS,
    WORLD_TO,
    YEAR_DAYS,
    Days,
    plus_months,
)
from pipeline.synthetic.code_lists import read_offences, read_prisons
from pipeline.synthetic.lives.sentencing import (
    DETERMINATE,
    EXTENDED,
    IPP,
    LIFE,
    LISTED_GROUPS,
    TRAINING,
    is_custodial,
)
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import FOREIGN, YEAR, People
from pipeline.synthetic.random_draws import Bools, Ints, draw_chance, open_stream, pick_within

SEVEN_YEARS = 7 * YEAR_DAYS
TWO_YEARS = 2 * YEAR_DAYS
HDC_LONGEST = 135
HDC_SHARE_BEFORE, HDC_SHARE_AFTER = 0.15, 0.28
DEPORTED_SHARE = 0.12
LIFER_WAITS, IPP_WAITS = 700.0, 2000.0
"""Mean days from the tariff to release.
Few of those held for public protection were out soon after it (MoJ, OMSQ).
"""
EARLY_BAIL = 0.45
"""Of those remanded who get no custody, how many are bailed before the end."""


class ReleaseKind(IntEnum):
    """How someone first leaves prison in a case."""

    NONE = 0
    CONDITIONAL = 1
    HDC = 2
    PAROLE = 3
    NO_LICENCE = 4
    TIME_SERVED = 5
    DEPORTED = 6
    REMAND_END = 7
    YOUTH = 8


LICENSED = (
    ReleaseKind.CONDITIONAL,
    ReleaseKind.HDC,
    ReleaseKind.PAROLE,
    ReleaseKind.TIME_SERVED,
)
"""Releases after which there may be a licence."""


def serve_sentences(town: Town, cases: pl.DataFrame, people: People) -> pl.DataFrame:
    """One row per case that puts someone in prison, on remand or sentence.

    Returns:
        `case, person, is_sentence, custody_from, sentence_date, term, credit, crd, sed, hdcad, hdc,
        release_date, release_kind, on_licence, licence_end, pss_end, prison, release_prison,
        indeterminate, under_12_months` in order of case.
    """
    rng = open_stream(town, "custody")
    inside = is_custodial(cases["disposal"].to_numpy())
    held = cases.filter(pl.Series(inside | cases["remanded"].to_numpy()))
    sentenced = is_custodial(held["disposal"].to_numpy())
    person, date = held["person"].to_numpy(), held["sentence_date"].to_numpy()
    remand_from = held["charge_date"].to_numpy() + 1
    custody_from = np.where(held["remanded"].to_numpy(), remand_from, date)
    law = _dates(held, sentenced, custody_from)
    release, kind = _release(rng, held, law, people, sentenced)
    ended = np.minimum(
        np.where(date < NEVER, date, held["verdict_date"].to_numpy()),
        held["verdict_date"].to_numpy() + 60,
    )
    bailed = custody_from + 1 + (rng.random(len(held)) * (ended - custody_from)).astype(np.int64)
    remand_end = np.maximum(
        np.where(draw_chance(rng, EARLY_BAIL, len(held)), np.minimum(bailed, ended), ended),
        custody_from,
    )
    release = np.where(sentenced, release, remand_end)
    kind = np.where(sentenced, kind, ReleaseKind.REMAND_END)
    died = people.died[person]
    dead = died <= release
    region = held["region"].to_numpy()
    on_licence = sentenced & ~dead & np.isin(kind, LICENSED)
    return pl.DataFrame(
        {
            "case": held["case"],
            "person": person,
            "is_sentence": sentenced,
            "custody_from": custody_from,
            "sentence_date": date,
            "disposal": held["disposal"],
            "age": held["age"],
            "term": held["term_days"],
            **law,
            "release_date": np.where(dead, died, np.where(release <= WORLD_TO, release, NEVER)),
            "release_kind": kind,
            "died_inside": dead,
            "on_licence": on_licence & (release < law["licence_end"]),
            "prison": pick_within(rng, region, read_prisons().by_region),
            "release_prison": pick_within(rng, region, read_prisons().by_region),
        }
    )


def _dates(cases: pl.DataFrame, sentenced: Bools, custody_from: Days) -> dict[str, Ints]:
    """Conditional release, expiry, licence end, end of supervision: by law alone."""
    date = np.where(sentenced, cases["sentence_date"].to_numpy(), 0)
    disposal, term = cases["disposal"].to_numpy(), cases["term_days"].to_numpy()
    credit = np.where(sentenced, np.maximum(date - custody_from, 0), 0)
    serious = np.isin(read_offences().group.to_numpy(), LISTED_GROUPS)[cases["offence"].to_numpy()]
    plus = (disposal == DETERMINATE) & (date >= SDS_PLUS) & (term >= SEVEN_YEARS) & serious
    two_thirds = (disposal == EXTENDED) | plus
    served = np.where(two_thirds, -(-2 * term // 3), -(-term // 2))
    indeterminate = np.isin(disposal, (LIFE, IPP))
    crd = np.where(indeterminate, NEVER, np.maximum(date + served - 1 - credit, date))
    sed = np.where(indeterminate, NEVER, np.maximum(date + term - 1 - credit, date))
    offence_date = cases["offence_date"].to_numpy()
    adult = cases["age"].to_numpy() >= 18
    short = sentenced & ~indeterminate & (term < YEAR_DAYS)
    unlicensed = (disposal == TRAINING) | (short & (offence_date < ORA)) | ~sentenced
    licence_end = np.where(
        unlicensed, 0, np.where(indeterminate, NEVER, sed + cases["extension_days"].to_numpy())
    )
    supervised = (
        (disposal == DETERMINATE)
        & (offence_date >= ORA)
        & (term > 1)
        & (term < TWO_YEARS)
        & adult
        & (sed - crd < YEAR_DAYS)
    )
    pss = np.where(supervised, plus_months(np.where(supervised, crd, 0), 12), 0)
    return {
        "credit": credit,
        "crd": crd,
        "sed": sed,
        "licence_end": licence_end,
        "pss_end": np.where(pss > sed, pss, 0),
        "indeterminate": indeterminate,
        "under_12_months": short,
        "ora": offence_date >= ORA,
    }


def _release(
    rng: np.random.Generator,
    cases: pl.DataFrame,
    law: dict[str, Ints],
    people: People,
    sentenced: Bools,
) -> tuple[Days, Ints]:
    """Day and kind of the first release."""
    size = len(cases)
    person, date = (
        cases["person"].to_numpy(),
        np.where(sentenced, cases["sentence_date"].to_numpy(), 0),
    )
    disposal, term = cases["disposal"].to_numpy(), cases["term_days"].to_numpy()
    crd, sed = law["crd"], law["sed"]
    share = np.where(crd >= HDC_POLICY, HDC_SHARE_AFTER, HDC_SHARE_BEFORE)
    hdced = np.maximum(
        np.maximum(date + 28, date + -(-term // 4) - law["credit"]), crd - HDC_LONGEST
    )
    may_hdc = (
        (disposal == DETERMINATE)
        & (term >= 84)
        & (term < 4 * YEAR_DAYS)
        & (crd - hdced >= 14)
        & (date + 14 < crd)
    )
    hdc = may_hdc & (law["licence_end"] > 0) & draw_chance(rng, share, size)
    parole = (disposal == EXTENDED) & (date >= EDS_PAROLE)
    paroled = crd + (rng.random(size) * np.where(parole, sed - crd, 0)).astype(np.int64)
    wait = np.where(disposal == LIFE, LIFER_WAITS, IPP_WAITS)
    tariff = np.where(
        disposal == LIFE,
        np.exp(rng.normal(np.log(14.0), 0.3, size)),
        np.exp(rng.normal(np.log(2.2), 0.5, size)),
    )
    lifer = (
        date
        + (tariff * YEAR).astype(np.int64)
        + (rng.exponential(1.0, size) * wait).astype(np.int64)
    )
    release = np.select(
        [law["indeterminate"].astype(bool), hdc, parole], [lifer, hdced, paroled], crd
    )
    nothing = law["licence_end"] <= 0
    deported = (
        FOREIGN[people.ethnicity[person]] & draw_chance(rng, DEPORTED_SHARE, size) & sentenced
    )
    kind = np.select(
        [
            deported,
            disposal == TRAINING,
            nothing,
            law["indeterminate"].astype(bool) | parole,
            hdc,
            release <= date,
        ],
        [
            ReleaseKind.DEPORTED,
            ReleaseKind.YOUTH,
            ReleaseKind.NO_LICENCE,
            ReleaseKind.PAROLE,
            ReleaseKind.HDC,
            ReleaseKind.TIME_SERVED,
        ],
        ReleaseKind.CONDITIONAL,
    )
    return release, kind
