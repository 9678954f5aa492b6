"""The data dictionary of the delivered tables, one line per column.

It is written for people (Markdown) and for spreadsheets (CSV).

Belongs here: how a contract reads to a person. Does not belong here: released tables, which carry
their own descriptions, and the layout of the HTML page (`dictionary_page`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from pipeline.exports.contract_model import (
    NOTICE,
    DescribedColumn,
    DescribedTable,
    Place,
    find_reference_targets,
)

LISTED = 12
"""A code list up to this long is written out; a longer one is named."""

Entry = dict[str, str]

SHOWN = {
    "column": "column",
    "type": "type",
    "nullable": "null",
    "column_required": "must come",
    "values": "values",
    "unit": "unit",
    "description": "description",
    "privacy": "privacy",
    "key_or_reference": "key",
    "confidence": "sure",
    "payload_holds": "payload",
}
"""Fields of an entry that pages show, and what stands over each."""


def dictionary_csv(tables: Sequence[DescribedTable]) -> str:
    """One row per column of a delivered table.

    CSV has no comments, so this file alone has no notice.
    """
    written = io.StringIO()
    entries = [
        describe_entry(table, column, find_reference_targets(tables))
        for table in tables
        for column in table.columns
    ]
    lines = csv.DictWriter(written, fieldnames=list(entries[0]), lineterminator="\n")
    lines.writeheader()
    lines.writerows(entries)
    return written.getvalue()


def dictionary_md(tables: Sequence[DescribedTable]) -> str:
    """The same as pages: one heading a table, with grain and quirks, then its columns."""
    parts = [
        f"<!-- {NOTICE} -->",
        "# Data dictionary of the delivered tables",
        "",
        *(f"- {line}" for line in write_legend()),
    ]
    for source in dict.fromkeys(table.facts.source for table in tables):
        parts += ["", f"## {source}"]
        for table in tables:
            if table.facts.source == source:
                parts += ["", *_page(table, find_reference_targets(tables))]
    return "\n".join(parts) + "\n"


def write_legend() -> list[str]:
    """What the words of the dictionary mean, one line each."""
    return [
        (
            "Null: whether the value may be missing. "
            "Must come: whether every delivery must have the column."
        ),
        (
            "Privacy: direct names a person or a record and never leaves the identity side "
            "(keys and references go on as keyed pseudonyms, a birth date as its year); "
            "quasi singles out in combination; "
            "sensitive is special category or criminal detail; plain is neither."
        ),
        (
            "Sure: P published name, S source system's name, I inferred. "
            "Payload: what is left of the column after de-identification."
        ),
    ]


def table_facts(table: DescribedTable) -> list[str]:
    """What holds for the whole table, one line each; its grain and quirks stand beside."""
    facts = table.facts
    presence = "Required." if facts.required else "Optional: an absent table is an empty one."
    person = (
        " Each row is a record that linkage assigns to a person." if facts.record_of_person else ""
    )
    ordered = [
        f"{later} before {earlier}: the row is flagged and kept."
        for earlier, later in facts.ordered_dates
    ]
    return [f"{presence} Key: {', '.join(facts.key)}.{person}", *ordered]


def _page(table: DescribedTable, targets: dict[Place, Place]) -> list[str]:
    first, *ordered = table_facts(table)
    page = [f"### {table.facts.source}.{table.facts.name}", "", table.grain, "", first]
    page += [f"- {line}" for line in [*table.quirks, *ordered]]
    page += ["", f"| {' | '.join(SHOWN.values())} |", f"|{'---|' * len(SHOWN)}"]
    entries = [describe_entry(table, column, targets) for column in table.columns]
    return page + [f"| {' | '.join(_cell(one[name]) for name in SHOWN)} |" for one in entries]


def describe_entry(
    table: DescribedTable, column: DescribedColumn, targets: dict[Place, Place]
) -> Entry:
    """A column as a line of the dictionary."""
    contract = column.contract
    return {
        "source": table.facts.source,
        "table": table.facts.name,
        "column": column.name,
        "type": column.type,
        "nullable": "yes" if column.nullable else "no",
        "column_required": "yes" if contract.required else "no",
        "values": _values(column),
        "code_list": contract.codes or "",
        "unit": contract.unit or "",
        "description": column.description,
        "privacy": contract.privacy,
        "key_or_reference": _key(table, column, targets),
        "identifier": contract.identifier or "",
        "used_to_link": "yes" if contract.links or contract.identifier else "no",
        "payload_holds": column.payload,
        "confidence": contract.confidence,
        "table_grain": table.grain,
        "table_quirks": " ".join(table.quirks),
    }


def _values(column: DescribedColumn) -> str:
    codes, checks = column.codes, column.checks
    if codes:
        named = f"codes/{column.contract.codes}.csv"
        return (
            f"{'; '.join(codes)} ({named})"
            if len(codes) <= LISTED
            else f"{len(codes)} codes of {named}"
        )
    if "least" in checks or "most" in checks:
        return f"{checks.get('least', '')} to {checks.get('most', '')}"
    if "pattern" in checks:
        return f"matches {checks['pattern']}"
    return f"{checks['shortest']} to {checks['longest']} characters" if "longest" in checks else ""


def _key(table: DescribedTable, column: DescribedColumn, targets: dict[Place, Place]) -> str:
    if column.name in table.facts.key:
        return (
            "key"
            if len(table.facts.key) == 1
            else f"key, part {table.facts.key.index(column.name) + 1} of {len(table.facts.key)}"
        )
    if column.contract.role != "reference":
        return ""
    target = targets.get((table.facts.source, table.facts.name, column.name))
    return (
        f"refers to {'.'.join(target)}"
        if target
        else f"refers to {column.contract.family}, of which there is no table"
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
