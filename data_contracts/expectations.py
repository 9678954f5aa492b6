"""What a contract expects of a whole table and over time.

It covers the months that must have rows, and row counts and shares against the last accepted
delivery.

Belongs here: tolerances, each declared once, with the meaning of each. Does not belong here: rules
of a row (fields), and anything that counts or compares. Every comparison needs two things before it
warns: a difference larger than chance, at a strict level, and one large enough to matter. The first
keeps small deliveries quiet, the second national ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Rows of every month of the manifest's window, by one date column; only warns.

    A warning never holds rows back.
    """

    by: str
    """The date column by which the extract is cut."""
    since: date | None = None
    """Months before are not judged: the law or the cohort brings no or few rows as yet."""
    thins_from: date | None = None
    """Known of the source: from here on, months may be thin.
    The coverage table names them, and they are no warning.
    """
    thin_share: float = 0.75
    """A month at the end of the window is thin if it has less than this share of a usual month."""
    quiet_share: float = 0.2
    """The quietest month that life brings (courts in spring 2020), as a share of a usual one.
    A month without rows is a gap when even such a quiet month would have had rows.
    """
    level: float = 1e-6
    """Chance of a warning where nothing is wrong, for one month."""


@dataclass(frozen=True, kw_only=True)
class RowHistory:
    """Rows delivered, against the newest accepted delivery of an earlier extract date."""

    fall: float = 0.10
    """A larger fall, as a share of the rows then, warns."""
    collapse: float = 0.50
    """A larger fall blocks."""
    growth: float = 0.25
    """A larger growth warns."""
    level: float = 1e-9
    """Chance of a finding where nothing is wrong."""
    clustering: float = 4.0
    """Rows of one person come and go together, so a count of rows has a larger variance.
    This is the variance as a multiple of that of as many single events.
    """


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Shares of nulls and of codes, against an earlier accepted delivery; only warns.

    The comparison is with the newest accepted delivery of an earlier extract date. A warning never
    holds rows back.
    """

    null_effect: float = 0.10
    """Least difference of two shares of nulls that warns, as Cohen's h.
    0.10 is 10% against 13.2%, 50% against 55%, none against 0.25%.
    """
    code_effect: float = 0.10
    """Least difference of two shares of a code among known values that warns, as Cohen's h."""
    new_code_share: float = 0.001
    """A code that one delivery has and the other lacks warns from this share of known values on."""
    level: float = 1e-9
    """Chance of a warning where nothing is wrong, for one share; a delivery has thousands."""
    clustering: float = 4.0
    """Rows of one person are alike, so a share has a larger variance.
    This is the variance as a multiple of that among as many people with one row each.
    """


ROW_HISTORY = RowHistory()
DRIFT = Drift()
"""What holds unless a contract says otherwise."""
