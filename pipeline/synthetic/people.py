"""Who lives in the world: birth, sex, ethnicity, names, homes, numbers, death; with twins, and fathers and sons of one name.

Belongs here: what is true of a person, and where they live on a day. Does not belong here: what they do, or how systems record them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.synthetic import names
from pipeline.synthetic.codebook import REGION_WEIGHTS, REGIONS
from pipeline.synthetic.days import NEVER, WORLD_FROM, WORLD_TO, Days
from pipeline.synthetic.draws import Bools, Ints, chance, pick, pick_each, stream

ETHNICITIES = ("W1", "W2", "W3", "W9", "B1", "B2", "B9", "A1", "A2", "A3", "A4", "A9", "M1", "M2", "M3", "M9", "O2", "O9")
ETHNICITY_SHARES = (
    0.745,
    0.012,
    0.008,
    0.068,
    0.024,
    0.03,
    0.014,
    0.013,
    0.024,
    0.009,
    0.003,
    0.016,
    0.014,
    0.004,
    0.004,
    0.006,
    0.003,
    0.009,
)
MINORITY_TILT = {"London": 2.6, "West Midlands": 1.3, "North East": 0.35, "South West": 0.4, "Wales": 0.4}
GROUPS = ("White", "Black", "Asian", "Mixed", "Other")
GROUP_OF = {"W": 0, "B": 1, "A": 2, "M": 3, "O": 4}
ETHNIC_GROUP = np.array([GROUP_OF[code[0]] for code in ETHNICITIES])
FOREIGN = np.array([code in ("W9", "B2", "B9", "A4", "A9", "O2", "O9") for code in ETHNICITIES])

YEAR = 365.25
EARLY_ENTRY = 1.4
"""Above 1: more careers are under way from the start, so that volumes do not grow from year to year."""
DISTRICTS, SECTORS, UNITS = 99, 10, 20
HOMES_A_REGION = DISTRICTS * SECTORS * UNITS * UNITS
UNIT_LETTERS = list("ABDEFGHJLNPQRSTUWXYZ")
AREAS = [f"Q{letter}" for letter in "ABDEFGHKLM"]
"""No postcode area begins with Q: none of these addresses can exist."""
HOSTELS_A_REGION = 12
PNC_LETTERS = list("ZABCDEFGHJKLMNPQRTUVWXY")


@dataclass(frozen=True)
class People:
    """One entry a person in every field."""

    female: Bools
    ethnicity: Ints
    region: Ints
    born: Days
    died: Days
    entry: Days
    """About when the person first comes before a court."""
    forename: pl.Series
    middle: pl.Series
    surname: pl.Series
    married_name: pl.Series
    married: Days
    alias: pl.Series
    pnc: pl.Series
    cro: pl.Series
    prison_number: pl.Series
    home: Ints
    """Whose moves this person shares until they part: their own number, their twin's or their father's."""
    moves_from: Days
    stays: Days

    def __len__(self) -> int:
        """Number of people."""
        return len(self.born)

    @property
    def group(self) -> Ints:
        """Ethnic group, as a place in `GROUPS`."""
        return ETHNIC_GROUP[self.ethnicity]


def make_people(seed: int, count: int) -> People:
    """People in the number asked for; the same seed makes the same people."""
    rng = stream(seed, "people")
    region = pick(rng, REGION_WEIGHTS, count)
    tilt = np.array([MINORITY_TILT.get(name, 1.0) for name in REGIONS])[region]
    shares = np.tile(np.array(ETHNICITY_SHARES), (count, 1))
    shares[:, 1:] *= tilt[:, None]
    ethnicity = pick_each(rng, shares)
    female = chance(rng, 0.19, count)
    entry = WORLD_FROM + (rng.random(count) ** EARLY_ENTRY * (WORLD_TO + 1 - WORLD_FROM)).astype(np.int64)
    age = np.clip(12 + rng.gamma(2.2, 8.0, count), 11, 82)
    born = (entry - age * YEAR).astype(np.int64)
    forename, middle, surname, married_name = names.draw(rng, female, ethnicity)
    home = np.arange(count)

    relative = _relatives(rng, region, female)
    twin, son, parent = relative.twin, relative.son, relative.of
    ethnicity = np.where(twin | son, ethnicity[parent], ethnicity)
    born = np.where(twin, born[parent], np.where(son, born[parent] + (rng.integers(20, 36, count) * YEAR).astype(np.int64), born))
    entry = np.where(son, np.maximum(entry, born + int(14 * YEAR)), entry)
    surname = surname.gather(np.where(twin | son, parent, home))
    forename = forename.gather(np.where(son, parent, home))
    home = np.where(twin | son, parent, home)
    return People(
        female=female,
        ethnicity=ethnicity,
        region=region,
        born=born,
        died=_deaths(rng, born, count),
        entry=entry,
        forename=forename,
        middle=middle,
        surname=surname,
        married_name=married_name,
        married=np.where(female & chance(rng, 0.2, count), entry + rng.integers(-900, 2500, count), NEVER),
        alias=names.aliases(rng, forename, surname, chance(rng, 0.12, count)),
        pnc=_pnc(entry),
        cro=_cro(entry),
        prison_number=_prison_numbers(count),
        home=home,
        moves_from=rng.integers(0, 3000, count)[home],
        stays=(180 + rng.exponential(1100, count)).astype(np.int64)[home],
    )


@dataclass(frozen=True)
class _Relatives:
    twin: Bools
    son: Bools
    of: Ints


def _relatives(rng: np.random.Generator, region: Ints, female: Bools) -> _Relatives:
    """Some people are the twin or the son of the nearest earlier person of the same region and sex."""
    count = len(region)
    place = np.argsort(region, kind="stable")
    before = np.empty(count, dtype=np.int64)
    before[place] = np.concatenate([place[:1], place[:-1]])
    draw = rng.random(count)
    kin = (draw < 0.008) & (region[before] == region) & (before != np.arange(count))
    kin &= ~kin[before] & (female[before] == female)
    return _Relatives(twin=kin & (draw < 0.003), son=kin & (draw >= 0.003) & ~female, of=before)


def _deaths(rng: np.random.Generator, born: Days, count: int) -> Days:
    """Day of death; hazards of people who come before courts, higher than those of the population."""
    age_2011 = np.maximum((WORLD_FROM - born) / YEAR, 10)
    yearly = 0.0016 * np.exp(0.05 * (age_2011 - 30))
    dies = WORLD_FROM + (rng.exponential(1.0, count) / np.minimum(yearly, 0.2) * YEAR).astype(np.int64)
    return np.where(dies <= WORLD_TO, dies, NEVER)


def _number_within_year(entry: Days) -> tuple[Ints, Ints]:
    """A year for each person's first record and a running number in that year."""
    year = 1970 + (entry / YEAR).astype(np.int64)
    place = np.argsort(year, kind="stable")
    sorted_years = year[place]
    first = np.searchsorted(sorted_years, sorted_years, side="left")
    number = np.empty(len(entry), dtype=np.int64)
    number[place] = np.arange(len(entry)) - first
    return year, number


