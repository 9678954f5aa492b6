"""One named fault: what it is, what it is done to, and what must be said of it at which gate.

Belongs here: the form of a record of the catalogue. Does not belong here: any fault, and how
deliveries pass the gates (door).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from data_contracts.rules import Severity
from tests.acceptance.faults.draft import Draft

Gate = Literal[
    "manifest",
    "tables",
    "digests",
    "file",
    "columns",
    "shape",
    "type",
    "null",
    "code",
    "in force",
    "pattern",
    "length",
    "range",
    "order of dates",
    "key",
    "quarantined rows",
    "reference",
    "row count",
    "row history",
    "coverage",
    "drift",
    "supplement",
    "delivered links",
    "form",
]
"""Where a fault is meant to be caught. `form`: nowhere, since a delivery may come so; what is
staged is the same.
"""
Change = Callable[[Draft], Sequence[int]]
"""Spoils a delivery and says which rows of the spoiled file are no longer the clean ones, by
number, from 1.
"""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding that a fault must cause; everything else must be as it was."""

    rule: str
    column: str = ""
    severity: Severity = "quarantine"
    rows: int | Callable[[Draft], int]
    """How many; or how to count them in the spoiled delivery."""
    table: str = ""
    """The fault's own unless stated."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault with what must come of it."""

    name: str
    what: str
    """For people; no value of any person."""
    gate: Gate
    table: str
    change: Change
    rows: int | None = None
    """How many rows of the delivered table are no longer the clean ones, where that is the same
    whatever the clean rows are.
    """
    found: tuple[Found, ...] = ()
    held: int = 0
    """Rows that quarantine must hold: just those that were spoiled, by file and number; of repeats,
    one of each two.
    """
    file: str = ""
    """End of the name of the file that those rows are in, where the table has several."""
    removed: int = 0
    replaced: int = 0
    blocked: str = ""
    """Pattern of the one line that blocks the run."""
    refused: str = ""
    """Pattern of the error that refuses the table or the delivery."""
    linked: bool = False
    """The clean delivery has links too."""

    @property
    def outcome(self) -> str:
        """In one word."""
        if self.refused:
            return "refused"
        if self.blocked or any(found.severity == "block" for found in self.found):
            return "blocked"
        if self.held:
            return "quarantined"
        return "removed" if self.removed else "warned of" if self.found else "read as it is"

    @property
    def touched(self) -> frozenset[str]:
        """Tables of which something must be said."""
        return frozenset({self.table, *(found.table for found in self.found if found.table)})
