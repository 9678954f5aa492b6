"""dbt's test of keys on small tables, in what DuckDB speaks and in what every engine does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from itertools import product

import duckdb
import pytest
import yaml

from pipeline.orchestration.dbt_models import DBT
from pipeline.settings import DBT_PROJECT

TEST = DBT_PROJECT / "tests" / "generic" / "keys_hold.sql"
MACROS = DBT_PROJECT / "macros" / "key_tests.sql"
PROMISES = {
    "one": {"key": "a", "not_null": ["b"]},
    "together": {"key": ["a", "b"]},
    "with_nulls": {"key": ["a", "b"], "nullable": ["b"]},
    "besides": {"key": "a", "unique": ["b", ["b", "c"]]},
    "filled": {"not_null": ["b", "c"]},
}
PLAIN = "plain_keys_hold"


@pytest.fixture(scope="module")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What dbt makes of the promises, by test and name of the promises."""
    project = tmp_path_factory.mktemp("keys")
    for folder in ("models", "macros", "tests/generic"):
        (project / folder).mkdir(parents=True)
    shutil.copy(MACROS, project / "macros")
    shutil.copy(TEST, project / "tests" / "generic")
    plain = TEST.read_text().replace("keys_hold(", f"{PLAIN}(")
    plain = plain.replace("broken_promises(", "default__broken_promises(")
    (project / "tests" / "generic" / f"{PLAIN}.sql").write_text(plain)
    asked = product(("keys_hold", PLAIN), PROMISES.items())
    tests = [
        {test: {"name": f"{test}_{name}", "arguments": stated}} for test, (name, stated) in asked
    ]
    sources = [
        {"name": "small", "schema": "main", "tables": [{"name": "rows", "data_tests": tests}]}
    ]
    stated = {
        "models/sources.yml": {"version": 2, "sources": sources},
        "dbt_project.yml": {"name": "keys", "profile": "keys"},
        "profiles.yml": {
            "keys": {
                "target": "small",
                "outputs": {"small": {"type": "duckdb", "path": "small.duckdb"}},
            }
        },
    }
    for name, content in stated.items():
        (project / name).write_text(yaml.safe_dump(content))
    command = [str(DBT), "compile", "--profiles-dir", str(project), "--project-dir", str(project)]
    quiet = os.environ | {"DO_NOT_TRACK": "1"}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=project, env=quiet
    )
    assert done.returncode == 0, done.stdout[-4000:]
    nodes = json.loads((project / "target" / "manifest.json").read_text())["nodes"].values()
    return {node["name"]: node["compiled_code"] for node in nodes}


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "attach ':memory:' as small; use small; "
            "create table rows (a varchar, b integer, c varchar)"
        )
        yield connection


