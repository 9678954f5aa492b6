from __future__ import annotations

import csv
import re
import warnings
from pathlib import Path

import pytest

import data_contracts
from pipeline.exports import generate
from tests.conventions.repository import ROOT, files, lines, models, paths, text

LONG, TOO_LONG = 250, 400
LISTS = (
    "data_contracts/probation.py",
    "data_contracts/prison.py",
    "data_contracts/crown_court.py",
    "data_contracts/magistrates.py",
    "tests/acceptance/faults/cells.py",
)
"""Not counted: lists of columns or of faults, each as long as its matter is."""

HELPER_SINKS = {"utils", "util", "utilities", "helpers", "helper", "common", "misc", "shared"}

PLACES = re.compile(
    r"(?<![\w.~-])/(?:work|root|home|Users)/\w"  # a path of one machine
    r"|/tmp/\w+/\w"  # scratch of one machine
    r"|\.\./shared\b|\bshared/(?:design|domain|hooks)\b"  # a folder that is not in the repository
    # a registry
    r"|\b(?:pypi\.\w|files\.pythonhosted|registry\.npmjs|crates\.io|artifactory|nexus\.)"
    r"|(?<![\w-])--(?:extra-)?index-url\b",  # how one names a registry
)
BINARY = (".png", ".parquet", ".duckdb", ".gz", ".woff2", ".ico")
SOURCES = [path for path in paths() if path.endswith((".py", ".sql")) and path not in LISTS]
EXEMPT = {"tests/conventions/test_files.py": "holds the patterns themselves"}


def test_files_are_short() -> None:
    sizes = {path: lines(path) for path in SOURCES}
    for path, size in sizes.items():
        if size > LONG:
            warnings.warn(f"{path} has {size} lines and is asking to be two", stacklevel=1)
    assert {path: size for path, size in sizes.items() if size > TOO_LONG} == {}


def test_no_helper_sinks() -> None:
    assert [
        path
        for path in SOURCES
        if HELPER_SINKS & {part.partition(".")[0].lower() for part in Path(path).parts}
    ] == []


@pytest.mark.parametrize(
    "said",
    [
        "see /work/main",
        "cd /root/x",
        "/tmp/mine/x",
        "../shared",
        "shared/design/x.md",
        "https://pypi.org",
        "--index-url x",
    ],
)
def test_places_are_recognised(said: str) -> None:
    assert PLACES.search(said)


@pytest.mark.parametrize(
    "said",
    [
        "a/work/b",
        "framework/x",
        "uv pip compile --no-emit-index-url",
        "shared between",
        "tmp/x",
        "~/work/x",
    ],
)
def test_harmless_text_is_not(said: str) -> None:
    assert not PLACES.search(said)


def test_no_file_names_a_place_outside_the_repository() -> None:
    found = []
    for path in paths():
        if path.endswith(BINARY) or path in EXEMPT:
            continue
        found += [
            f"{path}:{number}"
            for number, line in enumerate(text(path).splitlines(), start=1)
            if PLACES.search(line)
        ]
    assert found == []


def test_generated_files_are_fresh() -> None:
    assert generate.find_stale(generate.render_files(data_contracts.tables())) == [], (
        "run: journeys contracts generate"
    )


def test_no_generated_file_is_left_over() -> None:
    generated = set(generate.render_files(data_contracts.tables()))
    there = files("data_contracts/exports", "") + [
        path for path in files("dbt_project", "__sources.yml") if "/_pipeline__" not in path
    ]
    assert sorted(set(there) - generated) == []


@pytest.mark.parametrize(
    "path", [*files("data_contracts/codes", ".csv"), *files("dbt_project/seeds", ".csv")]
)
def test_every_row_of_a_list_says_where_it_comes_from(path: str) -> None:
    with (ROOT / path).open(encoding="utf-8", newline="") as opened:
        header, *rows = csv.reader(opened)
    assert rows
    assert {len(row) for row in rows} == {len(header)}
    assert "source" in header
    assert all(row[header.index("source")].strip() for row in rows)
    assert all(value == value.strip() for row in rows for value in row)


@pytest.mark.parametrize("path", files("data_contracts/codes", ".csv"))
def test_a_code_stands_once_in_its_list(path: str) -> None:
    with (ROOT / path).open(encoding="utf-8", newline="") as opened:
        codes = [row[0] for row in csv.reader(opened)]
    assert all(codes)
    assert len(codes) == len(set(codes))


def test_every_code_list_is_used() -> None:
    checked = {
        column.codes
        for model in data_contracts.tables()
        for column in data_contracts.fields.columns(model).values()
    }
    asked = "\n".join(
        text(path)
        for path in [*models(), *files("pipeline", ".py"), *files("dbt_project/macros", ".sql")]
    )
    described = "\n".join(text(path) for path in files("data_contracts", ".py"))
    lists = {Path(path).stem for path in files("data_contracts/codes", ".csv")}
    joined = {
        name
        for name in lists
        if re.search(rf"['\"/]{name}(?:\.csv)?['\"]", asked) or f"codes/{name}.csv" in described
    }
    assert sorted(lists - checked - joined) == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in SOURCES
        if path.endswith(".py") and path.startswith(("pipeline/", "data_contracts/"))
    ],
)
def test_modules_say_what_they_are_for(path: str) -> None:
    body = text(path)
    assert body.startswith('"""'), "no docstring"
    assert len(body.split('"""')[1].split()) >= 8, (
        "says too little of what belongs here and what does not"
    )
