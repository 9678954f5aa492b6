"""A delivery on its way through the gates, in the order in which a run and a supplier's check pass
them.

Belongs here: what each gate says of a delivery. Does not belong here: what it should say (the
modules of faults). Tables that a fault did not touch were landed once, when the delivery was clean;
what landed is taken from there.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from data_contracts.rules import Severity
from pipeline.contracts.registry import list_contracts, required_tables
from pipeline.delivery import manifest
from pipeline.delivery.manifest import Delivery
from pipeline.errors import DeliveryError
from pipeline.landing import land_table
from pipeline.landing.row_ledger import TableLedger
from pipeline.linkage.delivered import contract_results
from pipeline.quality import delivery_profile, referential_integrity, table_checks
from pipeline.settings import Settings
from pipeline.supplier import amend
from pipeline.workspace import Build
from tests.acceptance.faults.draft import Draft

KEY = b"a key for tests, long enough"
BEFORE = date(2021, 3, 31)
"""Extract date of the delivery before, which had the same rows."""
Where = tuple[str, str, str]
"""Table, column, rule."""


@dataclass
class Seen:
    """What the gates said."""

    build: Build
    entries: dict[str, TableLedger] = field(default_factory=dict)
    findings: dict[Where, tuple[Severity, int]] = field(default_factory=dict)
    blocking: list[str] = field(default_factory=list)
    refused: str = ""
    at: str = ""
    """The gate that refused."""

    def held(self, table: str) -> list[tuple[str, int]]:
        """File and number of each row in quarantine, and every one has a reason."""
        path = self.build.quarantine / f"{table.replace('.', '/')}.parquet"
        if not path.is_file():
            return []
        rows = pl.read_parquet(path)
        assert (rows["reasons"].str.len_chars() > 0).all()
        return list(rows.select("file", pl.col("row_in_file").cast(pl.Int64)).iter_rows())

    def staged(self, table: str) -> pl.DataFrame:
        """The rows that went on."""
        return pl.read_parquet(self.build.staged / f"{table.replace('.', '/')}.parquet")


@dataclass(frozen=True)
class Clean:
    """A delivery without a fault, landed and judged against itself as the delivery before."""

    folder: Path
    settings: Settings
    seen: Seen


def tables() -> list[str]:
    """Of every contract."""
    return [contract.name for contract in list_contracts().values()]


def pass_through(folder: Path, build: Build, settings: Settings, touched: set[str]) -> Seen:
    """Let a delivery through the gates; of the tables only those that were touched are landed.

    A delivery that is refused goes no further; of a table that is refused the rest is judged all
    the same.
    """
    seen = Seen(build)
    delivery = _gates_of_the_delivery(folder, seen)
    if delivery is None:
        return seen
    for contract in list_contracts().values():
        if contract.name in touched:
            try:
                entry = land_table.land_table(contract, delivery, build, key=KEY, settings=settings)
            except DeliveryError as error:
                seen.refused, seen.at = str(error), "table"
                continue
            _note(seen, entry)
            for found in table_checks.judge_table(
                contract, entry, delivery, build, settings
            ).findings:
                seen.findings[found.table, found.column, found.rule] = (found.severity, found.rows)
    _note_references(seen, settings, touched)
    if any(list_contracts()[table].is_lookup for table in delivery.tables):
        for rule in contract_results.judge_links(build, settings):
            if rule.rows_failed:
                seen.findings[f"{rule.source}.{rule.table_name}", rule.column_name, rule.rule] = (
                    rule.severity,
                    rule.rows_failed,
                )
    return seen


def _note_references(seen: Seen, settings: Settings, touched: set[str]) -> None:
    """Orphans of the tables that were touched, and of those that refer to them; all other
    references are as they were.
    """
    for contract in list_contracts().values():
        if any(
            {reference.contract.name, reference.to.name} & touched
            for reference in referential_integrity.list_references(contract)
        ):
            for orphans in referential_integrity.count_orphans(contract, seen.build, settings):
                if found := orphans.finding:
                    seen.findings[found.table, found.column, found.rule] = (
                        found.severity,
                        found.rows,
                    )


def _gates_of_the_delivery(folder: Path, seen: Seen) -> Delivery | None:
    try:
        seen.at = "manifest"
        delivery = manifest.read_delivery(folder)
        seen.at = "tables"
        manifest.check_tables(delivery, required=required_tables(), known=list_contracts())
        seen.at = "digests"
        manifest.check_digests(delivery)
    except DeliveryError as error:
        seen.refused = str(error)
        return None
    seen.at = ""
    for name in delivery.unlisted:
        seen.findings["(delivery)", name, "not in the manifest"] = ("warn", 0)
    return delivery


def _note(seen: Seen, entry: TableLedger) -> None:
    name = f"{entry.source}.{entry.table_name}"
    seen.entries[name] = entry
    seen.blocking += entry.blocking
    for rule in entry.rules:
        if rule.rows_failed:
            # A repeat is quarantined or taken out; beyond the tolerance it blocks, and a line of
            # its own says so.
            severity: Severity = (
                rule.severity
                if rule.severity != "block"
                else "quarantine"
                if entry.quarantined
                else "warn"
            )
            seen.findings[name, rule.column_name, rule.rule] = (severity, rule.rows_failed)


def clean(folder: Path, root: Path, settings: Settings) -> Clean:
    """Land a delivery whole, take it for the one before, and judge it against that."""
    everything, build = set(tables()), Build(root / "clean")
    first = pass_through(folder, build, settings, everything)
    assert not first.refused
    earlier = dataclasses.replace(
        manifest.read_delivery(folder), delivery_id="the-one-before", extract_date=BEFORE
    )
    delivery_profile.remember_profile(
        build, {**earlier.stated, "release_id": "its release"}, settings.workspace.registry
    )
    shutil.rmtree(build.root)
    return Clean(folder, settings, pass_through(folder, build, settings, everything))


def pass_all(draft: Draft, one: Clean, build: Build) -> Seen:
    """Finish a spoiled delivery, put its supplement to it if it has one, and let it through the
    gates.
    """
    folder = draft.seal()
    if draft.supplement:
        try:
            amend.amend_delivery(
                folder, draft.supplement, folder.with_name("amended"), one.settings, lambda _: None
            )
        except DeliveryError as error:
            return Seen(
                build, findings=dict(one.seen.findings), refused=str(error), at="supplement"
            )
        folder = folder.with_name("amended")
    _begin(one, build, draft.touched)
    seen = pass_through(folder, build, one.settings, draft.touched)
    return dataclasses.replace(seen, findings=one.seen.findings | seen.findings)


def read(draft: Draft) -> Delivery:
    """What landed: the spoiled delivery, or what its supplement made of it."""
    return manifest.read_delivery(
        draft.folder.with_name("amended") if draft.supplement else draft.folder
    )


def _begin(one: Clean, build: Build, touched: set[str]) -> None:
    """What the clean delivery left of every table that a fault did not touch; files that are
    written anew are no longer the same ones.
    """
    shutil.copytree(one.seen.build.root, build.root, copy_function=os.link)
    for name in (*touched, contract_results.NAME):
        for path in [
            *build.root.rglob(f"{name}.parquet"),
            *build.root.glob(f"*/{name.replace('.', '/')}.parquet"),
        ]:
            path.unlink()
