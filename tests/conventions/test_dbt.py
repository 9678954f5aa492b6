from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

import data_contracts
from tests.conventions.repository import code_of, described_models, files, models, text

ONLY_DUCKDB = {
    "cast by colons": r"::",
    "exclude": r"\*\s*exclude\b",
    "replace in a star": r"\*\s*replace\b",
    "list functions": r"\blist_\w+\s*\(",
    "qualify": r"\bqualify\b",
    "as-of join": r"\basof\b",
    "lambda": r"(?:\blambda\b|\b\w+\s*->\s*(?!>))",
    "columns expression": r"\bcolumns\s*\(",
    "group by all": r"\bgroup\s+by\s+all\b",
    "order by all": r"\border\s+by\s+all\b",
    "reading a file": r"\bread_(?:csv|parquet|json)\w*\s*\(",
}
NOT_THE_SAME_TWICE = {
    "today": r"\bnow\s*\(|\bcurrent_(?:date|timestamp|time)\b|\btoday\s*\(",
    "chance": r"\brandom\s*\(|\buuid\s*\(",
}

LAYERS = {
    "staging": {"staging"},
    "intermediate": {"staging", "intermediate"},
    "marts": {"staging", "intermediate", "marts", "derived"},
    "derived": {"staging", "intermediate", "marts", "derived"},
    "aggregates": {"intermediate", "marts", "derived", "aggregates"},
    "reports": {"aggregates", "reports"},
}
"""Folders of models, each with the layers that it may read; seeds and sources stand under all."""
LAYER_OF = {Path(path).stem: layer for layer in LAYERS for path in models(layer)}
PREFIX = {
    "intermediate": "int_",
    "derived": "drv_",
    "aggregates": "agg_",
    "reports": "rpt_",
}
WINDOWS = "int_coverage"
"""Windows of the delivery, which hold no row of a person: everyone may read them."""

WITHOUT_KEY = {"drv_status_spell", "int_person_event", "int_journey_event"}
"""Spells and events as recorded, one as often as it is recorded."""
KEPT_ELSEWHERE = ("__journey_events", "__person_records")
"""Views of staging that all sources plug in by: what is true of their rows is asked of where they
are kept (int_person_event, int_person_record), for a view is made anew by everyone who asks.
"""

COPIES = {"journey_event": "int_journey_event"}
"""Marts that are the rows of a large sorted table, with keys as text: each with that table.
Publishing tests their key.
"""

AT_ITS_END = r"\border\s+by\b[^()]*$"

SQL = [pytest.param(path, id=Path(path).stem) for path in models()]
PUBLISHED = ("marts", "reports")
MARTS = [pytest.param(path, id=Path(path).stem) for layer in PUBLISHED for path in models(layer)]
OTHERS = [path for path in SQL if path.id not in COPIES]
OTHER_MARTS = [path for path in MARTS if path.id not in COPIES]


def stated(path: str) -> dict[str, Any]:
    """What YAML says of a model."""
    name = Path(path).stem
    assert name in described_models(), f"{name} stands in no YAML file"
    return described_models()[name]


def promises(model: dict[str, Any]) -> list[dict[str, Any]]:
    """What the test of keys is asked of a model; one test, or the model is read again."""
    return [
        test["keys_hold"]["arguments"]
        for test in model.get("data_tests", [])
        if "keys_hold" in test
    ]


def kinds_of_tests(node: dict[str, Any]) -> set[str]:
    """Names of the tests of a model and its columns."""
    tests = [
        test for part in (node, *node.get("columns", [])) for test in part.get("data_tests", [])
    ]
    return {test if isinstance(test, str) else next(iter(test)) for test in tests}


def key_of(model: dict[str, Any]) -> list[str]:
    """Columns of the key that a model promises."""
    key = promises(model)[0].get("key", [])
    return [key] if isinstance(key, str) else key


def test_there_is_something_to_judge() -> None:
    assert all(models(layer) for layer in LAYERS)
    assert sum(len(models(layer)) for layer in LAYERS) == len(models())


@pytest.mark.parametrize("path", SQL)
def test_every_model_says_its_grain(path: str) -> None:
    assert stated(path).get("description", "").startswith("One row per "), (
        "the first sentence of a description is the grain"
    )


