"""The registry of contract tables, and pandera's findings as reasons without values.

Belongs here: finding contracts, running them at full depth, naming rules. Does not belong here: any
rule (data_contracts) and any file (land_table).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

import data_contracts
from data_contracts.fields import CODES, Column, TableFacts, columns, facts
from data_contracts.rules import RULES


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
        rules = [("row", "shape")]
        for name, column in self.model.to_schema().columns.items():
            rules.append((name, "type"))
            if not column.nullable:
                rules.append((name, "not_nullable"))
            rules += [(name, str(check.name)) for check in column.checks]
        return rules

    @property
    def flags(self) -> list[tuple[str, str, str]]:
        """Every flag as (name, earlier column, later column)."""
        return [
            (f"{later} before {earlier}", earlier, later)
            for earlier, later in self.facts.ordered_dates
        ]

    @property
    def dated_codes(self) -> list[tuple[str, str, str]]:
        """Every flag of a code that stands outside its days, as (name, column, date column)."""
        dated = [
            (name, column.dated_by) for name, column in self.columns.items() if column.dated_by
        ]
        return [(f"{name} not in force on {day}", name, day) for name, day in dated]


@cache
def list_contracts() -> dict[tuple[str, str], Contract]:
    """Every contract by source and table, in the order of sources and tables in data_contracts."""
    contracts = [Contract(model) for model in data_contracts.tables()]
    return {(contract.facts.source, contract.facts.name): contract for contract in contracts}


def required_tables() -> list[tuple[str, str]]:
    """Source and table of everything that a delivery must have."""
    return [name for name, contract in list_contracts().items() if contract.facts.required]


@cache
def lookup_families() -> dict[str, str]:
    """Key family by which a delivered lookup names the records of each dataset, by dataset code.

    The dataset codes are those of the code list `source_datasets`.
    """
    families = {}
    for contract in list_contracts().values():
        if contract.facts.record_of_person:
            by = contract.facts.lookup_key
            families[contract.facts.source] = (
                (contract.columns[by].family or "") if by else contract.record_family
            )
    codes = pl.read_csv(CODES / "source_datasets.csv", infer_schema=False)
    return {
        code: families[source]
        for code, source in codes.select("code", "source_name").iter_rows()
        if source in families
    }


def find_broken_rules(contract: Contract, rows: pl.DataFrame) -> dict[tuple[str, str], pl.Series]:
    """Run a contract over typed rows at full depth.

    The contract's own checks judge, as pandera runs them, each over its whole column at once:
    pandera's list of failure cases says the same, but takes a kilobyte and three microseconds a
    case, and a damaged delivery has millions.

    Args:
        contract: the table's contract.
        rows: typed columns of the contract.

    Returns:
        For each (column, rule) that any row breaks, in contract order: which rows do. No values.
    """
    cells = rows.select(list(contract.types))
    _check_shape(contract, tuple(cells.schema.items()))
    found = {}
    for name, column in contract.model.to_schema().columns.items():
        cell = cells.select(name)
        if not column.nullable:
            found[name, "not_nullable"] = cell[name].is_null() | _is_nan(cell[name])
        for check in column.checks:
            passed: pl.DataFrame = check(cell.lazy(), name).check_output.collect()
            found[name, str(check.name)] = passed.to_series().not_()
    return {rule: rows_of_it for rule, rows_of_it in found.items() if rows_of_it.any()}


@cache
def _check_shape(contract: Contract, types: tuple[tuple[str, pl.DataType], ...]) -> None:
    """Check the names and types of a table's columns with pandera.

    This is done once, since all batches of a table are read alike.
    """
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_ONLY):
        try:
            contract.model.validate(pl.DataFrame(schema=dict(types)), lazy=True)
        except SchemaErrors as errors:
            what = sorted(set(errors.failure_cases["check"].str.split("(").list.first()))
            raise RuntimeError(
                f"{contract.name}: "
                f"the contract failed as a whole ({what}), which typed reading must prevent"
            ) from None


def _is_nan(cell: pl.Series) -> pl.Series:
    """Not a number counts as missing, as pandera has it."""
    return (
        cell.is_nan().fill_null(value=False)
        if cell.dtype.is_float()
        else pl.repeat(value=False, n=len(cell), eager=True)
    )


def describe_reason(column: str, rule: str) -> str:
    """One line for people: which column breaks which rule."""
    if rule.startswith(f"{column} "):
        return rule  # a flag names its columns itself
    return f"{column} {RULES[rule].reason if rule in RULES else rule}"
