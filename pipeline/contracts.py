"""The registry of contract tables, and what pandera says of a frame, turned into reasons without values.

Belongs here: finding contracts, running them at full depth, naming rules. Does not belong here: any rule (data_contracts)
and any file (landing).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

import data_contracts
from data_contracts.fields import CODES, Column, TableFacts, columns, facts

Severity = Literal["block", "quarantine", "warn"]

REASONS = {
    "type": "cannot be read as its type",
    "not_nullable": "is missing",
    "isin": "is not in the code list",
    "str_matches": "does not have the right pattern",
    "str_length": "is too short or too long",
    "greater_than_or_equal_to": "is below the least plausible value",
    "less_than_or_equal_to": "is above the greatest plausible value",
}
"""What each rule says to people; never with the value."""


@dataclass(frozen=True)
class Contract:
    """One table's contract, ready to use."""

    model: type[pa.DataFrameModel]

    @property
    def facts(self) -> TableFacts:
        """What holds for the whole table."""
        return facts(self.model)

    @property
    def columns(self) -> dict[str, Column]:
        """What holds for each column, in contract order."""
        return columns(self.model)

    @property
    def name(self) -> str:
        """`<source>.<table>`."""
        return f"{self.facts.source}.{self.facts.name}"

    @property
    def types(self) -> dict[str, pl.DataType]:
        """Polars type of each column."""
        return {name: column.dtype.type for name, column in self.model.to_schema().columns.items()}

    @property
    def required_columns(self) -> list[str]:
        """Columns that a delivery must have."""
        return [name for name, column in self.columns.items() if column.required]

    @property
    def is_lookup(self) -> bool:
        """The table replaces a step of ours: it goes to the identity side only."""
        return self.facts.source in data_contracts.LOOKUPS

    @property
    def record_family(self) -> str:
        """Key family of the pseudonyms of the table's records."""
        parts = self.facts.key
        return self.columns[parts[0]].family or "" if len(parts) == 1 else f"{self.name} record"

    @property
    def row_rules(self) -> list[tuple[str, str]]:
        """Every (column, rule) that can hold a row back."""
        rules = []
        for name, column in self.model.to_schema().columns.items():
            rules.append((name, "type"))
            if not column.nullable:
                rules.append((name, "not_nullable"))
            rules += [(name, str(check.name)) for check in column.checks]
        return rules

    @property
    def flags(self) -> list[tuple[str, str, str]]:
        """Every flag as (name, earlier column, later column)."""
        return [(f"{later} before {earlier}", earlier, later) for earlier, later in self.facts.ordered_dates]


@cache
def registry() -> dict[tuple[str, str], Contract]:
    """Every contract by source and table, in the order of sources and tables in data_contracts."""
    contracts = [Contract(model) for model in data_contracts.tables()]
    return {(contract.facts.source, contract.facts.name): contract for contract in contracts}


def required_tables() -> list[tuple[str, str]]:
    """Source and table of everything that a delivery must have."""
    return [name for name, contract in registry().items() if contract.facts.required]


@cache
def lookup_families() -> dict[str, str]:
    """Key family by which a delivered lookup names the records of each dataset, by code of `source_datasets`."""
    families = {}
    for contract in registry().values():
        if contract.facts.record_of_person:
            by = contract.facts.lookup_key
            families[contract.facts.source] = (contract.columns[by].family or "") if by else contract.record_family
    codes = pl.read_csv(CODES / "source_datasets.csv", infer_schema=False)
    return {code: families[source] for code, source in codes.select("code", "source_name").iter_rows() if source in families}


def failures(contract: Contract, frame: pl.LazyFrame) -> pl.DataFrame:
    """Run a contract over a typed frame at full depth.

    Args:
        contract: the table's contract.
        frame: typed columns of the contract, rows in the order of `_row`.

    Returns:
        One row per broken rule and row: `_row` (Int64), `column_name`, `rule`. No values.
    """
    schema = {"_row": pl.Int64, "column_name": pl.String, "rule": pl.String}
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            contract.model.validate(frame.select(list(contract.types)), lazy=True).select(pl.len()).collect()
        except SchemaErrors as errors:
            cases: pl.DataFrame = errors.failure_cases
        else:
            return pl.DataFrame(schema=schema)
    broken = cases.filter(pl.col("index").is_null())
    if broken.height:
        what = sorted(set(broken["check"].str.split("(").list.first()))
        raise RuntimeError(f"{contract.name}: the contract failed as a whole ({what}), which typed reading must prevent")
    rule = pl.col("check").str.split("(").list.first()
    return cases.select(pl.col("index").cast(pl.Int64).alias("_row"), pl.col("column").alias("column_name"), rule.alias("rule"))


def reason(column: str, rule: str) -> str:
    """One line for people: which column breaks which rule."""
    return f"{column} {REASONS.get(rule, rule)}"
