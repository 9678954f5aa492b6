"""Sizes as people write them, and the default."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from pipeline import memory_size
from pipeline.delivery.manifest import DeliveredFile, Delivery
from pipeline.errors import SettingsError
from pipeline.release import admission
from pipeline.settings import Settings
from pipeline.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("3GB", 3_000_000_000),
        ("512 MiB", 536_870_912),
        ("1.5gb", 1_500_000_000),
        ("2GiB", 2_147_483_648),
    ],
)
def test_a_size_is_read_as_duckdb_reads_it(text: str, size: int) -> None:
    assert memory_size.parse_size(text) == size
    assert abs(memory_size.parse_size(memory_size.show_size(size)) - size) < 1_000_000


@pytest.mark.parametrize("text", ["3", "GB", "0GB", "half", "-1GB", "50%", "3GB;", ""])
def test_what_is_no_size_is_refused_by_name(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no size"):
        memory_size.parse_size(text)
    monkeypatch.setenv("JOURNEYS_MEMORY", text or " ")
    with pytest.raises(SettingsError, match="JOURNEYS_MEMORY"):
        Settings.from_environment()


def test_a_container_limits_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory_size, "CGROUP_LIMITS", (limit,))
    whole = memory_size.machine_memory()
    limit.write_text("max\n")
    assert memory_size.machine_memory() == whole
    limit.write_text("1000000000\n")
    assert memory_size.machine_memory() == 1_000_000_000
    assert memory_size.default_memory() == 500_000_000


def test_a_large_machine_is_not_filled_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_size, "machine_memory", lambda: 256 * 10**9)
    assert memory_size.default_memory() == memory_size.MAX_BY_DEFAULT


def test_duckdb_is_given_what_a_stage_leaves_and_never_nothing(tmp_path: Path) -> None:
    settings = Settings(Workspace(tmp_path), threads=1, memory="4GB", key=None)
    assert settings.share(beside=0) == "4000MB"
    assert settings.share(beside=1_500_000_000) == "2500MB"
    assert settings.share(beside=9_000_000_000) == "200MB"


def test_a_delivery_that_needs_more_memory_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "check_tables", lambda *_, **__: None)
    monkeypatch.setattr(admission, "BYTES_A_ROW", 0)
    file = partial(DeliveredFile, sha256="", coverage_from=None, coverage_to=None)
    files = (
        file("magistrates", "defendants", tmp_path / "a.parquet", 13_000_000),
        file("probation", "contacts", tmp_path / "b.parquet", 900_000_000),
    )
    delivery = Delivery(tmp_path, "nation", date(2021, 9, 30), synthetic=True, files=files)
    settings = partial(Settings, Workspace(tmp_path / "workspace"), 1, key=None)
    with pytest.raises(SettingsError, match="13,000,000 records takes at least 2610MB"):
        admission.admit_run(delivery, settings(memory="2GB"))
    assert not (tmp_path / "workspace").exists()
    admission.admit_run(delivery, settings(memory="2610MB"))
