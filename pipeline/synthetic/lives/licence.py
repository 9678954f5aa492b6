"""What is decided about a licence before anybody is recalled.

It covers support received in prison, a change of officer, and how likely recall is.

Belongs here: chances of recall, and the effects planted in them. Does not belong here: recalls and
returns (recall), rows (extracts).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, Days, day_number
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import YEAR
from pipeline.synthetic.random_draws import (
    Floats,
    Ints,
    draw_chance,
    log_odds,
    open_stream,
    to_probability,
)

KINDS = ("hdc", "under_12_months", "longer")
"""Licences that end: released on home detention curfew, from under twelve months, from longer."""
LENGTHS = (30, 90, 180, 365)
"""Days at which a longer licence begins to give more time for recall."""
EVER = (0.17, 0.47, 0.47)
"""Share recalled of each kind if licences lasted long."""
MEAN_DAYS = (150.0, 82.5, 150.0)
"""Days until recall, by kind; those that the end of the licence would cut off fall before it."""
TYPICAL_DAYS = np.array([14.0, 55.0, 130.0, 260.0, 700.0])
YOUNG = 25
YOUNG_ON_RECALL, OLDER_ON_RECALL = 0.2, -0.06
AGAIN_ON_RECALL = 0.75
"""Log odds of further recalls of one sentence."""
YEAR_ON_RECALL, MIDDLE, GREW_FROM, GREW_TO = (
    0.25,
    day_number(2018, 7),
    day_number(2016, 7),
    day_number(2019, 1),
)
"""Log odds of recall, for each year of release from the middle of 2016 to the end of 2018.
Recalls grew while releases did not (MoJ, OMSQ).
"""
LIFER_HAZARD = 0.10
"""Recalls a year of life licences and those of public protection."""
HANDOVER_ON_RECALL, HANDOVER_SHARE = 0.30, 0.31
"""Planted: log odds of recall from the first licence, where the officer changes early in it.
Early means within its first thirty days.
"""
SUPPORT_ON_RECALL, SUPPORT_SHARE = -0.25, 0.32
"""Planted: log odds of recall from the first licence, where support was completed in prison.
The support came before the licence.
"""
HANDOVER_DAYS = 30
MIN_DAYS = 3
"""Licences up to so long leave no day for a recall."""
SUPPORT_DAYS = 35
"""Stays up to so long are too short for support."""


def prepare_licences(town: Town, held: pl.DataFrame) -> pl.DataFrame:
    """The first releases, with what acts on recall added.

    It adds `licence_kind` (place in `KINDS`), `young`, `supported` and `handover`, each with what
    confounds it.
    """
    rng = open_stream(town, "licences")
    size, short = len(held), held["under_12_months"].to_numpy()
    hdc = held["release_kind"].to_numpy() == ReleaseKind.HDC
    young = held["age"].to_numpy() < YOUNG
    stay = (held["release_date"] - held["custody_from"]).to_numpy()
    likely = log_odds(0.33) + 0.5 * (stay > 180) - 0.5 * young + 0.3 * hdc
    supported = draw_chance(rng, to_probability(likely), size) & (stay > SUPPORT_DAYS)
    handover = (
        draw_chance(
            rng, to_probability(log_odds(0.36) - 0.8 * short + 0.5 * young - 0.8 * hdc), size
        )
        & held["on_licence"].to_numpy()
    )
    return held.with_columns(
        licence_kind=np.select([hdc, short], [0, 1], 2),
        young=pl.Series(young),
        supported=pl.Series(supported),
        handover=pl.Series(handover),
    )


def decide_licences(
    town: Town, releases: pl.DataFrame, held: pl.DataFrame, recalled: Ints, revoked: Days
) -> pl.DataFrame:
    """The first releases with what was decided, and the day on which the officer changes.

    The change comes before the recall, if there is one.

    Args:
        town: Whose people.
        releases: First releases, in the order of `held`.
        held: What `prepare_licences` made.
        recalled: Places of those recalled from their first licence.
        revoked: When, in the order of `recalled`.
    """
    due = np.full(len(held), NEVER, dtype=np.int64)
    due[recalled] = revoked
    release = held["release_date"].to_numpy()
    room = np.minimum(HANDOVER_DAYS, np.minimum(due, held["licence_end"].to_numpy()) - release - 1)
    day = (
        release
        + 1
        + (open_stream(town, "handovers").random(len(held)) * np.maximum(room, 1)).astype(np.int64)
    )
    return releases.with_columns(
        supported=held["supported"],
        handover_day=np.where(held["handover"].to_numpy(), day, NEVER),
        recall_due=pl.Series(due),
    )


def years_from_middle(release: Days) -> Floats:
    """Years by which each release is later than the middle of 2018.

    Releases outside the years of growth count as if at their edge.
    """
    return (np.clip(release, GREW_FROM, GREW_TO) - MIDDLE) / YEAR


def length_band(days: Ints) -> Ints:
    """Band of a licence by its length."""
    return np.searchsorted(LENGTHS, days, side="right")


def draw_revocations(
    rng: np.random.Generator, part: pl.DataFrame, release: Days, *, first: bool
) -> Days:
    """Day on which each licence is revoked; `NEVER` for most.

    It is never the day of release nor the last day.
    """
    size, lifer = len(part), part["indeterminate"].to_numpy() == 1
    kind = part["licence_kind"].to_numpy()
    kind = kind if first else np.maximum(kind, np.where(part["under_12_months"].to_numpy(), 1, 2))
    days = part["licence_end"].to_numpy() - release
    mean = np.array(MEAN_DAYS)[kind]
    room = np.maximum(days - MIN_DAYS, 0)
    within = np.floor(-mean * np.log1p(-rng.random(size) * -np.expm1(-room / mean))).astype(
        np.int64
    )
    revoked = release + 2 + np.minimum(within, np.maximum(room - 1, 0))
    happens = draw_chance(
        rng, to_probability(_score(part, kind, days, release, first=first)), size
    ) & (room > 0)
    for_life = release + 2 + rng.exponential(YEAR / LIFER_HAZARD, size).astype(np.int64)
    return np.where(lifer, for_life, np.where(happens, revoked, NEVER))


def _score(part: pl.DataFrame, kind: Ints, days: Ints, release: Days, *, first: bool) -> Floats:
    """Log odds of recall before the licence ends."""
    ever, mean = np.array(EVER)[:, None], np.array(MEAN_DAYS)[:, None]
    likely = ever * -np.expm1(-TYPICAL_DAYS / mean)
    score: Floats = np.log(likely / (1 - likely))[kind, length_band(days)]
    score = (
        score
        + YEAR_ON_RECALL * years_from_middle(release)
        + np.where(part["young"].to_numpy(), YOUNG_ON_RECALL, OLDER_ON_RECALL)
    )
    if not first:
        return score + AGAIN_ON_RECALL
    score += HANDOVER_ON_RECALL * (part["handover"].to_numpy() - HANDOVER_SHARE)
    return score + SUPPORT_ON_RECALL * (part["supported"].to_numpy() - SUPPORT_SHARE)
