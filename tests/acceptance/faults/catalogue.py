"""The catalogue of faults: all of them, what kinds of rule they break, and the page that lists
them.

Belongs here: putting the modules of faults together. Does not belong here: any fault.
`python -m tests.acceptance.faults.catalogue` writes the page anew.
"""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.faults import (
    amended,
    cells,
    days,
    delivered,
    forms,
    keys,
    links,
    named,
    shapes,
    wholes,
)
from tests.acceptance.faults.fault import Fault, Found

FAULTS: tuple[Fault, ...] = (
    *delivered.FAULTS,
    *named.FAULTS,
    *shapes.FAULTS,
    *cells.FAULTS,
    *days.FAULTS,
    *keys.FAULTS,
    *wholes.FAULTS,
    *amended.FAULTS,
    *links.FAULTS,
    *forms.FAULTS,
)
PAGE = Path(__file__).with_name("CATALOGUE.md")
BY_TEXT = (
    (" before ", "ordered_dates"),
    (" not in force on ", "in_force"),
    ("row fall", "row_history"),
    ("row growth", "row_history"),
    ("month", "coverage"),
    ("share of", "drift"),
    ("new code", "drift"),
    ("lost code", "drift"),
)
"""What stands in the name of a rule that says more than its kind."""


def kinds(fault: Fault) -> set[str]:
    """Kinds of rule (`data_contracts.rules.RULES`) that a fault breaks."""
    found = {_kind(each) for each in fault.found}
    if "in quarantine" in fault.blocked:
        found.add("held_back")
    if fault.gate == "row count":
        found.add("row_count")
    return found


def _kind(found: Found) -> str:
    if found.severity == "block" and found.rule in ("row fall", "reference"):
        return {"row fall": "collapse", "reference": "orphans"}[found.rule]
    return next((kind for text, kind in BY_TEXT if text in found.rule), found.rule)


def page() -> str:
    """The catalogue as a page: a table, one line a fault, by gate."""
    caught = [fault for fault in FAULTS if fault.gate != "form"]
    lines = [
        "# Catalogue of faults",
        "",
        f"{len(caught)} faults, each done to a clean made-up delivery and caught at its gate "
        "and nowhere else, with the count and the rows that it has; "
        f"and {len(FAULTS) - len(caught)} forms in which a delivery may come that are no faults. "
        "Written by `python -m tests.acceptance.faults.catalogue`; every line is a test.",
    ]
    for gate in dict.fromkeys(fault.gate for fault in FAULTS):
        lines += [
            "",
            f"## {gate[0].upper()}{gate[1:]}",
            "",
            "| fault | table | what | outcome | said |",
            "|---|---|---|---|---|",
        ]
        lines += [_line(fault) for fault in FAULTS if fault.gate == gate]
    return "\n".join(lines) + "\n"


def _line(fault: Fault) -> str:
    said = [
        f"{found.table + ' ' if found.table else ''}{found.column} {found.rule}".strip()
        for found in fault.found
    ]
    return (
        f"| {fault.name} | {fault.table} | {fault.what} | {fault.outcome} | {'; '.join(said)} |"
    ).replace("  ", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
