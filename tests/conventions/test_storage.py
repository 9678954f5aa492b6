"""Files and folders are renamed and flushed, and databases opened, in one module: what is replaced
is whole everywhere.
"""

from __future__ import annotations

import ast

import pytest

from tests.conventions.repository import files, text

STORAGE = "pipeline/storage.py"
CALLS = {
    "os": {"rename", "renames", "replace", "fsync", "fdatasync", "sync"},
    "shutil": {"move"},
    "duckdb": {"connect"},
}
NO_PATHS = {
    ("pipeline/quality/drift.py", "rename(named_so)"): "columns of a frame",
    ("pipeline/synthetic/code_lists.py", "replace(PROVIDER_REGION)"): "values of a column",
}
"""Calls that look as if a path were moved, with what is."""


def moves(code: str) -> list[str]:
    """What a module's code renames, replaces, flushes or opens, as far as its shape tells.

    A path is moved with one argument that is no mapping: texts are replaced with two, days with
    named ones, columns of frames by mapping.
    """
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module in CALLS:
            found += [name.name for name in node.names if name.name in CALLS[node.module]]
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in CALLS.get(node.value.id, ())
        ):
            found.append(f"{node.value.id}.{node.attr}")
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("rename", "replace")
        ):
            given = [
                *node.args,
                *(keyword.value for keyword in node.keywords if keyword.arg == "target"),
            ]
            if len(given) == 1 and not isinstance(given[0], ast.Dict | ast.DictComp):
                found.append(f"{node.func.attr}({ast.unparse(given[0])})")
    return found


@pytest.mark.parametrize(
    "code",
    ["import os\nos.fsync(3)", "os.replace(a, b)", "from os import rename", "path.rename(target)",
     "a.with_name(b).replace(c)", "a.rename(target=b)", "shutil.move(a, b)", "flush = os.fsync",
     "duckdb.connect(path)"],
)  # fmt: skip
def test_a_move_is_recognised(code: str) -> None:
    assert len(moves(code)) == 1


@pytest.mark.parametrize(
    "code",
    [
        "text.replace('a', 'b')",
        "day.replace(day=1)",
        "frame.rename({a: b})",
        "frame.rename({a: b for a in c})",
        "path.unlink()",
    ],
)
def test_what_moves_nothing_is_not(code: str) -> None:
    assert moves(code) == []


@pytest.mark.parametrize("path", [path for path in files("pipeline", ".py") if path != STORAGE])
def test_files_are_moved_and_flushed_by_storage_alone(path: str) -> None:
    assert [call for call in moves(text(path)) if (path, call) not in NO_PATHS] == [], (
        f"use a function of {STORAGE}"
    )


def test_exceptions_are_still_there() -> None:
    assert {(path, call) for path, _ in NO_PATHS for call in moves(text(path))} == set(NO_PATHS)
