"""What each delivery was like, in counts: rows, rows by month, nulls by column, rows by code.

The counts are kept once the delivery is accepted.

Belongs here: counting, and the history of accepted deliveries in the registry. Does not belong
here: what is too much or too little (coverage, drift, references). Counts alone are kept, and no
value but codes of code lists.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from pipeline.contracts.registry import Contract
from pipeline.delivery.manifest import Delivery
from pipeline.landing.row_ledger import TableLedger
from pipeline.settings import Settings
from pipeline.storage import make_folder, open_database, quote_literal, replace_file, replace_folder
from pipeline.workspace import Build

FACTS: dict[str, type[pl.DataType]] = {
    "source": pl.String,
    "table_name": pl.String,
    "fact": pl.String,
    "column_name": pl.String,
}
FACTS |= {"value": pl.String, "rows": pl.Int64}
"""One count.

`fact` is `rows` (value: one of `PLACES`), `month` (value: YYYY-MM of the coverage column), `null`
(no value) or `code` (value: the code).
"""
PLACES = ("delivered", "staged", "quarantined", "duplicates_removed", "replaced")
STATED = ("delivery_id", "extract_date", "synthetic", "delivery_digest", "release_id")
"""What is kept of a release's manifest."""
DELIVERY, PROFILE, NAME = "delivery.json", "profile", "facts.parquet"

Fact = tuple[str, str, str | None, int]


@dataclass(frozen=True)
class Accepted:
    """A delivery of which a release was published."""

    delivery_id: str
    extract_date: date
    synthetic: bool
    folder: Path

    def facts(self) -> pl.DataFrame:
        """Its counts, of all tables."""
        return pl.read_parquet(self.folder / NAME)

    def __str__(self) -> str:
        """As people call it."""
        return f"delivery [{self.delivery_id}] of {self.extract_date}"


def measure_profile(
    contract: Contract, entry: TableLedger, build: Build, settings: Settings
) -> pl.DataFrame:
    """The counts of what landed of a table (columns as `FACTS`).

    They are also written beside the build's ledger.
    """
    sides = [
        folder / contract.facts.source / f"{contract.facts.name}.parquet"
        for folder in (build.staged, build.identity)
    ]
    found: list[Fact] = [("rows", "", place, getattr(entry, place)) for place in PLACES]
    nulls = [_nulls(side) for side in sides if side.is_file()]
    found += [
        ("null", name, None, rows) for name, rows in _by_contract_name(contract, nulls).items()
    ]
    if sides[0].is_file():
        found += _groups(contract, sides[0], settings, build.spill / "profile")
    table = [(contract.facts.source, contract.facts.name, *fact) for fact in found]
    facts = pl.DataFrame(table, schema=FACTS, orient="row").sort(
        "fact", "column_name", "value", nulls_last=True
    )
    with replace_file(build.profile / f"{contract.name}.parquet") as partial:
        facts.write_parquet(partial)
    return facts


def _nulls(path: Path) -> dict[str, int]:
    """Number of nulls in each column, from the statistics in the file's footer.

    No data are read.
    """
    footer = pq.ParquetFile(path).metadata
    nulls: Counter[str] = Counter(dict.fromkeys(footer.schema.to_arrow_schema().names, 0))
    for group in (footer.row_group(number) for number in range(footer.num_row_groups)):
        for column in (group.column(number) for number in range(group.num_columns)):
            if column.statistics is None or not column.statistics.has_null_count:
                raise RuntimeError(
                    f"a file that landing wrote has no count of nulls for [{column.path_in_schema}]"
                )
            nulls[column.path_in_schema] += column.statistics.null_count
    return dict(nulls)


def _by_contract_name(contract: Contract, sides: Sequence[dict[str, int]]) -> dict[str, int]:
    """The sides' columns under the contract's names, identifiers too, in contract order."""
    found: dict[str, int] = {}
    for name, column in contract.columns.items():
        for side in sides:
            landed = name if name in side else column.identifier or ""
            if landed in side:
                found.setdefault(name, side[landed])
    return found


def _groups(contract: Contract, staged: Path, settings: Settings, spill: Path) -> list[Fact]:
    """Rows by month and by code, one column after another, so that only one column is in memory."""
    coverage = contract.facts.coverage
    months = [("month", coverage.by, f"strftime({coverage.by}, '%Y-%m')")] if coverage else []
    codes = [
        ("code", name, name)
        for name, column in contract.columns.items()
        if column.codes and column.privacy != "direct"
    ]
    found: list[Fact] = []
    with open_database(config=settings.duckdb(spill)) as database:
        for fact, name, value in months + codes:
            grouped = (
                f"select {value}, count(*) "
                f"from read_parquet({quote_literal(staged)}) "
                f"where {name} is not null "
                "group by 1 order by 1"
            )
            found += [
                (fact, name, text, rows) for text, rows in database.execute(grouped).fetchall()
            ]
    return found


def remember_profile(build: Build, manifest: Mapping[str, Any], registry: Path) -> Path:
    """The folder of the counts of a delivery whose release is out, kept once a delivery.

    Args:
        build: whose counts they are.
        manifest: of the release, which says which delivery it was made from.
        registry: folder of the registry.
    """
    kept = registry / "deliveries" / str(manifest["delivery_id"]) / PROFILE
    tables = sorted(build.profile.glob("*.parquet"))
    stated = {name: manifest[name] for name in STATED}
    make_folder(registry, mode=0o700)
    with replace_folder(kept, mode=0o700) as partial:
        pl.concat([pl.read_parquet(path) for path in tables]).write_parquet(partial / NAME)
        (partial / DELIVERY).write_text(json.dumps(stated, indent=2) + "\n", encoding="utf-8")
    return kept


def list_accepted(registry: Path) -> list[Accepted]:
    """Every accepted delivery, oldest extract first."""
    found = []
    for path in sorted((registry / "deliveries").glob(f"[!.]*/{PROFILE}/{DELIVERY}")):
        stated = json.loads(path.read_text(encoding="utf-8"))
        day = date.fromisoformat(stated["extract_date"])
        found.append(Accepted(stated["delivery_id"], day, stated["synthetic"], path.parent))
    return sorted(found, key=lambda one: (one.extract_date, one.delivery_id))


def find_former(registry: Path, delivery: Delivery) -> Accepted | None:
    """The newest accepted delivery of an earlier extract date.

    Synthetic deliveries and real ones are never compared.
    """
    earlier = [
        one
        for one in list_accepted(registry)
        if one.extract_date < delivery.extract_date and one.synthetic == delivery.synthetic
    ]
    return earlier[-1] if earlier else None
