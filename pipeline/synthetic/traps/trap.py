"""What a trap is: something in the delivery that misleads whoever takes it literally.

It comes with the way to count it.

Belongs here: the form of an entry. Does not belong here: any trap (the modules beside this one).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

Tables = Mapping[tuple[str, str], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Trap:
    """A trap in one table."""

    name: str
    source: str
    table: str
    what: str
    told: str
    """Where the domain documents it.
    This is its trap by number, a dataset's own statement, or a public system's behaviour.
    """
    rate: float
    """Approximate share of the table's rows that carry it; 0 for what must not be looked for.
    What has 0 is not there.
    """
    found: pl.Expr | Callable[[Tables], int]
    """Counts it: an expression that says which rows, or how many; or a function of all tables.
    Counts add up over towns.
    """

    @property
    def absent(self) -> bool:
        """Whether the trap is that something is not there."""
        return self.rate == 0.0
