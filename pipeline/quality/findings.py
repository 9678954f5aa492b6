"""What a rule over a whole table or over time finds, and the statistics that such rules share.

Belongs here: the form of such a finding; whether two counts or shares differ by more than chance.
Does not belong here: any tolerance (data_contracts.expectations) and any rule (coverage, drift,
references).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.rules import Severity

MAX_NAMED = 6
"""Months or codes that a text names; the tables beside it have all."""


@dataclass(frozen=True, kw_only=True)
class TableFinding:
    """One thing that a table as a whole breaks; no value in it but codes of code lists."""

    table: str
    column: str
    rule: str
    severity: Severity
    rows: int
    text: str
    """For people."""
    advice: str = ""
    """What can be done."""


def name_finding(things: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = len(things) - MAX_NAMED
    return ", ".join(things[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