@pytest.mark.parametrize("path", SQL)
def test_yaml_stands_beside_its_model_under_its_name(path: str) -> None:
    assert Path(stated(path)["path"]) == Path(path).with_suffix(".yml")


@pytest.mark.parametrize("path", files("dbt_project", ".yml"))
def test_yaml_is_written_without_anchors(path: str) -> None:
    assert not re.search(r"[&*]id\d+\b", text(path)), (
        "written by a program: say it again, or once in a seed"
    )


def test_what_three_models_say_of_a_column_is_said_once() -> None:
    said = Counter(
        (column["name"], " ".join(column["description"].split()))
        for model in described_models().values()
        for column in model.get("columns", [])
        if "doc(" not in column.get("description", "doc(")
    )
    assert sorted(column for (column, _), times in said.items() if times > 2) == [], (
        "take it from a doc block in columns.md"
    )


def test_yaml_describes_no_model_that_is_not_there() -> None:
    assert sorted(set(described_models()) - {Path(path).stem for path in models()}) == []


def test_marts_have_enforced_contracts() -> None:
    project = yaml.safe_load(text("dbt_project/dbt_project.yml"))
    layers = project["models"]["justice_journeys"]
    assert {name for name in layers if "+contract" in layers[name]} == set(PUBLISHED)
    assert {name for name in layers if "+database" in layers[name]} == set(PUBLISHED)
    assert all(layers[name]["+contract"] == {"enforced": True} for name in PUBLISHED)


@pytest.mark.parametrize("path", MARTS)
def test_a_mart_describes_and_types_every_column(path: str) -> None:
    model = stated(path)
    assert model.get("config", {}).get("contract", {"enforced": True}) == {"enforced": True}, (
        "a mart does not opt out of its contract"
    )
    assert model.get("columns")
    bare = [
        column["name"]
        for column in model["columns"]
        if not (column.get("description") and column.get("data_type"))
    ]
    assert bare == []


@pytest.mark.parametrize("path", OTHER_MARTS)
def test_the_first_column_of_a_mart_is_its_key_or_begins_it(path: str) -> None:
    model = stated(path)
    assert key_of(model)[0] == model["columns"][0]["name"]
    assert not promises(model)[0].get("nullable"), "a released row has a whole key"


@pytest.mark.parametrize("path", OTHERS)
def test_every_model_promises_its_key_once(path: str) -> None:
    model = stated(path)
    assert len(promises(model)) == 1
    assert bool(key_of(model)) != (
        Path(path).stem in WITHOUT_KEY or Path(path).stem.endswith(KEPT_ELSEWHERE)
    )


@pytest.mark.parametrize("path", OTHERS)
def test_a_promise_names_columns_that_are_described(path: str) -> None:
    model = stated(path)
    (promise,) = promises(model)
    named = [
        *key_of(model),
        *promise.get("not_null", []),
        *promise.get("unique", []),
        *promise.get("nullable", []),
    ]
    flat = {
        column
        for columns in named
        for column in ([columns] if isinstance(columns, str) else columns)
    }
    assert sorted(flat - {column["name"] for column in model["columns"]}) == []
    assert set(promise.get("nullable", [])) <= set(key_of(model))


@pytest.mark.parametrize(("copy", "table"), COPIES.items())
def test_a_copy_has_the_rows_of_its_table_in_the_order_of_that(copy: str, table: str) -> None:
    code = {Path(path).stem: code_of(path) for path in models()}
    (path,) = (path for path in models() if Path(path).stem == copy)
    assert re.findall(r"\bref\('(\w+)'\)", text(path))[0] == table
    assert not re.search(
        r"\bwhere\b|(?<!\bcross )\bjoin\b|\bgroup\s+by\b|\bdistinct\b|\bunion\b", code[copy]
    )
    assert not re.search(AT_ITS_END, code[copy].strip())
    assert re.search(AT_ITS_END, code[table].strip())
    assert promises(described_models()[copy]) == []


