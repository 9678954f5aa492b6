"""Offender records as nDelius has them: one a court case, with second ones by mistake.

Belongs here: rows of `probation.offenders`. Does not belong here: events and what hangs off them
(probation).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import probation
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, cut_after, to_dates
from pipeline.synthetic.corruption.identity_errors import PROFILES
from pipeline.synthetic.extracts import records
from pipeline.synthetic.extracts.probation import DELETED_SHARE, LAST, find_surviving_cases
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import TOWN, Town
from pipeline.synthetic.population.people import ETHNICITIES, People
from pipeline.synthetic.random_draws import Ints, draw_chance, open_stream

Kinds = tuple[key_ranges.KeyRange, ...]
KINDS = (key_ranges.OFFENDER, key_ranges.MISTAKEN_OFFENDER, key_ranges.DELETED_OFFENDER)
OWN_GUESSES = (
    key_ranges.WRONGLY_ESTIMATED,
    key_ranges.MISTAKEN_ESTIMATED,
    key_ranges.DELETED_ESTIMATED,
)
"""Whom the supplier takes each kind of record for, where it does not see the person."""
WRONG_GUESS_SHARE = 0.06
CRN_LETTERS = list("XYZWVUTSRQ")
MISTAKEN_SHARE = 0.103
"""Offender records opened by mistake for a case that has one."""
ETHNICITY_TEXT = {
    "A1": "Asian or Asian British: Indian",
    "A2": "Asian or Asian British: Pakistani",
    "A3": "Asian or Asian British: Bangladeshi",
    "A4": "Asian or Asian British: Chinese",
    "A9": "Asian or Asian British: Other",
    "B1": "Black or Black British: Caribbean",
    "B2": "Black or Black British: African",
    "B9": "Black or Black British: Other",
    "M1": "Mixed: White and Black Caribbean",
    "M2": "Mixed: White and Black African",
    "M3": "Mixed: White and Asian",
    "M9": "Mixed : Other",
    "O2": "Arab",
    "O9": "Other Ethnic Group",
    "W1": "White: British/English/Welsh/Scottish/Northern Irish",
    "W2": "White : Irish",
    "W3": "White: Gypsy, Irish Traveller, Romany",
    "W9": "White : Other",
    "NS": "Refusal",
}


def extract_offenders(
    town: Town, held: pl.DataFrame, lives: Lives, people: People, *, errors: bool
) -> pl.DataFrame:
    """Rows of `probation.offenders`, with `_person`.

    There is one per case. There are also second ones by mistake, deleted ones, and ones deleted
    since they were merged into another.

    `_mistaken` and `_merged` say which are which.
    """
    rng = open_stream(town, "extract offenders")
    case, person, seen_on = (
        held["case"].to_numpy(),
        held["person"].to_numpy(),
        held["referral"].to_numpy(),
    )
    again = np.flatnonzero(draw_chance(rng, MISTAKEN_SHARE, len(held)))
    gone = np.flatnonzero(draw_chance(rng, DELETED_SHARE, len(held)))
    merged = find_surviving_cases(town, held) != case
    row = np.concatenate([np.arange(len(held)), again, gone])
    cases = (case, case[again], case[gone])
    person, size = person[row], len(row)
    seen = records.record_sightings(
        rng, people, person, seen_on[row], PROFILES["probation"], errors=errors
    )
    inside = np.full(len(people), NEVER)
    np.minimum.at(
        inside, lives.custody["person"].to_numpy(), lives.custody["custody_from"].to_numpy()
    )
    has_number = inside[person] <= LAST
    died = cut_after(people.died[person], LAST)
    wrong = pl.Series(draw_chance(rng, WRONG_GUESS_SHARE if errors else 0.0, size))
    guess = key_ranges.ESTIMATED.references(people.numbers(person))
    own = _of_each_kind(town, OWN_GUESSES, cases)
    guessed = pl.select(pl.when(wrong).then(own).otherwise(guess)).to_series()
    rows = pl.DataFrame(
        {
            "offender_id": _of_each_kind(town, KINDS, cases),
            "estimated_offender_id": guessed,
            "crn": _crns(rng, town, size),
            "first_name": seen["forename"],
            "second_name": seen["middle"],
            "surname": seen["surname"],
            "aliases": seen["aliases"],
            "date_of_birth_date": seen["born"],
            "postcode": seen["postcode"],
            "pnc_number": seen["pnc"],
            "cro_number": seen["cro"],
            "noms_number": records.keep_known(seen["prison_number"], has_number),
            "gender": np.where(
                draw_chance(rng, 0.003, size), "N", np.where(people.female[person], "F", "M")
            ),
            "ethnicity_desc": _ethnicity(rng, people, person),
            "lsoa_residence": seen["lsoa"],
            "deceased_date": to_dates(np.where(draw_chance(rng, 0.1, size), NEVER, died)),
            "soft_deleted": (np.arange(size) >= len(held) + len(again))
            | np.pad(merged, (0, size - len(held))),
            "_person": seen["_person"],
            "_errors": seen["_errors"],
            "_circumstances": seen["_circumstances"],
            "_mistaken": (np.arange(size) >= len(held))
            & (np.arange(size) < len(held) + len(again)),
            "_merged": np.pad(merged, (0, size - len(held))),
        }
    )
    return records.shape_frame(rows.sort("offender_id"), probation.Offenders)


def _of_each_kind(town: Town, kinds: Kinds, cases: tuple[Ints, ...]) -> pl.Series:
    """Keys of the cases of each kind, one kind after the other."""
    return pl.concat([kind.keys(town, case) for kind, case in zip(kinds, cases, strict=True)])


def _crns(rng: np.random.Generator, town: Town, size: int) -> pl.Series:
    """Like X123456."""
    number = rng.permutation(town.numbers(TOWN, TOWN))[:size]
    figures = key_ranges.CRN.keys(town, number)
    letter = figures.str.head(1).replace_strict(dict(zip("0123456789", CRN_LETTERS, strict=True)))
    return letter + figures.str.tail(6)


def _ethnicity(rng: np.random.Generator, people: People, person: Ints) -> pl.Series:
    listed = pl.Series([ETHNICITY_TEXT[code] for code in ETHNICITIES])
    shown = listed.gather(people.ethnicity[person])
    draw = rng.random(len(person))
    junk = np.where(
        draw < 0.03,
        "Refusal",
        np.where(draw < 0.033, "Z_Dummy Ethnicity 04", "Z_Dummy Ethnicity 05"),
    )
    held = pl.DataFrame({"s": shown, "d": draw, "j": junk})
    return held.select(
        pl.when(pl.col("d") < 0.035).then("j").when(pl.col("d") >= 0.05).then("s")
    ).to_series()
