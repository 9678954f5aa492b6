from __future__ import annotations

import sys
from graphlib import TopologicalSorter

import pytest

from tests.conventions.repository import files, imports

LAYERS = (
    {"settings", "storage", "memory", "progress", "dbt_child"},
    {"data_contracts"},
    {
        "contracts",
        "delivery",
        "pseudonyms",
        "ledger",
        "reading",
        "cells",
        "renames",
        "text_files",
        "csv_survey",
        "csv_records",
        "starting",
        "checkpoints",
    },
    {"widths"},
    {"sides", "judging", "batches", "repeats", "supplements", "landing"},
    {"linkage", "disclosure"},
    {
        "publish",
        "published_tables",
        "release",
        "reports",
        "verify",
        "score",
        "score_events",
        "score_tables",
        "link_groups",
        "warehouse",
        "profiles",
        "table_findings",
        "coverage",
        "drift",
        "references",
        "table_rules",
        "findings",
        "delivered_links",
        "quarantine",
        "amending",
        "checking",
        "reviewing",
        "runs",
        "causes",
        "dbt_outcome",
        "registration",
    },
    {"assets"},
    {"definitions"},
    {"terminal", "options"},
    {"door"},
    {"cli"},
)
"""Left to right: a room imports rooms of its own step or of steps before it. A new room is placed here."""

APART = {
    "synthetic": {"synthetic", "data_contracts", "storage"},
    "exports": {"exports", "data_contracts"},
    "generate": {"exports", "data_contracts", "storage"},
}
"""Rooms beside the way through, each with all that it may import; only the command line and what it shows may import them."""

ALONE = {"dagster": ("assets", "definitions"), "dagster_dbt": ("assets", "definitions"), "splink": ("linkage",)}
"""Packages that stay in one place."""

STEP = {room: step for step, rooms in enumerate(LAYERS) for room in rooms}
PYTHON = [path for path in [*files("pipeline", ".py"), *files("data_contracts", ".py")] if path != "pipeline/__init__.py"]


def room_of_path(path: str) -> str:
    first, second = path.split("/")[:2]
    return first if first == "data_contracts" else second.removesuffix(".py")


def rooms_imported(path: str) -> set[str]:
    rooms = set()
    for module in imports(path):
        first, _, rest = module.partition(".")
        if first == "data_contracts":
            rooms.add(first)
        elif first == "pipeline" and rest:
            rooms.add(rest.partition(".")[0])
    return rooms


def test_there_is_something_to_judge() -> None:
    assert {"settings", "contracts", "landing", "generate", "data_contracts"} <= {room_of_path(path) for path in PYTHON}


def test_every_room_has_its_place() -> None:
    homeless = sorted({room_of_path(path) for path in PYTHON} - set(STEP) - set(APART))
    assert homeless == [], "place these in LAYERS, or in APART with what they may import"


@pytest.mark.parametrize("path", PYTHON)
def test_imports_go_left(path: str) -> None:
    room = room_of_path(path)
    if room in APART:
        assert rooms_imported(path) <= APART[room]
        return
    beside = set() if room in ("cli", "terminal") else set(APART)
    wrong = sorted(other for other in rooms_imported(path) if other in beside or STEP.get(other, -1) > STEP[room])
    assert wrong == []


def test_rooms_do_not_import_each_other_in_circles() -> None:
    graph: dict[str, set[str]] = {}
    for path in PYTHON:
        graph.setdefault(room_of_path(path), set()).update(rooms_imported(path) - {room_of_path(path)})
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", PYTHON)
def test_packages_stay_where_they_belong(path: str) -> None:
    imported = {module.partition(".")[0] for module in imports(path)}
    assert sorted(package for package in imported & set(ALONE) if room_of_path(path) not in ALONE[package]) == []


@pytest.mark.parametrize("path", files("data_contracts", ".py"))
def test_contracts_import_pandera_and_polars_and_nothing_else(path: str) -> None:
    imported = {module.partition(".")[0] for module in imports(path)}
    assert imported - set(sys.stdlib_module_names) <= {"pandera", "polars", "data_contracts"}


@pytest.mark.parametrize("path", PYTHON)
def test_pandas_is_not_used(path: str) -> None:
    assert "pandas" not in {module.partition(".")[0] for module in imports(path)}
