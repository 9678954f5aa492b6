"""A delivery with a few faulty rows whose places are known, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.delivery import manifest as deliveries
from pipeline.landing import land_table
from pipeline.landing.row_ledger import TableLedger
from pipeline.settings import Settings
from pipeline.workspace import Build
from tests.support.landing import KEY, rows_of

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


def landed(
    folder: Path, build: Build, settings: Settings, table: tuple[str, str] = (SOURCE, TABLE)
) -> TableLedger:
    """Land one table of a delivery."""
    return land_table.land_table(
        list_contracts()[table], deliveries.read_delivery(folder), build, key=KEY, settings=settings
    )