Row = tuple[str | None, int | None, str | None]
CASES: list[tuple[str, str, list[Row], dict[str, int]]] = [
    ("no rows", "one", [], {}),
    ("all good, in order", "one", [("k1", 1, "x"), ("k2", 1, "x"), ("k3", 2, "x")], {}),
    ("all good, in no order", "one", [("k3", 1, "x"), ("k1", 1, "x"), ("k2", 2, "x")], {}),
    ("a key empty", "one", [("k1", 1, "x"), (None, 1, "x"), ("k2", 1, "x")], {"a is null": 1}),
    ("keys empty in every row", "one", [(None, 1, "x"), (None, 1, "x")], {"a is null": 2}),
    (
        "another column empty",
        "one",
        [("k1", None, "x"), ("k2", 1, "x"), ("k3", None, "x")],
        {"b is null": 2},
    ),
    (
        "a key twice, side by side",
        "one",
        [("k1", 1, "x"), ("k2", 1, "x"), ("k2", 2, "x")],
        {"a repeats": 2},
    ),
    (
        "a key three times, apart",
        "one",
        [("k2", 1, "x"), ("k1", 1, "x"), ("k2", 1, "x"), ("k2", 1, "x")],
        {"a repeats": 3},
    ),
    (
        "a key twice, an empty one between",
        "one",
        [("k1", 1, "x"), (None, 1, "x"), ("k1", 1, "x")],
        {"a is null": 1, "a repeats": 2},
    ),
    ("keys that differ by case", "one", [("k1", 1, "x"), ("K1", 1, "x")], {}),
    ("keys that differ by a blank", "one", [("k1", 1, "x"), ("k1 ", 1, "x")], {}),
    (
        "two promises broken",
        "one",
        [("k1", None, "x"), ("k1", 1, "x")],
        {"a repeats": 2, "b is null": 1},
    ),
    ("parts that repeat", "together", [("k1", 1, "x"), ("k1", 2, "x"), ("k2", 1, "x")], {}),
    (
        "parts that would read alike side by side",
        "together",
        [("k1", 11, "x"), ("k11", 1, "x")],
        {},
    ),
    (
        "a combination twice",
        "together",
        [("k1", 2, "x"), ("k1", 1, "x"), ("k1", 2, "x")],
        {"a + b repeats": 2},
    ),
    ("a part empty", "together", [("k1", None, "x"), ("k1", 1, "x")], {"b is null": 1}),
    (
        "a part that may be empty",
        "with_nulls",
        [("k1", None, "x"), ("k2", None, "x"), ("k1", 1, "x")],
        {},
    ),
    (
        "a part that may be empty, twice",
        "with_nulls",
        [("k1", None, "x"), ("k1", None, "x")],
        {"a + b repeats": 2},
    ),
    (
        "empty where it may be",
        "besides",
        [("k1", None, "x"), ("k2", None, "y"), ("k3", None, "z")],
        {},
    ),
    (
        "unique besides the key",
        "besides",
        [("k1", 2, "x"), ("k2", 1, "y"), ("k3", 2, "z")],
        {"b repeats": 2},
    ),
    (
        "a combination besides the key",
        "besides",
        [("k1", None, "x"), ("k2", None, "x"), ("k3", 1, "x")],
        {"b + c repeats": 2},
    ),
    ("no key", "filled", [("k1", 1, "x"), ("k1", 1, "x")], {}),
    ("no key, and empty", "filled", [("k1", 1, None), ("k1", 1, "x")], {"c is null": 1}),
]
NAMED = [pytest.param(*case[1:], id=case[0]) for case in CASES]


def broken(database: duckdb.DuckDBPyConnection, query: str, rows: list[Row]) -> dict[str, int]:
    if rows:
        database.executemany("insert into rows values (?, ?, ?)", rows)
    return {promise: int(count) for promise, count in database.execute(query).fetchall()}


@pytest.mark.parametrize("test", ["keys_hold", PLAIN])
@pytest.mark.parametrize(("promises", "rows", "expected"), NAMED)
def test_a_broken_promise_is_named_with_its_rows(
    test: str,
    promises: str,
    rows: list[Row],
    expected: dict[str, int],
    queries: Mapping[str, str],
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert broken(database, queries[f"{test}_{promises}"], rows) == expected


@pytest.mark.parametrize(("promises", "rows", "expected"), NAMED)
def test_keys_of_one_hash_are_told_apart(
    promises: str,
    rows: list[Row],
    expected: dict[str, int],
    queries: Mapping[str, str],
    database: duckdb.DuckDBPyConnection,
) -> None:
    database.execute("create macro hash(a) as 1, (a, b) as 1")
    assert broken(database, queries[f"keys_hold_{promises}"], rows) == expected


def test_a_table_in_the_order_of_its_key_is_read_once(
    queries: Mapping[str, str], database: duckdb.DuckDBPyConnection
) -> None:
    database.execute("create macro hash(a) as error('hashed')")
    assert broken(database, queries["keys_hold_one"], [("k1", 1, "x"), ("k2", 1, "x")]) == {}
    with pytest.raises(duckdb.InvalidInputException, match="hashed"):
        broken(database, queries["keys_hold_one"], [("k0", 1, "x")])
