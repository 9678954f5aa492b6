"""Days on which the codes of a list are in force, for lists that have `valid_from` and `valid_to`.

Belongs here: reading those days. Does not belong here: which columns are held against them, and on
which of their dates (the contracts).
"""

from __future__ import annotations

import csv
from datetime import date
from functools import cache

from data_contracts.fields import CODES


@cache
def in_force(codes: str) -> dict[str, tuple[date | None, date | None]]:
    """First and last day of each code of a list, where the list has such days.

    A day is None where the period is open. The result is empty for a list without dates.
    """
    with (CODES / f"{codes}.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    if not {"valid_from", "valid_to"} <= set(header):
        return {}
    first, last = header.index("valid_from"), header.index("valid_to")
    days = {row[0]: (_day(row[first]), _day(row[last])) for row in rows}
    return {code: between for code, between in days.items() if any(between)}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
