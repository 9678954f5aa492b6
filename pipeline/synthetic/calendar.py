"""The calendar of the world; days are whole numbers since 1970.

It holds the windows of the systems and the days on which the law changed.

Belongs here: constants of time and arithmetic on days. Does not belong here: what happens on a day.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

Days = npt.NDArray[np.int64]
"""Days since 1970-01-01; `NEVER` where nothing happens."""

EPOCH = date(1970, 1, 1)
NEVER = 2**30


def day_number(year: int, month: int, of_month: int = 1) -> int:
    """A calendar day as a number."""
    return (date(year, month, of_month) - EPOCH).days


WORLD_FROM = day_number(2007, 1)
"""Careers begin here, so that prisons and orders are filled when the first window opens."""
WORLD_TO = day_number(2021, 9, 30)
EXTRACT = date(2021, 9, 30)

WINDOWS: dict[str, tuple[int, int]] = {
    "magistrates": (day_number(2011, 1), day_number(2020, 12, 31)),
    "crown_court": (day_number(2013, 1), day_number(2020, 12, 31)),
    "probation": (day_number(2014, 1), day_number(2020, 12, 31)),
    "prison": (day_number(2011, 1), day_number(2021, 9, 30)),
}
"""First and last day each system's extract covers, by the date its extract is cut on."""

ORA = day_number(2015, 2)
"""Offender Rehabilitation Act 2014, by date of offence.
It brought licence and supervision for sentences under 12 months.
"""
LASPO = day_number(2012, 12, 3)
"""Legal Aid, Sentencing and Punishment of Offenders Act 2012.
It brought in extended determinate sentences and ended indeterminate public protection.
"""
EDS_PAROLE = day_number(2015, 4, 13)
"""Extended sentences passed from here are released by the Parole Board only.
Release is between two thirds and the end.
"""
SDS_PLUS = day_number(2020, 4)
"""Release at two thirds for listed offences of seven years or more, by date of sentence."""
SENTENCING_CODE = day_number(2020, 12)
HDC_POLICY = day_number(2018, 1)
"""More people released on home detention curfew."""
TRANSFORMING = day_number(2014, 6)
"""Probation trusts give way to the national service and community rehabilitation companies."""
PLATFORM = day_number(2020, 9)
"""Magistrates' cases begin to move to another system, which is not delivered."""
CLOSED_FROM, CLOSED_TO = day_number(2020, 3, 24), day_number(2020, 6, 15)
"""Courts all but closed in the first wave of the pandemic."""
YEAR_DAYS = 365


def plus_months(days: Days, months: Days | int) -> Days:
    """The same day of the month, some months later.

    Where that month has no such day, it is the last day of the month.
    """
    held = pl.DataFrame({"day": days.astype(np.int32)}).with_columns(
        months=pl.Series(np.broadcast_to(months, days.shape))
    )
    later = pl.col("day").cast(pl.Date).dt.offset_by(pl.format("{}mo", "months"))
    return held.select(later.to_physical()).to_series().to_numpy().astype(np.int64)


def year_of(days: Days) -> Days:
    """Calendar year of each day."""
    return pl.Series(days.astype(np.int32)).cast(pl.Date).dt.year().to_numpy().astype(np.int64)


def cut_after(days: Days, last: int) -> Days:
    """The days a system knows that stops on `last`: later ones become `NEVER`."""
    return np.where(days <= last, days, NEVER)


def to_dates(days: Days) -> pl.Series:
    """Days as a date column, `NEVER` as null."""
    held = np.where(
        days >= NEVER, np.datetime64("NaT"), np.minimum(days, NEVER - 1).astype("datetime64[D]")
    )
    return pl.Series(held.astype("datetime64[D]"), dtype=pl.Date)
