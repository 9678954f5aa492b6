"""Deliveries of a few tables, and small made-up worlds, landed and judged as wholes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.delivery import manifest
from pipeline.delivery.manifest import Delivery
from pipeline.landing import land_table
from pipeline.landing.row_ledger import TableLedger
from pipeline.quality import delivery_profile, referential_integrity, table_checks
from pipeline.quality.findings import TableFinding
from pipeline.quality.table_checks import Judged
from pipeline.settings import Settings
from pipeline.workspace import Build, Workspace

KEY = b"a key for tests, long enough"


PEOPLE = 3_000


SEEDS = (1, 2, 3, 4, 5)
"""Five worlds make ten pairs."""


@dataclass(frozen=True)
class Whole:
    """A delivery, landed and judged."""

    delivery: Delivery
    build: Build
    entries: dict[str, TableLedger]
    judged: dict[str, Judged]
    orphans: list[TableFinding]

    @property
    def findings(self) -> list[TableFinding]:
        """All tables, then references."""
        return [
            finding for judged in self.judged.values() for finding in judged.findings
        ] + self.orphans

    def told(self) -> set[tuple[str, str, str, str, int]]:
        """Findings without their texts."""
        return {
            (found.table, found.column, found.rule, found.severity, found.rows)
            for found in self.findings
        }


def at(workspace: Path) -> Settings:
    """Settings of one workspace."""
    return Settings(Workspace(workspace), threads=1, memory="1GB", key=None)


def judge(folder: Path, build: Path, settings: Settings) -> Whole:
    """Land and judge every table that a contract knows."""
    delivery, place = manifest.read_delivery(folder), Build(build)
    entries, judged = {}, {}
    for contract in list_contracts().values():
        entries[contract.name] = land_table.land_table(
            contract, delivery, place, key=KEY, settings=settings
        )
        judged[contract.name] = table_checks.judge_table(
            contract, entries[contract.name], delivery, place, settings
        )
    return Whole(
        delivery, place, entries, judged, referential_integrity.list_findings(place, settings)
    )


def accept(whole: Whole, settings: Settings, release: str = "a release") -> Path:
    """What the run does once a release is published."""
    return delivery_profile.remember_profile(
        whole.build, {**whole.delivery.stated, "release_id": release}, settings.workspace.registry
    )


def deliver(
    folder: Path, tables: dict[str, pl.DataFrame], day: date, window: tuple[str, str] | None = None
) -> Path:
    """Write a delivery of a few tables; the window holds for all of them."""
    files = []
    for name, rows in tables.items():
        source, table = name.split(".")
        path = folder / source / f"{table}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        file = {
            "source": source,
            "table": table,
            "path": f"{source}/{table}.parquet",
            "rows": rows.height,
            "sha256": digest,
        }
        files.append(
            file
            | (dict(zip(("coverage_from", "coverage_to"), window, strict=True)) if window else {})
        )
    stated = {
        "delivery_id": f"of-{day}",
        "extract_date": str(day),
        "synthetic": True,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(stated))
    return folder


def tables_of(folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of a made-up delivery."""
    return {
        f"{path.parent.name}.{path.stem}": pl.read_parquet(path)
        for path in sorted(folder.glob("*/*.parquet"))
    }


Judge = Callable[..., Whole]
