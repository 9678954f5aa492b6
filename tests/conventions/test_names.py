"""Functions say what they do and on what: a verb and an object."""

from __future__ import annotations

import ast

import pytest

from tests.conventions.repository import files, text

COMMANDS = "pipeline/cli/"
"""The name of a command is the name of its function."""
ASSETS = {
    ("pipeline/orchestration/linkage_assets.py", "ledger"),
    ("pipeline/orchestration/linkage_assets.py", "linkage"),
    ("pipeline/orchestration/raw_tables.py", "delivery"),
    ("pipeline/orchestration/raw_tables.py", "extract"),
    ("pipeline/orchestration/raw_tables.py", "extracts"),
    ("pipeline/orchestration/release_assets.py", "release"),
    ("pipeline/orchestration/definitions.py", "monthly"),
    ("pipeline/orchestration/definitions.py", "defs"),
    ("pipeline/orchestration/dbt_child.py", "main"),
}
"""Assets, schedules and entry points are named for what they are, as Dagster shows them."""


def one_word_functions(path: str) -> set[tuple[str, str]]:
    """Public functions of a module whose name is one word."""
    return {
        (path, node.name)
        for node in ast.parse(text(path)).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and "_" not in node.name
    }


@pytest.mark.parametrize(
    "path", [path for path in files("pipeline", ".py") if not path.startswith(COMMANDS)]
)
def test_a_public_function_is_a_verb_and_an_object(path: str) -> None:
    assert sorted(one_word_functions(path) - ASSETS) == []


def test_exceptions_are_still_there() -> None:
    assert {found for path, _ in ASSETS for found in one_word_functions(path)} >= ASSETS
