from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.linkage import memory_plan
from pipeline.memory_size import MAX_BY_DEFAULT
from tests.support.identity import stranger, write_identity


def test_records_are_counted_where_there_are_any(tmp_path: Path) -> None:
    rows = [*map(stranger, range(5)), {"source": "prison", "id": "a"}]
    assert memory_plan.records_of(write_identity(tmp_path, rows)) == 6


def test_what_is_no_record_is_not_counted(tmp_path: Path) -> None:
    write_identity(tmp_path, [stranger(1)])
    for place, table in (("linking", "person_links"), ("probation", "events")):
        (tmp_path / place).mkdir(exist_ok=True)
        source = tmp_path / "magistrates" / "defendants.parquet"
        columns = ["source_record_id"] if place == "linking" else ["case_id"]
        pl.read_parquet(source, columns=columns).write_parquet(
            tmp_path / place / f"{table}.parquet"
        )
    assert memory_plan.records_of(tmp_path) == 1


@pytest.mark.parametrize("records", [1, 170_000, 17_300_000])
def test_linkage_needs_its_arrays_and_room_for_the_database(records: int) -> None:
    assert memory_plan.estimate_least(records) > memory_plan.estimate_arrays(records) > 0


def test_a_nation_is_linked_on_a_laptop() -> None:
    """What the default promises: 17.3 million records, with no setting, on any machine of 8 GB."""
    assert memory_plan.estimate_least(17_300_000) <= MAX_BY_DEFAULT
