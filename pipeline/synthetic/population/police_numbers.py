"""Numbers that police and prisons give to people: PNC, CRO and prison number.

They come from ranges that belong to nobody.

Belongs here: making a number. Does not belong here: how systems get it wrong (identity_errors).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import Days, year_of
from pipeline.synthetic.partitions import LITTLE_ROOM, MAX_TOWNS, TOWN, Town
from pipeline.synthetic.random_draws import Ints

CHECK_LETTERS = list("ZABCDEFGHJKLMNPQRTUVWXY")
"""Remainder of the number, with its two-digit year before it, by 23."""
PNC_FROM, PNC_SERIALS = 1_000_000, 8_999_993
"""Serials above any that were issued.
The count is prime, so that steps of another prime never meet.
"""
CRO_FROM, CRO_SERIALS = 500_000, 500_000
FIRST_LETTERS = list("BCDEFHIJKLMNOPQRSTUVWXYZ")
"""Prison numbers that were issued begin with A or G."""


def make_pnc(town: Town, first_arrest: Days) -> pl.Series:
    """Like 2010/1234567D."""
    year, number = _number_within_year(first_arrest)
    serial = PNC_FROM + (number * MAX_TOWNS + town.number) * 7_919 % PNC_SERIALS
    check = pl.Series(CHECK_LETTERS).gather((year % 100 * 10_000_000 + serial) % 23)
    return (
        pl.DataFrame({"year": year, "serial": serial, "check": check})
        .select(pl.format("{}/{}{}", "year", "serial", "check"))
        .to_series()
    )


def make_cro(town: Town, first_arrest: Days) -> pl.Series:
    """Like 523456/10A; null for the few for whom a year has no number left."""
    year, number = _number_within_year(first_arrest)
    room = CRO_SERIALS // MAX_TOWNS
    serial = CRO_FROM + town.number * room + number % room
    check = pl.Series(CHECK_LETTERS).gather((year % 100 * 1_000_000 + serial) % 23)
    short = pl.col("year").mod(100).cast(pl.String).str.zfill(2)
    shown = pl.when(pl.Series(number < room)).then(pl.format("{}/{}{}", "serial", short, "check"))
    return pl.DataFrame({"year": year, "serial": serial, "check": check}).select(shown).to_series()


def prison_numbers(person: Ints) -> pl.Series:
    """Like B1234XA: the first letter is neither A nor G, the last but one is X, Y or Z."""
    index = person * 104_729 % 18_720_000
    letters = pl.Series([chr(65 + place) for place in range(26)])
    parts = pl.DataFrame(
        {
            "first": pl.Series(FIRST_LETTERS).gather(index % 24),
            "digits": index // 24 % 10_000,
            "middle": pl.Series(["X", "Y", "Z"]).gather(index // 240_000 % 3),
            "last": letters.gather(index // 720_000 % 26),
        }
    )
    digits = pl.col("digits").cast(pl.String).str.zfill(4)
    return parts.select(pl.concat_str("first", digits, "middle", "last")).to_series()


def second_prison_numbers(town: Town, count: int) -> pl.Series:
    """Prison numbers that are no person's first one."""
    return prison_numbers(MAX_TOWNS * TOWN + town.numbers(count, LITTLE_ROOM))


def _number_within_year(day: Days) -> tuple[Ints, Ints]:
    """The year of each day, and a running number within that year."""
    year = year_of(day)
    place = np.argsort(year, kind="stable")
    sorted_years = year[place]
    first = np.searchsorted(sorted_years, sorted_years, side="left")
    number = np.empty(len(day), dtype=np.int64)
    number[place] = np.arange(len(day)) - first
    return year, number
