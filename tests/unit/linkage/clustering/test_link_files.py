from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipeline.linkage.clustering import link_files, person_ids
from tests.support.identity import Linked, stranger, write_identity


@pytest.mark.parametrize("sizes", [[7], [1] * 7, [3, 4], [2, 5], [0, 6, 1]])
def test_rows_come_in_tables_of_one_size_however_they_were_cut(sizes: list[int]) -> None:
    rows = iter(range(sum(sizes)))
    batches = [
        pa.record_batch({"row": pa.array([next(rows) for _ in range(size)], pa.int64())})
        for size in sizes
    ]
    tables = list(link_files.resize_batches(batches, 3))
    assert [table.num_rows for table in tables] == [3, 3, 1]
    assert pa.concat_tables(tables)["row"].to_pylist() == list(range(7))


def test_nothing_is_told_of_no_rows() -> None:
    assert list(link_files.resize_batches([], 3)) == []


def test_records_that_are_gone_are_remembered_among_the_others_and_are_in_no_link(
    linked: Linked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [stranger(number) for number in range(30)]
    _, before = linked(rows)
    person_ids.remember_ids(tmp_path / "linkage", tmp_path / "registry")
    monkeypatch.setattr(link_files, "ROWS_AT_ONCE", 4)
    _, after = linked(rows[::2])
    known = pl.read_parquet(tmp_path / "linkage" / link_files.REMEMBERED)
    assert known.select(before.columns[:-1]).equals(before.drop("match_weight")), (
        "all keep their ids, in order"
    )
    assert sorted(after["source_record_id"]) == sorted(str(row["id"]) for row in rows[::2])
    seen = dict(known.select("source_record_id", "seen").iter_rows())
    assert seen == {str(row["id"]): 1 - place % 2 for place, row in enumerate(rows)}
    assert set(known["since"]) == {0}


def test_an_empty_delivery_has_empty_files(linked: Linked, tmp_path: Path) -> None:
    write_identity(tmp_path / "identity_linkage", [])
    summary, told = linked()
    assert (summary.records, told.height) == (0, 0)
    assert pl.read_parquet(tmp_path / "linkage" / link_files.REMEMBERED).columns[-2:] == [
        "since",
        "seen",
    ]
