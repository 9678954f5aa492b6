"""What readers and suppliers rely on in every contract, as plain facts.

These facts can be kept and compared with a later state.

Belongs here: which facts of a contract count, and how they are kept. Does not belong here: which
change of a fact breaks somebody (`changes`). Prose is left out: nobody's work breaks by a better
sentence.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.exports.contract_model import NOTICE, DescribedColumn, DescribedTable
from pipeline.exports.json_text import as_json

Facts = dict[str, Any]

COLUMN_FACTS = (
    "privacy",
    "role",
    "family",
    "family_by",
    "to",
    "dated_by",
    "unit",
    "identifier",
    "required",
)
"""Facts that are kept as the contract states them.
`keeps` is part of `payload`. `codes` are kept with their values. `orphan_tolerance` is kept where
the column is a reference.
"""

COLUMN_ASIDE = {
    "confidence": "says how sure we are of a name",
    "links": "is our own use of the column",
}
"""Facts of a column that nobody outside relies on."""

TABLE_ASIDE = {"source": "is part of the table's name", "name": "is the table's name"}
"""Facts of a table that are not kept beside its name."""


@dataclass(frozen=True)
class Baseline:
    """The contracts at one moment."""

    versions: dict[str, str]
    """By source."""
    tables: dict[str, Facts]
    """By `source.table`."""
    columns: dict[str, dict[str, Facts]]
    """By `source.table`, then by column."""
    code_lists: dict[str, list[str]]
    """Codes by list, of the lists by which a column is judged."""

    def codes(self, fact: str | None) -> list[str] | None:
        """Values of the list that a column names, or none if it names none."""
        return None if fact is None else self.code_lists[fact]


def build_baseline(tables: Sequence[DescribedTable]) -> Baseline:
    """The contracts as they are now."""
    lists = {
        column.contract.codes: list(column.codes)
        for table in tables
        for column in table.columns
        if column.codes
    }
    return Baseline(
        versions={table.facts.source: table.version for table in tables},
        tables={_name(table): _table(table) for table in tables},
        columns={
            _name(table): {column.name: _column(column) for column in table.columns}
            for table in tables
        },
        code_lists={str(name): lists[name] for name in sorted(lists, key=str)},
    )


def baseline_json(tables: Sequence[DescribedTable]) -> str:
    """`baseline.json`: the contracts as they are now, a line a column and a line a code list."""
    return as_json({"notice": NOTICE} | asdict(build_baseline(tables)), depth=3)


def read_baseline(text: str) -> Baseline:
    """The contracts as a kept file has them."""
    kept = json.loads(text)
    return Baseline(
        versions=kept["versions"],
        tables=kept["tables"],
        columns=kept["columns"],
        code_lists=kept["code_lists"],
    )


def _name(table: DescribedTable) -> str:
    return f"{table.facts.source}.{table.facts.name}"


def _table(table: DescribedTable) -> Facts:
    stated = {name: value for name, value in asdict(table.facts).items() if name not in TABLE_ASIDE}
    facts: Facts = json.loads(
        json.dumps(stated, default=str)
    )  # tuples become lists and days text, as in a file that was read
    return facts


def _column(column: DescribedColumn) -> Facts:
    facts = {"type": column.type, "nullable": column.nullable, "payload": column.payload}
    facts |= {name: getattr(column.contract, name) for name in COLUMN_FACTS}
    facts["orphan_tolerance"] = (
        column.contract.orphan_tolerance if column.contract.role == "reference" else None
    )
    facts |= {"codes": column.contract.codes if column.codes else None, **column.checks}
    return {name: value for name, value in facts.items() if value is not None}