@pytest.mark.parametrize(
    "path", [*files("dbt_project/models", ".yml"), *files("dbt_project/seeds", ".yml")]
)
def test_keys_are_tested_in_one_scan(path: str) -> None:
    stated = yaml.safe_load(text(path)) or {}
    tables = [*stated.get("models", []), *stated.get("seeds", [])]
    tables += [table for source in stated.get("sources", []) for table in source["tables"]]
    assert [
        table["name"] for table in tables if kinds_of_tests(table) & {"unique", "not_null"}
    ] == []


@pytest.mark.parametrize("path", OTHER_MARTS)
def test_a_mart_is_ordered(path: str) -> None:
    assert re.search(AT_ITS_END, code_of(path).strip()), (
        "a released table is ordered by its key at its end"
    )


@pytest.mark.parametrize("path", models("staging"))
def test_staging_is_named_for_its_source(path: str) -> None:
    assert Path(path).stem.startswith(f"stg_{Path(path).parent.name}__")


@pytest.mark.parametrize("layer", PREFIX)
def test_a_model_is_named_for_its_layer(layer: str) -> None:
    assert [path for path in models(layer) if not Path(path).stem.startswith(PREFIX[layer])] == []


@pytest.mark.parametrize("source", data_contracts.SOURCES)
@pytest.mark.parametrize("plug", ["person_records", "journey_events"])
def test_every_source_has_its_two_plugs(source: str, plug: str) -> None:
    assert f"dbt_project/models/staging/{source}/stg_{source}__{plug}.sql" in models("staging")


@pytest.mark.parametrize("path", SQL)
def test_a_second_engine_could_run_the_sql(path: str) -> None:
    assert [
        name for name, pattern in ONLY_DUCKDB.items() if re.search(pattern, code_of(path))
    ] == []


@pytest.mark.parametrize("path", SQL)
def test_the_sql_gives_the_same_every_time(path: str) -> None:
    assert [
        name for name, pattern in NOT_THE_SAME_TWICE.items() if re.search(pattern, code_of(path))
    ] == []


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("select a::date", "cast by colons"),
        ("select * exclude (a)", "exclude"),
        ("select list_sort(a)", "list functions"),
        ("select 1 qualify x = 1", "qualify"),
        ("from a asof join b", "as-of join"),
        ("select f(a, x -> x + 1)", "lambda"),
    ],
)
def test_what_only_duckdb_speaks_is_recognised(sql: str, name: str) -> None:
    assert re.search(ONLY_DUCKDB[name], sql)


@pytest.mark.parametrize("path", [path for path in models() if "/staging/" not in path])
def test_only_staging_reads_a_source_of_people(path: str) -> None:
    read = set(re.findall(r"source\(\s*'(\w+)'", text(path)))
    assert sorted(read & set(data_contracts.SOURCES)) == []


def test_the_layers_of_the_architecture_are_true() -> None:
    _, _, after = text("docs/architecture.md").partition("<!-- layers of dbt -->\n")
    drawn = [line.partition(":")[0] for line in after.partition("<!-- end -->")[0].splitlines()]
    assert drawn == [f"- `{layer}` reads {', '.join(sorted(may))}" for layer, may in LAYERS.items()]


@pytest.mark.parametrize("path", SQL)
def test_a_layer_reads_only_what_it_may(path: str) -> None:
    read = set(re.findall(r"ref\(\s*'(\w+)'", text(path))) & set(LAYER_OF)
    may = LAYERS[LAYER_OF[Path(path).stem]]
    assert sorted(name for name in read - {WINDOWS} if LAYER_OF[name] not in may) == []


@pytest.mark.parametrize("path", models("staging"))
def test_staging_reads_its_own_source_alone(path: str) -> None:
    own = Path(path).parent.name
    read = set(re.findall(r"ref\(\s*'(\w+)'", text(path)))
    assert [
        name for name in read if name.startswith("stg_") and not name.startswith(f"stg_{own}__")
    ] == []


@pytest.mark.parametrize("path", files("dbt_project/models", ".yml"))
def test_generated_and_hand_written_never_share_a_file(path: str) -> None:
    generated = path.endswith("__sources.yml") and "/_pipeline__" not in path
    assert text(path).startswith("# generated by pipeline/exports/generate.py") == generated
