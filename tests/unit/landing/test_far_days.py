"""Days that no calendar has: a Parquet file can hold them, the engine cannot show them as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import polars as pl
import pytest

from tests.support.landing import Landed, rows_of

FAR = 2**63 - 1
UNITS: tuple[Literal["ms", "us", "ns"], ...] = ("ms", "us", "ns")
MOMENTS = [pl.Datetime(unit, zone) for unit in UNITS for zone in (None, "UTC", "Europe/London")]


@pytest.mark.parametrize("kind", [pl.Date(), *MOMENTS], ids=str)
def test_a_day_beyond_every_calendar_is_quarantined_with_the_number_that_is_stored(
    land: Callable[..., Landed], kind: pl.DataType
) -> None:
    numbers = [FAR, -FAR, 0] if kind != pl.Date else [2**31 - 1, -(2**31), 0]
    recalls = rows_of("probation.recalls", recall_id=["1", "2", "3"])
    days = pl.Series("recall_date", numbers, dtype=pl.Int64).cast(kind)
    landed = land("probation.recalls", {"probation/recalls.parquet": recalls.with_columns(days)})
    assert landed.entry.staged == 1
    held = landed.frame("quarantine")["recall_date"].to_list()
    if (
        isinstance(kind, pl.Datetime) and kind.time_unit == "ns"
    ):  # its numbers end before the calendar does
        assert [day[:4] for day in held] == ["2262", "1677"]
    else:
        assert held == [str(number) for number in numbers[:2]]
