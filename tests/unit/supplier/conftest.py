"""A delivery with a few faulty rows whose places are known, and what becomes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.contracts.registry import registry
from pipeline.delivery import manifest as deliveries
from pipeline.landing import land_table
from pipeline.landing.row_ledger import TableLedger
from pipeline.settings import Settings
from pipeline.workspace import Build, Workspace
from tests.unit.landing.conftest import KEY, rows_of

SOURCE, TABLE = "prison", "custodial_journeys"
FILE = f"{SOURCE}/{TABLE}.csv"
ROWS = 100
FAULTS: Mapping[int, Mapping[str, str | None]] = {
    3: {"birth_date": "thirtieth of Quintember"},
    10: {"offender_id_display": "WRONG-NUMBER"},
    20: {"custodial_journey_id": None},
    30: {"sex_code": "zz", "race_code": "zz"},
    40: {"custodial_journey_id": "journey-39"},
}
"""Cells by row in the file. The last row has the key of another."""
Deliver = Callable[..., Path]


def journeys(
    faults: Mapping[int, Mapping[str, str | None]] = FAULTS, *, rows: int = ROWS
) -> pl.DataFrame:
    """Journeys as text; direct identifiers are words that stand nowhere else."""
    numbers = range(1, rows + 1)
    sound = rows_of(
        f"{SOURCE}.{TABLE}",
        custodial_journey_id=[f"journey-{row}" for row in numbers],
        offender_id=[f"offender-{row}" for row in numbers],
        offender_book_id=[f"booking-{row}" for row in numbers],
        offender_id_display=[f"Q{row:04}ZX" for row in numbers],
        first_name=[f"Peregrine{row}" for row in numbers],
        last_name=[f"Quillfeather{row}" for row in numbers],
        postcode=[f"ZX{row} 9QQ" for row in numbers],
    ).cast(pl.String)
    for row, cells in faults.items():
        for column, value in cells.items():
            sound[row - 1, column] = value
    return sound


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a workspace that is the test's own."""
    return Settings(Workspace(tmp_path / "workspace"), threads=1, memory="1GB", key=KEY)


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    """Write a delivery of tables given as path -> frame; the source and table are those of the
    path.
    """

    def delivered(name: str, files: Mapping[str, pl.DataFrame], **stated: Any) -> Path:
        folder = tmp_path / name
        entries = []
        for path, frame in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith(".parquet"):
                frame.write_parquet(target)
            else:
                frame.write_csv(target)
            source, table = path.partition(".")[0].split("/")[:2]
            digest = hashlib.sha256(target.read_bytes()).hexdigest()
            entries.append(
                {
                    "source": source,
                    "table": table,
                    "path": path,
                    "rows": frame.height,
                    "sha256": digest,
                }
            )
        manifest = {
            "delivery_id": name,
            "extract_date": "2021-09-30",
            "synthetic": True,
            "files": entries,
        } | stated
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return delivered


@pytest.fixture
def base(deliver: Deliver) -> Path:
    """The delivery with the faulty rows."""
    return deliver("first", {FILE: journeys()})


def landed(
    folder: Path, build: Build, settings: Settings, table: tuple[str, str] = (SOURCE, TABLE)
) -> TableLedger:
    """Land one table of a delivery."""
    return land_table.land(
        registry()[table], deliveries.read(folder), build, key=KEY, settings=settings
    )


@pytest.fixture
def build(base: Path, settings: Settings) -> Build:
    """What a run with the faulty rows left, its folders private as a run makes them."""
    made = settings.workspace.build("2021-09-30-aaaa-1")
    made.quarantine.mkdir(parents=True, mode=0o700)
    landed(base, made, settings)
    return made
