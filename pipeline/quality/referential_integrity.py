"""Orphans, counted over the staged tables: rows that refer to a row which is not there.

Orphans are kept, since sources are loose about references, and block beyond a share.

Belongs here: which column refers to which table, and counting orphans. Does not belong here:
tolerances (data_contracts).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.contracts.registry import Contract, list_contracts
from pipeline.landing.row_ledger import RuleCount
from pipeline.landing.staged_files import find_staged_file
from pipeline.quality.findings import TableFinding
from pipeline.settings import Settings
from pipeline.storage import open_database, quote_literal
from pipeline.workspace import Build


@dataclass(frozen=True)
class Reference:
    """A column whose values should be those of a column of another table."""

    contract: Contract
    column: str
    to: Contract
    to_column: str

    @property
    def tolerance(self) -> float:
        """Largest share of rows that may be orphans."""
        return self.contract.columns[self.column].orphan_tolerance


@dataclass(frozen=True)
class Orphans:
    """Rows of a table whose reference leads nowhere."""

    reference: Reference
    rows: int
    orphans: int

    @property
    def rule(self) -> RuleCount:
        """For the ledger."""
        facts = self.reference.contract.facts
        return RuleCount(
            source=facts.source,
            table_name=facts.name,
            column_name=self.reference.column,
            rule=f"{self.reference.column} leads to no row of {self.reference.to.name}",
            severity="block" if self.is_too_many else "warn",
            rows_failed=self.orphans,
            rows_checked=self.rows,
        )

    @property
    def is_too_many(self) -> bool:
        """More than the contract tolerates."""
        return self.orphans > self.reference.tolerance * self.rows

    @property
    def finding(self) -> TableFinding | None:
        """What the contract says of it; nothing where every reference has its row."""
        if not self.orphans:
            return None
        reference = self.reference
        limit = (
            f", more than the tolerated share of {reference.tolerance:.0%}"
            if self.is_too_many
            else ""
        )
        return TableFinding(
            table=reference.contract.name,
            column=reference.column,
            rule="reference",
            severity="block" if self.is_too_many else "warn",
            rows=self.orphans,
            text=(
                f"{reference.column} leads to no row of {reference.to.name} in {self.orphans:,} of "
                f"{self.rows:,} rows{limit}"
            ),
            advice=f"deliver the rows of {reference.to.name} that are missing",
        )


def list_references(contract: Contract) -> list[Reference]:
    """The references of a table that can be checked against a table, in contract order.

    A lookup has none, since lookups are not staged.
    """
    return [] if contract.is_lookup else list(_references(contract))


def _references(contract: Contract) -> Iterator[Reference]:
    for name, column in contract.columns.items():
        if column.role == "reference" and column.family:
            for other in list_contracts().values():
                wanted = (
                    column.to == other.name
                    if column.to
                    else not other.is_lookup and other.facts.key == _key(other, column.family)
                )
                if wanted and other.name != contract.name:
                    yield Reference(contract, name, other, _of_family(other, column.family))


def _key(other: Contract, family: str) -> tuple[str, ...]:
    """The column that is the whole key of a table and of the family, if there is one."""
    return tuple(
        name
        for name, column in other.columns.items()
        if column.role == "key" and column.family == family
    )


def _of_family(other: Contract, family: str) -> str:
    return next(name for name, column in other.columns.items() if column.family == family)


def count_orphans(contract: Contract, build: Build, settings: Settings) -> list[Orphans]:
    """Orphans of every reference of a table that landed.

    A reference to a table that was not delivered is not judged.
    """
    with _database(build, settings) as database:
        return _orphans(database, contract, build)


def _database(build: Build, settings: Settings) -> duckdb.DuckDBPyConnection:
    return open_database(config=settings.duckdb(build.spill / "references"))


def _orphans(
    database: duckdb.DuckDBPyConnection, contract: Contract, build: Build
) -> list[Orphans]:
    found = []
    for reference in list_references(contract):
        if find_staged_file(build, contract).is_file() and _is_delivered(
            database, build, reference.to
        ):
            ours = f"read_parquet({quote_literal(find_staged_file(build, contract))})"
            theirs = (
                "read_parquet(["
                f"{', '.join(quote_literal(path) for path in _delivered(build, reference.to))}"
                "], union_by_name = true)"
            )
            counted = database.execute(
                "select count(*), "
                "count(*) filter (where ours.key is not null and theirs.key is null) "
                f"from (select {reference.column} as key from {ours}) as ours "
                f"left join (select distinct {reference.to_column} as key from {theirs}) as theirs "
                "on ours.key = theirs.key"
            ).fetchone()
            found.append(Orphans(reference, *(counted or (0, 0))))
    return found


def _delivered(build: Build, contract: Contract) -> list[Path]:
    """Files with the pseudonyms of all rows of a table.

    A row that is quarantined was delivered all the same, and has its own reason.
    """
    held = build.held / contract.facts.source / f"{contract.facts.name}.parquet"
    return [path for path in (find_staged_file(build, contract), held) if path.is_file()]


def list_findings(build: Build, settings: Settings) -> list[TableFinding]:
    """What is wrong with the references of all tables that landed, in contract order."""
    with _database(build, settings) as database:
        counted = [
            one
            for contract in list_contracts().values()
            for one in _orphans(database, contract, build)
        ]
    return [found for one in counted if (found := one.finding)]


def _is_delivered(database: duckdb.DuckDBPyConnection, build: Build, contract: Contract) -> bool:
    ledger = build.ledger / "delivery_files" / f"{contract.name}.parquet"
    if not ledger.is_file():
        return False
    stated = database.execute(
        f"select bool_or(is_present) from read_parquet({quote_literal(ledger)})"
    ).fetchone()
    return bool(stated and stated[0])
