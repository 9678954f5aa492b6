"""Tests stand where what they test stands, and build what they need from `tests/support`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conventions.repository import ROOT, files, imports

UNIT = "tests/unit"
BESIDE = {"data_contracts", "dbt_project"}
"""Rooms of the repository that are tested by unit and do not stand under `pipeline`."""
OF_SEVERAL_MODULES = {
    "delivery/test_parquet_files.py",
    "landing/test_far_days.py",
    "release/test_registry.py",
    "supplier/test_delivered_links.py",
    "synthetic/test_delivery.py",
    "synthetic/test_effects.py",
    "synthetic/test_identity.py",
    "synthetic/test_law.py",
    "synthetic/test_likeness.py",
    "synthetic/test_recall.py",
    "synthetic/test_tallies.py",
}
"""Tests of what several modules of a room do together; all others have the name of their module."""
TESTS = [path.removeprefix(f"{UNIT}/") for path in files(UNIT, ".py") if "/test_" in path]


def module_exists(test: str) -> bool:
    """There is a module or room of the pipeline of that name at that place."""
    path = Path("pipeline", test).with_name(Path(test).name.removeprefix("test_"))
    return (ROOT / path).is_file() or (ROOT / path.with_suffix("")).is_dir()


def test_there_is_something_to_judge() -> None:
    assert len(TESTS) > 80


@pytest.mark.parametrize("test", [test for test in TESTS if test.split("/")[0] not in BESIDE])
def test_a_test_stands_where_its_module_stands(test: str) -> None:
    assert module_exists(test) != (test in OF_SEVERAL_MODULES)


@pytest.mark.parametrize("path", files("tests", ".py"))
def test_nobody_imports_a_conftest(path: str) -> None:
    assert [name for name in imports(path) if "conftest" in name.split(".")] == [], (
        "what tests share stands in tests/support"
    )
