"""Licence, recall and re-release.

It says who is recalled, why and how, when they come back, and when they leave again.

Belongs here: recalls as they truly were, cycle after cycle. Does not belong here: the first release
(custody), who is how likely to be recalled (licence), rows of nDelius (extracts).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import LASPO, NEVER, ORA, WORLD_TO, Days
from pipeline.synthetic.lives import licence
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.lives.sentencing import DETERMINATE
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import (
    Bools,
    Ints,
    draw_chance,
    open_stream,
    pick_each,
    whole_days,
)

CYCLES = 4
"""Most recalls that one sentence can hold here."""


class RecallLength(IntEnum):
    """How long a recall is for; in lower case, the word of the facts."""

    FIXED_14 = 0
    FIXED_28 = 1
    STANDARD_DETERMINATE = 2
    STANDARD_INDETERMINATE = 3


RECALL_LENGTHS = tuple(length.name.lower() for length in RecallLength)
FIXED_TERMS = (RecallLength.FIXED_14, RecallLength.FIXED_28)
FIXED_14_SHARE, FIXED_28_SHARE, FIXED_28_BEFORE = 0.68, 0.31, 0.3
STANDARD_DAYS, LIFER_DAYS = 360.0, 420.0
"""Inside on a standard recall, beyond the first 28 days (median)."""
NEVER_BACK = 0.035
EMERGENCY = 0.22
REASONS = (
    "POOR_BEHAVIOUR_NON_COMPLIANCE",
    "POOR_BEHAVIOUR_FURTHER_OFFENCE",
    "FAILED_KEEP_IN_TOUCH",
    "FAILED_RESIDE",
    "POOR_BEHAVIOUR_DRUGS",
    "POOR_BEHAVIOUR_ALCOHOL",
    "POOR_BEHAVIOUR_RELATIONSHIPS",
    "FAILED_HOME_VISIT",
    "BREACH_EXCLUSION_ZONE",
    "ELM_FURTHER_OFFENCE",
    "TRAVELLING_OUTSIDE_UK",
    "OTHER",
)
REASON_SHARES = (0.64, 0.30, 0.27, 0.24, 0.08, 0.05, 0.04, 0.03, 0.03, 0.02, 0.005, 0.06)
FIXED_REASON_SHARES = (0.355, 0.36, 0.59, 0.18, 0.03, 0.022, 0.018, 0.015, 0.01, 0.02, 0.003, 0.045)
"""Of fixed-term recalls (parliamentary answer on 2016/17); above, of all others."""
CURFEW_REASONS = (
    "HDC_TIME_VIOLATION",
    "ELM_EQUIPMENT_TAMPER",
    "ELM_FAILURE_CHARGE_BATTERY",
    "HDC_FAILED_INSTALLATION",
)


def recall_people(
    town: Town, custody: pl.DataFrame, people: People
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Follows every release on licence through recall and re-release.

    Returns:
        Releases (`case, cycle, release_date, on_licence, how`) with the first release as cycle 0,
        and recalls (`case, cycle, revocation_date, return_date, kind, emergency, hdc, curfew,
        reasons, back_until`): recall n ends release n - 1.
        First releases also have what was decided about the licence: `supported`, `handover_day` and
        `recall_due`, the day of the recall to come if nothing comes before it; null, or `NEVER`,
        for none.
    """
    rng = open_stream(town, "recall")
    held = custody.filter(
        pl.col("is_sentence") & (pl.col("release_date") < NEVER) & ~pl.col("died_inside")
    )
    held = licence.prepare_licences(town, held)
    row = np.arange(len(held))
    releases = [
        _releases(
            held,
            row,
            0,
            held["release_date"].to_numpy(),
            held["on_licence"].to_numpy(),
            _first_kinds(held),
        )
    ]
    recalls = []
    release, licensed = held["release_date"].to_numpy(), held["on_licence"].to_numpy()
    for cycle in range(1, CYCLES + 1):
        row, release = row[licensed], release[licensed]
        part = held[row]
        found = _one_cycle(rng, part, release, people, cycle)
        row, part = row[found.happens], part.filter(pl.Series(found.happens))
        if cycle == 1:
            releases[0] = licence.decide_licences(
                town, releases[0], held, row, found.rows["revocation_date"].to_numpy()
            )
        recalls.append(
            found.rows.with_columns(
                case=part["case"], person=part["person"], cycle=pl.lit(cycle, pl.Int64)
            )
        )
        release, licensed, how = found.release, found.licensed, found.how
        out = release < NEVER
        releases.append(
            _releases(part, np.flatnonzero(out), cycle, release[out], licensed[out], how[out])
        )
        licensed = licensed & out
    return pl.concat(releases, how="diagonal"), pl.concat(recalls)


