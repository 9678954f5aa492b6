"""Where people live on a day.

It covers homes that some share and that change hands, their postcodes, their small areas, and how
deprived these are.

Belongs here: addresses and areas. Does not belong here: which address a system has on file
(identity_errors, extracts).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import Days
from pipeline.synthetic.code_lists import REGIONS
from pipeline.synthetic.population.people import DECILES, People
from pipeline.synthetic.random_draws import Bools, Ints

SECTORS, UNITS = 10, 20
AREAS_A_REGION, UNITS_AN_AREA = 9_000, 44
HOMES_A_REGION = AREAS_A_REGION * UNITS_AN_AREA
HOMES_A_DECILE = HOMES_A_REGION // DECILES
SCATTER = 7_919
"""Prime to `HOMES_A_DECILE`: homes that are used first lie far apart."""
FIRST_AREA = 900_000
"""Small areas that exist have numbers below 34,000."""
UNIT_LETTERS = list("ABDEFGHJLNPQRSTUWXYZ")
POSTCODE_AREAS = [f"Q{letter}" for letter in "ABDEFGHKLM"]
"""No postcode area begins with Q: none of these addresses can exist."""
PEOPLE_A_HOME = 300
"""People of a town for each of its homes in a region and decile.
Every home is let again and again.
"""
MIN_HOSTELS, PEOPLE_A_HOSTEL = 12, 30_000
"""Hostels in each region."""
HOSTEL_DECILES = 3
"""Hostels stand in the most deprived areas."""
LIKE_DECILE, NEAR_DECILE = 0.7, 0.9
"""Share of a life's homes in areas as deprived as the person's own.
The second value is the share in those areas or in the next.
"""


def _mixed(values: Ints) -> Ints:
    """Scatter whole numbers evenly and for ever the same (the finaliser of SplitMix64)."""
    held = values.astype(np.uint64)
    held = (held ^ (held >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    held = (held ^ (held >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (held ^ (held >> np.uint64(31))).astype(np.int64) & np.int64(2**62 - 1)


def find_homes(people: People, person: Ints, days: Days, *, lag: int = 0) -> Ints:
    """Where each person lives on a day, as a number of a home; `lag` looks that many homes back."""
    epoch = np.maximum((days - people.moves_from[person]) // people.stays[person] - lag, 0)
    parted = np.where(epoch % 3 == 0, people.home[person], person)
    scattered = _mixed(people.numbers(parted) * 1_000_003 + epoch)
    hostels = _hostels(people.town.nation)
    town = people.town
    used = max(town.people // PEOPLE_A_HOME, 4)
    in_hostel = (scattered // 1_000_003) % 100 < 2
    hostel = scattered % hostels
    decile = np.where(
        in_hostel, hostel % HOSTEL_DECILES, _decile(people.decile[parted], scattered >> 40)
    )
    place = np.where(
        in_hostel, hostel, hostels + town.first_person // PEOPLE_A_HOME + scattered % used
    )
    home: Ints = people.region[person] * HOMES_A_REGION + place % HOMES_A_DECILE * DECILES + decile
    return home


def _hostels(nation: int) -> int:
    return max(nation // PEOPLE_A_HOSTEL, MIN_HOSTELS)


def _decile(own: Ints, scattered: Ints) -> Ints:
    """Decile of a home: mostly the person's own, sometimes the next, now and then any."""
    draw = scattered % 1_000 / 1_000
    beside = own + np.where(scattered & 1_024, 1, -1)
    elsewhere = scattered // 4_096 % DECILES
    chosen: Ints = np.select(
        [draw < LIKE_DECILE, draw < NEAR_DECILE], [own, np.clip(beside, 0, DECILES - 1)], elsewhere
    )
    return chosen


def is_hostel(people: People, home: Ints) -> Bools:
    """Homes that are hostels: addresses of many people who have nothing else in common."""
    return home % HOMES_A_REGION // DECILES < _hostels(people.town.nation)


def _area_and_unit(home: Ints) -> tuple[Ints, Ints]:
    """Small area within the region, and place within the area.

    The last digit of an area's number is its decile.
    """
    place, decile = home % HOMES_A_REGION // DECILES, home % DECILES
    spread = place * SCATTER % HOMES_A_DECILE
    return spread // UNITS_AN_AREA * DECILES + decile, spread % UNITS_AN_AREA


def list_postcodes(home: Ints) -> pl.Series:
    """Postcode of a home, from areas that do not exist."""
    area, unit = _area_and_unit(home)
    local = area * UNITS_AN_AREA + unit
    units = pl.Series(UNIT_LETTERS)
    parts = pl.DataFrame(
        {
            "area": pl.Series(POSTCODE_AREAS).gather(home // HOMES_A_REGION),
            "district": local // (SECTORS * UNITS * UNITS) + 1,
            "sector": local // (UNITS * UNITS) % SECTORS,
            "first": units.gather(local // UNITS % UNITS),
            "second": units.gather(local % UNITS),
        }
    )
    return parts.select(
        pl.format("{}{} {}{}{}", "area", "district", "sector", "first", "second")
    ).to_series()


def output_areas(home: Ints) -> pl.Series:
    """Lower super output area of a home, numbered above those that exist."""
    return _codes(home // HOMES_A_REGION, _area_and_unit(home)[0])


def list_deciles(home: Ints) -> Ints:
    """Decile of deprivation of the area of a home, 1 the most deprived."""
    return home % DECILES + 1


def list_areas() -> pl.DataFrame:
    """Every small area that an address can lie in: `lsoa, region, deprivation_decile`.

    Decile 1 is the most deprived. The areas are the same in all worlds.
    """
    region, area = np.divmod(np.arange(len(REGIONS) * AREAS_A_REGION), AREAS_A_REGION)
    return pl.DataFrame(
        {
            "lsoa": _codes(region, area),
            "region": pl.Series(REGIONS).gather(region),
            "deprivation_decile": area % DECILES + 1,
        }
    )


def _codes(region: Ints, area: Ints) -> pl.Series:
    letter = pl.Series(["E", "W"]).gather((region == REGIONS.index("Wales")).astype(np.int64))
    number = FIRST_AREA + region * AREAS_A_REGION + area
    return (
        pl.DataFrame({"letter": letter, "number": number})
        .select(pl.format("{}01{}", "letter", "number"))
        .to_series()
    )
