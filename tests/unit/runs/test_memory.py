"""Sizes as people write them, and the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import memory
from pipeline.settings import Settings, SettingsError


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
    assert memory.parse_size(text) == size
    assert abs(memory.parse_size(memory.show_size(size)) - size) < 1_000_000


@pytest.mark.parametrize("text", ["3", "GB", "0GB", "half", "-1GB", "50%", "3GB;", ""])
def test_what_is_no_size_is_refused_by_name(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no size"):
        memory.parse_size(text)
    monkeypatch.setenv("JOURNEYS_MEMORY", text or " ")
    with pytest.raises(SettingsError, match="JOURNEYS_MEMORY"):
        Settings.from_environment()


def test_a_container_limits_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "CGROUP_LIMITS", (limit,))
    whole = memory.machine_memory()
    limit.write_text("max\n")
    assert memory.machine_memory() == whole
    limit.write_text("1000000000\n")
    assert memory.machine_memory() == 1_000_000_000
    assert memory.default_memory() == 500_000_000


def test_a_large_machine_is_not_filled_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "machine_memory", lambda: 256 * 10**9)
    assert memory.default_memory() == memory.MOST_BY_DEFAULT
