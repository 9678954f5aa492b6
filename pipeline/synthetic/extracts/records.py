"""The parts that all systems share: who a row says it is about, and numbers of arrests.

Belongs here: identity columns of a record. Does not belong here: any column of a particular system.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandera.polars as pa
import polars as pl

from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, Days, to_dates
from pipeline.synthetic.corruption.identity_errors import (
    SUMMARY_PNC_MISSING,
    Marks,
    Profile,
    compute_proneness,
)
from pipeline.synthetic.corruption.name_errors import Spellings, corrupt_names, middles_and_aliases
from pipeline.synthetic.corruption.number_errors import (
    corrupt_addresses,
    corrupt_births,
    corrupt_numbers,
)
from pipeline.synthetic.population.homes import find_homes, is_hostel, list_postcodes, output_areas
from pipeline.synthetic.population.people import ETHNICITIES, YEAR, People
from pipeline.synthetic.random_draws import Bools, Floats, Ints, draw_chance

APPEARANCE = {"W": "1", "B": "3", "A": "4", "M": "3", "O": "6"}


def record_sightings(
    rng: np.random.Generator,
    people: People,
    person: Ints,
    seen: Days,
    profile: Profile,
    *,
    errors: bool,
    summary: Bools | None = None,
) -> pl.DataFrame:
    """What a system records of each person on a day, with its mistakes.

    It records names, birth, home and numbers.

    Args:
        rng: Where chance comes from.
        people: Everybody.
        person: The person of each record.
        seen: The day of each record.
        profile: How often the system makes each mistake.
        errors: False for a system that makes none.
        summary: Summary cases, where police numbers are often missing.

    Returns:
        `forename, middle, surname, aliases, born, postcode, lsoa, pnc, cro, prison_number` and, for
        the truth, `_person, _errors, _circumstances` (bits of `identity_errors.KINDS` and
        `identity_errors.CIRCUMSTANCES`), in the order of `person`.
    """
    marks, home = Marks(len(person)), find_homes(people, person, seen)
    shown = home
    if errors:
        shown = np.where(
            draw_chance(rng, profile.old_address, len(person)),
            find_homes(people, person, seen, lag=1),
            home,
        )
        marks.add("old_address", shown != home)
    married = people.married[person] <= seen
    truth = _true_record(people, person, shown, married)
    if errors:
        truth = _spoilt(
            rng,
            truth,
            people,
            person,
            compute_proneness(people, person, seen),
            profile,
            summary,
            marks,
        )
    around = (people.twin[person], people.namesake[person], is_hostel(people, home), married)
    bits = np.stack([where.astype(np.int64) << place for place, where in enumerate(around)]).sum(
        axis=0
    )
    return truth.drop("married", "maiden").with_columns(
        _errors=pl.Series(marks.held), _circumstances=pl.Series(bits)
    )


def _true_record(people: People, person: Ints, home: Ints, married: Bools) -> pl.DataFrame:
    held = {
        "forename": people.forename.gather(person),
        "middle": people.middle.gather(person),
        "maiden": people.surname.gather(person),
        "later": people.married_name.gather(person),
        "married": married,
        "aliases": people.alias.gather(person),
        "born": to_dates(people.born[person]),
        "postcode": list_postcodes(home),
        "lsoa": output_areas(home),
        "pnc": people.pnc.gather(person),
        "cro": people.cro.gather(person),
        "prison_number": people.prison_number.gather(person),
        "_person": key_ranges.PERSON.references(people.numbers(person)),
    }
    return (
        pl.DataFrame(held)
        .with_columns(surname=pl.when("married").then("later").otherwise("maiden"))
        .drop("later")
    )


def _spoilt(
    rng: np.random.Generator,
    truth: pl.DataFrame,
    people: People,
    person: Ints,
    more: Floats,
    profile: Profile,
    summary: Bools | None,
    marks: Marks,
) -> pl.DataFrame:
    """The records with the mistakes of the system."""
    spans, married = people.spellings, truth["married"].to_numpy()
    begin, width = (
        np.where(married, later[person], maiden[person])
        for maiden, later in zip(spans["surname"], spans["married_name"], strict=True)
    )
    spellings = Spellings(
        (spans["forename"][0][person], spans["forename"][1][person]), (begin, width)
    )
    held = corrupt_names(rng, truth, spellings, more, profile, marks)
    held = middles_and_aliases(rng, held, more, profile, marks)
    held = corrupt_births(rng, held, more, profile, marks)
    held = corrupt_addresses(rng, held, more, profile, marks)
    absent = (
        np.where(summary, SUMMARY_PNC_MISSING, profile.pnc_missing)
        if summary is not None
        else profile.pnc_missing
    )
    return corrupt_numbers(rng, held, more, profile, absent, marks)


def record_ethnicity(
    rng: np.random.Generator, people: People, person: Ints, unstated: float
) -> pl.Series:
    """Self-defined ethnicity code, not stated for some, rarely another one."""
    shown = np.where(
        draw_chance(rng, 0.01, len(person)),
        rng.integers(0, len(ETHNICITIES), len(person)),
        people.ethnicity[person],
    )
    code = pl.Series(ETHNICITIES).gather(shown)
    return hide_values(code, draw_chance(rng, unstated, len(person)), "NS")


def record_appearance(rng: np.random.Generator, people: People, person: Ints) -> pl.Series:
    """Ethnic appearance as an officer saw it."""
    seen = np.array([APPEARANCE[code[0]] for code in ETHNICITIES])
    code = np.where(draw_chance(rng, 0.06, len(person)), "0", seen[people.ethnicity[person]])
    return pl.Series(np.where(draw_chance(rng, 0.04, len(person)), rng.permutation(code), code))


def hide_values(values: pl.Series, where: Bools, instead: str | None = None) -> pl.Series:
    """The values, with another (or nothing) in the places given."""
    held = pl.DataFrame({"v": values, "w": where})
    return held.select(
        pl.when("w").then(pl.lit(instead, dtype=pl.String)).otherwise("v")
    ).to_series()


def keep_known(values: pl.Series | npt.NDArray[Any], where: Bools) -> pl.Series:
    """The values where something is so, null elsewhere."""
    return pl.DataFrame({"v": values, "w": where}).select(pl.when("w").then("v")).to_series()


def age_on(people: People, person: Ints, day: Days) -> Ints:
    """Age in whole years."""
    return (
        np.floor((np.minimum(day, NEVER - 1) - people.born[person]) / YEAR)
        .clip(0, 110)
        .astype(np.int64)
    )


def make_asn(case: Ints, charged: Days) -> pl.Series:
    """Arrest and summons number of a case: shared by the courts that deal with it."""
    year = pl.col("d").cast(pl.Date).dt.year().mod(100).cast(pl.String).str.zfill(2)
    held = pl.DataFrame({"c": key_ranges.ARREST.references(case), "d": charged.astype(np.int32)})
    return held.select(pl.format("{}{}Q", year, "c")).to_series()


def shape_frame(frame: pl.DataFrame, model: type[pa.DataFrameModel]) -> pl.DataFrame:
    """The contract's columns in its order and types, then those for the truth."""
    schema = model.to_schema()
    wanted = [pl.col(name).cast(column.dtype.type) for name, column in schema.columns.items()]
    return frame.select(*wanted, *[name for name in frame.columns if name.startswith("_")])
