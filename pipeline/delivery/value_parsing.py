"""Typed values from delivered ones: spellings of missing values, dates, numbers and booleans.

Whole columns are parsed at a time.

A value that has no meaning as its type becomes null; whether there was one is known beside it, so
that it can be named. Belongs here: how sources spell values. Does not belong here: what a legal
value is (contracts), files (typed_rows).
"""

from __future__ import annotations

from datetime import date
from functools import partial

import polars as pl

NOTHING = ("", r"\N", "(null)", "<null>")
"""Spellings of a missing value in any column."""
NULL_WORDS = ("NULL", "null")
"""The same, but people are called so: kept as they are in columns of names."""
NO_FIGURE = (
    "n/a",
    "N/A",
    "#N/A",
    "na",
    "NA",
    "nan",
    "NaN",
    "NAN",
    "NaT",
    "none",
    "None",
    "NONE",
    "nil",
    "NIL",
    "Null",
)
"""The same in columns of dates, numbers and booleans; in text they are codes of their own."""

TRUE = ("true", "TRUE", "True", "t", "T", "1", "1.0", "y", "Y", "yes", "YES", "Yes")
FALSE = ("false", "FALSE", "False", "f", "F", "0", "0.0", "n", "N", "no", "NO", "No")

MIDNIGHT = r"[T ]0?0[:.]00([:.]00([.,]0+)?)?$"
CLOCK = r"[T ]([01]?\d|2[0-4])[:.][0-5]\d([:.][0-5]\d([.,]\d{1,9})?)?( ?[AaPp][Mm])?$"
"""A time of day after a date; colons, or dots as Oracle writes them."""
ZONE = r"\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$"
ZONED = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z")
DAYS = ("%d/%m/%Y", "%d-%b-%Y", "%d-%m-%Y", "%Y/%m/%d")
"""Beside ISO. Day before month, as in every system of ours; month before day is not read."""
COMPACT = r"^\d{8}$"
SHORT_YEAR = r"^\d{1,2}-[A-Za-z]{3}-\d\d$"
LAST_SHORT_YEAR, LAST_SHORT_BIRTH_YEAR = 2049, 2020
"""Two digits of a year mean 1950 to 2049, as in Oracle's RR; in a birth date 1921 to 2020."""
EARLIEST, LATEST = pl.date(1000, 1, 1), pl.date(9999, 12, 31)
DAY_TICKS = {"ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
HOME = "Europe/London"
"""A time with a zone is the day that it was here."""

GROUPED = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
"""Thousands separators, each before three digits.

Any other comma may be a decimal one, and is not read.
"""
EXACT = 2.0**53
"""Whole numbers below this are exact in floating point."""

FRACTION = "0.5"
"""Stands for any number with a fraction where a whole one is wanted as text."""

_TEXTUAL = (pl.String, pl.Categorical, pl.Enum, pl.Binary)


def is_convertible(delivered: pl.DataType, wanted: pl.DataType) -> bool:
    """Whether values of a delivered type can mean anything as the wanted one."""
    if delivered in _TEXTUAL or delivered in (pl.Null, wanted):
        return True
    if delivered.is_numeric():
        return wanted in (pl.String, pl.Boolean, pl.Date) or wanted.is_numeric()
    return delivered == pl.Datetime and wanted == pl.Date


def normalise_values(value: pl.Expr, delivered: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    """Delivered values in the form in which they are judged.

    Text has no blanks around it, and whole numbers are digits.
    """
    if delivered in _TEXTUAL:
        return (
            as_text(value) if delivered == pl.Binary else value.cast(pl.String)
        ).str.strip_chars()
    if delivered.is_float():
        value = value.fill_nan(None)
    if wanted in (pl.Date, pl.Boolean, pl.String) and delivered.is_numeric():
        return _digits(value, delivered)
    return value


def mark_missing(
    plain: pl.Expr, delivered: pl.DataType, wanted: pl.DataType, *, is_name: bool
) -> pl.Expr:
    """Values of `normalise_values`, null where the source spells that there is none."""
    if delivered not in _TEXTUAL:
        return plain
    words = (
        NOTHING if is_name else NOTHING + NULL_WORDS + (() if wanted == pl.String else NO_FIGURE)
    )
    return pl.when(plain.is_in(list(words)).not_()).then(plain)


def show_value(value: pl.Expr, delivered: pl.DataType) -> pl.Expr:
    """Any plain value as text.

    A day that is in no calendar, and a length of time, are given as the number that is stored.
    """
    if delivered == pl.Duration:
        return value.to_physical().cast(pl.String)
    if delivered in (pl.Date, pl.Datetime):
        is_day = _in_calendar(value, delivered)
        return pl.coalesce(
            pl.when(is_day).then(value).cast(pl.String), value.to_physical().cast(pl.String)
        )
    return value.cast(pl.String, strict=False)


def _in_calendar(moment: pl.Expr, delivered: pl.DataType) -> pl.Expr:
    """Whether a day or a time lies in the years 1 to 9999.

    At some days or times outside these years polars ends without a message.
    """
    a_day = DAY_TICKS[delivered.time_unit] if isinstance(delivered, pl.Datetime) else 1
    first, last = (ends.toordinal() - date(1970, 1, 1).toordinal() for ends in (date.min, date.max))
    return moment.to_physical().is_between(
        max(first * a_day, -(2**63)), min((last + 1) * a_day, 2**63) - 1
    )


def as_text(value: pl.Expr, *, errors: str = "strict") -> pl.Expr:
    """Bytes that should be UTF-8, as text.

    Where they are not UTF-8, the text is null; with `errors` set to `replace`, it has marks in
    place of the wrong bytes.
    """
    return value.map_batches(
        partial(_decoded, errors=errors), return_dtype=pl.String(), is_elementwise=True
    )


def _decoded(value: pl.Series, *, errors: str) -> pl.Series:
    try:
        return value.cast(pl.String)
    except pl.exceptions.ComputeError:  # one by one, since the engine gives up the whole column
        return pl.Series(
            value.name, [_decoded_one(cell, errors) for cell in value], dtype=pl.String
        )


def _decoded_one(cell: bytes | None, errors: str) -> str | None:
    try:
        return None if cell is None else cell.decode(errors=errors)
    except UnicodeDecodeError:
        return None


def _digits(value: pl.Expr, delivered: pl.DataType) -> pl.Expr:
    """Whole numbers as their digits alone; others with their fraction, by which they are known."""
    plain = value.cast(pl.String)
    if delivered.is_float():
        return pl.coalesce(
            _whole(value.cast(pl.Float64)).cast(pl.String),
            pl.when(plain.is_not_null()).then(pl.lit(FRACTION)),
        )
    return plain.str.replace(r"\.0*$", "") if delivered.is_decimal() else plain


def parse_values(
    given: pl.Expr, delivered: pl.DataType, wanted: pl.DataType, *, is_birth: bool
) -> pl.Expr:
    """Values of `mark_missing` as their type; null where they have no meaning as it."""
    is_text = delivered in _TEXTUAL
    if delivered == pl.Null:
        return given.cast(wanted)
    if wanted == pl.Date and (is_text or delivered.is_numeric()):
        return given.map_batches(
            partial(parse_days, is_birth=is_birth), return_dtype=pl.Date(), is_elementwise=True
        )
    if wanted == pl.Boolean and (is_text or delivered.is_numeric()):
        return (
            pl.when(given.is_in(list(TRUE)))
            .then(pl.lit(value=True))
            .when(given.is_in(list(FALSE)))
            .then(pl.lit(value=False))
        )
    if wanted.is_numeric() and is_text:
        return given.map_batches(
            partial(parse_numbers, is_whole=wanted.is_integer()),
            return_dtype=wanted,
            is_elementwise=True,
        )
    if wanted.is_integer() and not delivered.is_integer():
        return _whole(given.cast(pl.Float64))
    if wanted == pl.String and delivered.is_numeric():
        return pl.when(given.str.contains(".", literal=True).not_()).then(given)
    if wanted == pl.Date and isinstance(delivered, pl.Datetime) and delivered.time_zone:
        return (
            pl.when(_in_calendar(given, delivered)).then(given).dt.convert_time_zone(HOME).dt.date()
        )
    return given.cast(wanted, strict=False)


def _whole(number: pl.Expr) -> pl.Expr:
    return (
        pl.when((number == number.round()) & (number.abs() < EXACT))
        .then(number)
        .cast(pl.Int64, strict=False)
    )


def parse_numbers(given: pl.Series, *, is_whole: bool) -> pl.Series:
    """Numbers as text, typed."""
    wanted = pl.Int64 if is_whole else pl.Float64
    found = _finite(given.cast(wanted, strict=False))
    if found.null_count() == given.null_count():
        return found
    rest = pl.select(pl.when(found.is_null()).then(given)).to_series()
    grouped = pl.select(
        pl.when(rest.str.contains(GROUPED))
        .then(rest.str.replace_all(",", "", literal=True))
        .otherwise(rest)
    ).to_series()
    more = _finite(grouped.cast(pl.Float64, strict=False))
    if is_whole:
        more = pl.select(
            pl.coalesce(grouped.cast(pl.Int64, strict=False), _whole(pl.lit(more)))
        ).to_series()
    return pl.select(pl.coalesce(found, more)).to_series()


def _finite(number: pl.Series) -> pl.Series:
    return (
        pl.select(pl.when(number.is_finite()).then(number)).to_series()
        if number.dtype.is_float()
        else number
    )


def parse_days(given: pl.Series, *, is_birth: bool) -> pl.Series:
    """Days, from dates and timestamps given as text.

    Each spelling is tried only on what no spelling before it could read.
    """
    found, rest = _try(
        pl.Series(given.name, [None], dtype=pl.Date).new_from_index(0, len(given)),
        given,
        "%Y-%m-%d",
    )
    if rest is None:
        return found
    if rest.str.contains(":", literal=True).any():
        rest = rest.str.replace(MIDNIGHT, "")
        found, rest = _try(found, rest, "%Y-%m-%d")
    for spelling in DAYS:
        if rest is None:
            return found
        found, rest = _try(found, rest, spelling)
    return (
        found
        if rest is None
        else pl.select(pl.coalesce(found, _rare_days(rest, is_birth=is_birth))).to_series()
    )


def _rare_days(rest: pl.Series, *, is_birth: bool) -> pl.Series:
    found = pl.Series([None], dtype=pl.Date).new_from_index(0, len(rest))
    zoned = pl.select(
        pl.when(rest.str.contains(ZONE)).then(rest.str.replace(" ", "T", literal=True))
    ).to_series()
    for spelling in ZONED:
        moment = zoned.str.to_datetime(spelling, strict=False, time_zone="UTC")
        found = pl.select(
            pl.coalesce(found, moment.dt.convert_time_zone(HOME).dt.date())
        ).to_series()
    rest = pl.select(pl.when(found.is_null()).then(rest.str.replace(CLOCK, ""))).to_series()
    for spelling in ("%Y-%m-%d", *DAYS):
        found, _ = _try(found, rest, spelling)
    compact = pl.select(pl.when(rest.str.contains(COMPACT)).then(rest)).to_series()
    found, _ = _try(found, compact, "%Y%m%d")
    return pl.select(pl.coalesce(found, _short_years(rest, is_birth=is_birth))).to_series()


def _try(found: pl.Series, rest: pl.Series, spelling: str) -> tuple[pl.Series, pl.Series | None]:
    """What is found with one more spelling, and what is left without a meaning, if anything."""
    read = rest.str.to_date(spelling, strict=False)
    frame = pl.select(
        pl.coalesce(found, pl.when(pl.lit(read).is_between(EARLIEST, LATEST)).then(read)).alias(
            "found"
        )
    )
    found = frame.to_series()
    left = pl.select(pl.when(found.is_null()).then(rest)).to_series()
    return found, None if left.null_count() == len(left) else left


def _short_years(rest: pl.Series, *, is_birth: bool) -> pl.Series:
    last = LAST_SHORT_BIRTH_YEAR if is_birth else LAST_SHORT_YEAR
    short = pl.select(pl.when(rest.str.contains(SHORT_YEAR)).then(rest)).to_series()
    day = short.str.to_date("%d-%b-%y", strict=False)
    return pl.select(
        pl.when(day.dt.year() > last).then(day.dt.offset_by("-100y")).otherwise(day)
    ).to_series()