def _releases(
    held: pl.DataFrame, row: Ints, cycle: int, release: Days, licensed: Bools, how: Ints
) -> pl.DataFrame:
    part = held[row].select("case", "person")
    return part.with_columns(
        cycle=pl.lit(cycle, pl.Int64),
        release_date=pl.Series(release),
        on_licence=pl.Series(licensed),
        how=pl.Series(how),
    )


HOW = (
    "conditional",
    "hdc",
    "parole",
    "no_licence",
    "fixed_recall_end",
    "standard_recall_end",
    "sentence_end",
    "deported",
    "youth",
)
FIRST_HOW = {
    ReleaseKind.NONE: "conditional",
    ReleaseKind.CONDITIONAL: "conditional",
    ReleaseKind.HDC: "hdc",
    ReleaseKind.PAROLE: "parole",
    ReleaseKind.NO_LICENCE: "no_licence",
    ReleaseKind.TIME_SERVED: "conditional",
    ReleaseKind.DEPORTED: "deported",
    ReleaseKind.REMAND_END: "no_licence",
    ReleaseKind.YOUTH: "youth",
}
"""How a first release of each kind reads."""


def _first_kinds(held: pl.DataFrame) -> Ints:
    """How the first release of each row reads in `HOW`."""
    places: Ints = np.array([HOW.index(FIRST_HOW[kind]) for kind in ReleaseKind])
    of_each: Ints = places[held["release_kind"].to_numpy()]
    return of_each


class _Cycle:
    """What one round of recalls brought: who was recalled, the rows, and the kind of re-release."""

    def __init__(
        self, happens: Bools, rows: pl.DataFrame, release: Days, licensed: Bools, how: Ints
    ) -> None:
        self.happens, self.rows, self.release, self.licensed, self.how = (
            happens,
            rows,
            release,
            licensed,
            how,
        )


def _one_cycle(
    rng: np.random.Generator, part: pl.DataFrame, release: Days, people: People, cycle: int
) -> _Cycle:
    end, crd = part["licence_end"].to_numpy(), part["crd"].to_numpy()
    died = people.died[part["person"].to_numpy()]
    on_hdc = (part["release_kind"].to_numpy() == ReleaseKind.HDC) & (cycle == 1)
    revoked = licence.draw_revocations(rng, part, release, first=cycle == 1)
    happens = (revoked <= WORLD_TO) & (revoked < died)
    part, revoked, end, crd = (
        part.filter(pl.Series(happens)),
        revoked[happens],
        end[happens],
        crd[happens],
    )
    size = len(part)
    curfew = on_hdc[happens] & (revoked < crd)
    kind = _kinds(rng, part, revoked, curfew)
    away = np.where(
        draw_chance(rng, 0.3, size), rng.integers(0, 2, size), whole_days(rng, 6.0, 1.3, size)
    )
    back = revoked + np.minimum(away, 900)
    returned = (
        ~draw_chance(rng, NEVER_BACK, size)
        & (back < end)
        & (back <= WORLD_TO)
        & (back < died[happens])
    )
    back = np.where(returned, back, NEVER)
    release, licensed, how = _out_again(rng, part, back, kind, curfew, end, crd)
    late = release > np.minimum(died[happens], WORLD_TO + 1) - 1
    emergency = (kind == RecallLength.STANDARD_INDETERMINATE) | (
        (kind == RecallLength.STANDARD_DETERMINATE) & draw_chance(rng, EMERGENCY, size)
    )
    rows = pl.DataFrame(
        {
            "revocation_date": revoked,
            "return_date": back,
            "kind": kind,
            "emergency": emergency,
            "hdc": on_hdc[happens] & (revoked < crd),
            "curfew": curfew,
            "reasons": _reasons(rng, curfew, np.isin(kind, FIXED_TERMS), size),
            "back_until": np.where(late, np.minimum(died[happens], NEVER), release),
        }
    )
    return _Cycle(happens, rows, np.where(late, NEVER, release), licensed & ~late, how)


