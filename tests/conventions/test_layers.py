from __future__ import annotations

import ast
import sys
from collections import Counter
from graphlib import TopologicalSorter

import pytest

from tests.conventions.repository import files, imports, text

HOUSES = {
    "pipeline": (
        {"data_contracts", "errors", "memory_size", "progress", "storage", "workspace"},
        {"contracts", "settings", "workspace_lock"},
        {"delivery"},
        {"landing"},
        {"linkage", "quality"},
        {"reports", "supplier"},
        {"clerical_review", "release"},
        {"evaluation", "orchestration"},
        {"cli"},
    ),
    "pipeline.linkage": (
        {"arrays", "standardise"},
        {"database"},
        {"prepare"},
        {"dedupe", "delivered", "memory_plan", "splink_adapter"},
        {"scoring"},
        {"clustering", "review"},
        {"link_records", "monitoring", "uncertainty"},
        {"run"},
        {"external_tables", "training"},
    ),
    "pipeline.synthetic": (
        {"calendar", "partitions"},
        {"random_draws", "write_delivery"},
        {"code_lists"},
        {"key_ranges", "population"},
        {"corruption", "lives"},
        {"calibration", "extracts"},
        {"build_partition", "traps", "truth"},
        {"world"},
    ),
}
"""Floors of each house, the lowest first: a room imports rooms of its own floor or of those below.
A new room is placed here.
"""

APART = {
    "analysis": set(),
    "exports": {"data_contracts", "errors", "storage"},
    "synthetic": {"data_contracts", "errors", "storage"},
}
"""Rooms of the pipeline beside the way through, each with all that it may import; only the command
line may import them.
"""

ALONE = {
    "dagster": "pipeline.orchestration",
    "dagster_dbt": "pipeline.orchestration",
    "splink": "pipeline.linkage",
}
"""Packages that stay in one room."""

SOURCES = {"crown_court", "magistrates", "prison", "probation"}
"""Names that stand for a source wherever there is a module a source."""

FLOOR = {
    house: {room: floor for floor, rooms in enumerate(floors) for room in rooms}
    for house, floors in HOUSES.items()
}
PYTHON = [*files("pipeline", ".py"), *files("data_contracts", ".py")]


def module_of(path: str) -> str:
    """Dotted name of a file's module or package."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(house: str, module: str) -> str:
    """The room of a house in which a module is, or nothing when it is elsewhere."""
    if house == "pipeline" and module.partition(".")[0] == "data_contracts":
        return "data_contracts"
    return (
        module.removeprefix(f"{house}.").partition(".")[0] if module.startswith(f"{house}.") else ""
    )


def rooms_imported(house: str, path: str) -> set[str]:
    """Rooms of the house that a file imports, its own left out."""
    return {room_of(house, module) for module in imports(path)} - {
        "",
        room_of(house, module_of(path)),
    }


INSIDE = [
    (house, path)
    for house in HOUSES
    for path in PYTHON
    if path.startswith(f"{house.replace('.', '/')}/") and room_of(house, module_of(path))
]


def test_there_is_something_to_judge() -> None:
    assert {house for house, _ in INSIDE} == set(HOUSES)


@pytest.mark.parametrize("house", HOUSES)
def test_every_room_has_its_floor(house: str) -> None:
    there = {room_of(house, module_of(path)) for inside, path in INSIDE if inside == house}
    placed = set(FLOOR[house]) | (set(APART) if house == "pipeline" else set())
    assert sorted(there ^ (placed - {"data_contracts"})) == [], (
        "place these in HOUSES, or in APART with what they may import"
    )


@pytest.mark.parametrize(("house", "path"), INSIDE)
def test_imports_go_down(house: str, path: str) -> None:
    room, imported = room_of(house, module_of(path)), rooms_imported(house, path)
    if house == "pipeline" and room in APART:
        assert imported <= APART[room]
        return
    beside = set(APART) if house == "pipeline" and room != "cli" else set()
    assert (
        sorted(
            other
            for other in imported
            if other in beside or FLOOR[house].get(other, -1) > FLOOR[house][room]
        )
        == []
    )


@pytest.mark.parametrize("house", HOUSES)
def test_rooms_do_not_import_each_other_in_circles(house: str) -> None:
    graph: dict[str, set[str]] = {}
    for inside, path in INSIDE:
        if inside == house:
            graph.setdefault(room_of(house, module_of(path)), set()).update(
                rooms_imported(house, path)
            )
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("house", HOUSES)
def test_the_picture_of_the_architecture_is_true(house: str) -> None:
    _, _, after = text("docs/architecture.md").partition(f"<!-- floors of {house} -->\n")
    drawn = after.partition("<!-- end -->")[0].splitlines()
    floors = [
        f"{place}. {', '.join(sorted(rooms))}" for place, rooms in enumerate(HOUSES[house], start=1)
    ]
    assert drawn == floors[::-1]


def test_no_two_modules_have_one_name() -> None:
    names = Counter(module_of(path).rpartition(".")[2] for path in PYTHON)
    assert sorted(name for name, times in names.items() if times > 1 and name not in SOURCES) == []


@pytest.mark.parametrize("path", [path for path in PYTHON if path.endswith("/__init__.py")])
def test_every_package_says_what_it_is_for(path: str) -> None:
    assert ast.get_docstring(ast.parse(text(path)))


@pytest.mark.parametrize("path", PYTHON)
def test_packages_stay_where_they_belong(path: str) -> None:
    imported = {module.partition(".")[0] for module in imports(path)}
    assert (
        sorted(
            package
            for package in imported & set(ALONE)
            if not module_of(path).startswith(ALONE[package])
        )
        == []
    )


@pytest.mark.parametrize("path", files("data_contracts", ".py"))
def test_contracts_import_pandera_and_polars_and_nothing_else(path: str) -> None:
    imported = {module.partition(".")[0] for module in imports(path)}
    assert imported - set(sys.stdlib_module_names) <= {"pandera", "polars", "data_contracts"}


@pytest.mark.parametrize("path", PYTHON)
def test_pandas_is_not_used(path: str) -> None:
    assert "pandas" not in {module.partition(".")[0] for module in imports(path)}


@pytest.mark.parametrize("path", files("pipeline", ".py"))
def test_errors_that_a_person_can_put_right_stand_in_one_place(path: str) -> None:
    stated = [node for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.ClassDef)]
    bases = {ast.unparse(base) for node in stated for base in node.bases}
    own = {name for name in bases if name.endswith(("Error", "Exception"))}
    assert path == "pipeline/errors.py" or not own, "a kind of error is a class of pipeline.errors"