def _pnc(entry: Days) -> pl.Series:
    """Like 2010/1234567D, with serials above any that were issued."""
    year, number = _number_within_year(entry)
    serial = 1_000_000 + (number * 7_919) % 8_999_993
    check = pl.Series(PNC_LETTERS).gather((year % 100 * 10_000_000 + serial) % 23)
    return _frame(year=year, serial=serial, check=check).select(pl.format("{}/{}{}", "year", "serial", "check")).to_series()


def _cro(entry: Days) -> pl.Series:
    """Like 123456/10A."""
    year, number = _number_within_year(entry)
    serial = 500_000 + number % 500_000
    check = pl.Series(PNC_LETTERS).gather((year % 100 * 1_000_000 + serial) % 23)
    short = pl.col("year").mod(100).cast(pl.String).str.zfill(2)
    return _frame(year=year, serial=serial, check=check).select(pl.format("{}/{}{}", "serial", short, "check")).to_series()


def _prison_numbers(count: int) -> pl.Series:
    """Like A1234ZZ; the last two letters begin with X, Y or Z."""
    index = np.arange(count, dtype=np.int64) * 104_729 % 20_280_000
    letters = pl.Series([chr(65 + place) for place in range(26)])
    parts = _frame(
        first=letters.gather(index % 26),
        digits=index // 26 % 10_000,
        middle=pl.Series(["X", "Y", "Z"]).gather(index // 260_000 % 3),
        last=letters.gather(index // 780_000 % 26),
    )
    digits = pl.col("digits").cast(pl.String).str.zfill(4)
    return parts.select(pl.concat_str("first", digits, "middle", "last")).to_series()


def _frame(**columns: Ints | pl.Series) -> pl.DataFrame:
    return pl.DataFrame(columns)


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
    scattered = _mixed(parted * 1_000_003 + epoch)
    used = max(len(people) // 30, 40)
    home = scattered % used
    hostel = (scattered // used) % 100 < 2
    local: Ints = np.where(hostel, home % HOSTELS_A_REGION, home + HOSTELS_A_REGION) % HOMES_A_REGION
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
