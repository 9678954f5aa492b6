"""Where people live on a day: homes that some share and that change hands, their postcodes and their small areas.

Belongs here: addresses. Does not belong here: which address a system has on file (errors, extracts).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.codebook import REGIONS
from pipeline.synthetic.days import Days
from pipeline.synthetic.draws import Ints
from pipeline.synthetic.people import People

DISTRICTS, SECTORS, UNITS = 99, 10, 20
HOMES_A_REGION = DISTRICTS * SECTORS * UNITS * UNITS
UNIT_LETTERS = list("ABDEFGHJLNPQRSTUWXYZ")
AREAS = [f"Q{letter}" for letter in "ABDEFGHKLM"]
"""No postcode area begins with Q: none of these addresses can exist."""
FEWEST_HOSTELS, PEOPLE_A_HOSTEL = 12, 30_000
"""Hostels in each region."""


def _mixed(values: Ints) -> Ints:
    """Scatter whole numbers evenly and for ever the same (the finaliser of SplitMix64)."""
    held = values.astype(np.uint64)
    held = (held ^ (held >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    held = (held ^ (held >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (held ^ (held >> np.uint64(31))).astype(np.int64) & np.int64(2**62 - 1)


def homes(people: People, person: Ints, days: Days, *, lag: int = 0) -> Ints:
    """Where each person lives on a day, as a number of a home; `lag` looks that many homes back."""
    epoch = np.maximum((days - people.moves_from[person]) // people.stays[person] - lag, 0)
    parted = np.where(epoch % 3 == 0, people.home[person], person)
    scattered = _mixed(people.numbers(parted) * 1_000_003 + epoch)
    used = max(people.town.nation // 30, 40)
    home = scattered % used
    hostels = max(people.town.nation // PEOPLE_A_HOSTEL, FEWEST_HOSTELS)
    hostel = (scattered // used) % 100 < 2
    local: Ints = np.where(hostel, home % hostels, home + hostels) % HOMES_A_REGION
    return local + people.region[person] * HOMES_A_REGION


def postcodes(home: Ints) -> pl.Series:
    """Postcode of a home, from areas that do not exist."""
    region, local = home // HOMES_A_REGION, home % HOMES_A_REGION * 7_919 % HOMES_A_REGION
    units = pl.Series(UNIT_LETTERS)
    parts = _frame(
        area=pl.Series(AREAS).gather(region),
        district=local // 4000 + 1,
        sector=local // 400 % SECTORS,
        first=units.gather(local // UNITS % UNITS),
        second=units.gather(local % UNITS),
    )
    return parts.select(pl.format("{}{} {}{}{}", "area", "district", "sector", "first", "second")).to_series()


def output_areas(home: Ints) -> pl.Series:
    """Lower super output area of a home, numbered above those that exist."""
    region, local = home // HOMES_A_REGION, home % HOMES_A_REGION * 7_919 % HOMES_A_REGION
    number = 900_000 + region * 9_000 + local // 44
    letter = pl.Series(["E", "W"]).gather((region == REGIONS.index("Wales")).astype(np.int64))
    return _frame(letter=letter, number=number).select(pl.format("{}01{}", "letter", "number")).to_series()


def _frame(**columns: Ints | pl.Series) -> pl.DataFrame:
    return pl.DataFrame(columns)
