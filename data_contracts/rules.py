"""Kinds of rule that a contract can hold.

Each kind says how severe a breach is, what people are told, and which quality dimension it
concerns.

Belongs here: what is true of a kind of rule in every table. Does not belong here: any table's
rules, and anything that reads data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["block", "quarantine", "warn"]
"""`block`: nothing of the delivery is taken in.
`quarantine`: the row is quarantined.
`warn`: the row is kept and counted.
"""

Dimension = Literal[
    "accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"
]
"""What a rule is a matter of, in the words of the Open Data Contract Standard."""


@dataclass(frozen=True)
class Rule:
    """A kind of rule."""

    severity: Severity
    reason: str
    """What a breach says to people, after the name of the column; never with the value."""
    dimension: Dimension


RULES: dict[str, Rule] = {
    "shape": Rule("quarantine", "cannot be cut into the fields of the header", "conformity"),
    "type": Rule("quarantine", "cannot be read as its type", "conformity"),
    "not_nullable": Rule("quarantine", "is missing", "completeness"),
    "isin": Rule("quarantine", "is not in the code list", "conformity"),
    "str_matches": Rule("quarantine", "does not have the right pattern", "conformity"),
    "str_length": Rule("quarantine", "is too short or too long", "conformity"),
    "greater_than_or_equal_to": Rule(
        "quarantine", "is below the least plausible value", "accuracy"
    ),
    "less_than_or_equal_to": Rule(
        "quarantine", "is above the greatest plausible value", "accuracy"
    ),
    "in_force": Rule("warn", "holds a code that was not in force on its day", "timeliness"),
    "reference": Rule("warn", "refers to a row that was not delivered", "consistency"),
    "orphans": Rule(
        "block",
        "refers to rows that were not delivered more often than the contract allows",
        "consistency",
    ),
    "ordered_dates": Rule("warn", "comes before a day that it should follow", "consistency"),
    "unique": Rule("block", "is that of another row already", "uniqueness"),
    "held_back": Rule(
        "block", "has more quarantined rows than the contract allows", "completeness"
    ),
    "row_count": Rule("block", "has another number of rows than the manifest says", "completeness"),
    "row_history": Rule(
        "warn", "has far fewer or far more rows than the delivery before", "coverage"
    ),
    "collapse": Rule(
        "block", "has lost more rows since the delivery before than life explains", "coverage"
    ),
    "coverage": Rule("warn", "has months without rows or with too few", "coverage"),
    "drift": Rule(
        "warn",
        "has other shares of missing values or of codes than the delivery before",
        "consistency",
    ),
}
"""Every kind of rule by name; rules of columns bear the name of pandera's check."""