def _kinds(rng: np.random.Generator, part: pl.DataFrame, revoked: Days, curfew: Bools) -> Ints:
    """Length of each recall, by the regime in force on the day of revocation."""
    size = len(part)
    short, lifer = part["under_12_months"].to_numpy(), part["indeterminate"].to_numpy() == 1
    fixed_28 = draw_chance(
        rng, np.where(revoked >= LASPO, FIXED_28_SHARE, FIXED_28_BEFORE), size
    ) & (part["disposal"].to_numpy() == DETERMINATE)
    fixed_14 = short & draw_chance(rng, FIXED_14_SHARE, size) & (revoked >= ORA)
    return np.select(
        [lifer, curfew, short & fixed_14, ~short & fixed_28],
        [
            RecallLength.STANDARD_INDETERMINATE,
            RecallLength.STANDARD_DETERMINATE,
            RecallLength.FIXED_14,
            RecallLength.FIXED_28,
        ],
        RecallLength.STANDARD_DETERMINATE,
    )


def _out_again(
    rng: np.random.Generator,
    part: pl.DataFrame,
    back: Days,
    kind: Ints,
    curfew: Bools,
    end: Days,
    crd: Days,
) -> tuple[Days, Bools, Ints]:
    """Re-release of each recall: its day, whether it is on licence, and how it came.

    Fixed terms end on their day, capped by expiry. Curfew recalls end at conditional release.
    Others end when the Parole Board decides.
    """
    size = len(part)
    fixed = np.isin(kind, FIXED_TERMS)
    stay = np.where(kind == RecallLength.FIXED_14, 14, 28) - 1
    further = np.where(kind == RecallLength.STANDARD_INDETERMINATE, LIFER_DAYS, STANDARD_DAYS)
    standard = back + 28 + whole_days(rng, further, 0.7, size)
    wanted = np.select([fixed, curfew], [back + stay, np.maximum(crd, back + 1)], standard)
    release = np.where(back >= NEVER, NEVER, np.minimum(wanted, end))
    licensed = (release < end) & (back < NEVER)
    how = np.select(
        [~licensed, fixed, curfew],
        [HOW.index("sentence_end"), HOW.index("fixed_recall_end"), HOW.index("conditional")],
        HOW.index("standard_recall_end"),
    )
    return release, licensed, how


def _reasons(rng: np.random.Generator, curfew: Bools, fixed: Bools, size: int) -> pl.Series:
    """Reasons of each recall, separated by semicolons; about 1.75 a recall."""
    drawn = rng.random((size, len(REASONS))) < np.where(
        fixed[:, None], FIXED_REASON_SHARES, REASON_SHARES
    )
    empty = ~drawn.any(axis=1)
    drawn[
        empty,
        np.searchsorted(
            np.cumsum(REASON_SHARES) / sum(REASON_SHARES), rng.random(int(empty.sum()))
        ),
    ] = True
    columns = {name: drawn[:, place] for place, name in enumerate(REASONS)}
    hdc = pl.Series(CURFEW_REASONS).gather(
        pick_each(rng, np.tile(np.array([0.6, 0.2, 0.1, 0.1]), (size, 1)))
    )
    held = pl.DataFrame(columns)
    many = pl.concat_str(
        [pl.when(name).then(pl.lit(name)) for name in REASONS], separator=";", ignore_nulls=True
    )
    return held.select(pl.when(pl.Series(curfew)).then(hdc).otherwise(many)).to_series()
