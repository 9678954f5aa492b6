"""Room on disk for a delivery and its copies is checked before anything of it is read."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline.contracts.registry import required_tables
from pipeline.delivery import csv_normalise
from pipeline.delivery import manifest as deliveries
from pipeline.delivery.manifest import DeliveredFile
from pipeline.errors import DeliveryError
from pipeline.release import admission
from pipeline.settings import Settings
from tests.support.landing import manifest

TEXT = b"".join(b"%d,some text of this row\n" % row for row in range(400_000))


def file(path: Path, content: bytes) -> DeliveredFile:
    path.write_bytes(content)
    return DeliveredFile("prison", "movements", path, 0, "", None, None)


def test_packed_text_takes_its_unpacked_size_and_a_copy(tmp_path: Path) -> None:
    assert len(TEXT) > csv_normalise.PIECE, "so the rest has to be told from the beginning"
    told = csv_normalise.estimate_room(file(tmp_path / "movements.csv.gz", gzip.compress(TEXT)))
    assert told == pytest.approx(2 * len(TEXT), rel=0.1)
    assert csv_normalise.estimate_room(file(tmp_path / "movements.csv", TEXT)) == len(TEXT)
    assert csv_normalise.estimate_room(file(tmp_path / "movements.parquet", TEXT)) == 0


def test_a_small_packed_text_is_measured_whole_and_a_damaged_one_is_no_error(
    tmp_path: Path,
) -> None:
    assert (
        csv_normalise.estimate_room(file(tmp_path / "small.csv.gz", gzip.compress(TEXT[:5_000])))
        == 10_000
    )
    assert (
        csv_normalise.estimate_room(file(tmp_path / "cut.csv.gz", gzip.compress(TEXT)[:50])) == 100
    )


def test_a_delivery_whose_copies_have_no_room_is_refused(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"{source}-{table}.csv": (source, table, 0) for source, table in required_tables()}
    for path in names:
        (tmp_path / path).write_bytes(b"id\n")
    packed = next(iter(names))
    names[f"{packed}.gz"] = names.pop(packed)
    (tmp_path / f"{packed}.gz").write_bytes(gzip.compress(TEXT))
    (tmp_path / packed).unlink()
    delivery = deliveries.read_delivery(manifest(tmp_path, names))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=len(TEXT)))
    with pytest.raises(DeliveryError, match="make room"):
        admission.admit_run(delivery, settings)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * len(TEXT)))
    admission.admit_run(delivery, settings)
