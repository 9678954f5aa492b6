from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.prepare import load_records
from pipeline.linkage.scoring import candidate_pairs
from pipeline.linkage.scoring.blocking_rules import BlockingRule
from pipeline.linkage.training import blocking_report
from tests.support.identity import stranger, write_identity

NAME_BIRTH = BlockingRule("name_birth", "for tests", ("full_name", "birth"))
NAME_POSTCODE = BlockingRule(
    "name_postcode", "for tests", ("full_name", "postcodes"), explodes="postcodes"
)
SWAPPED = BlockingRule("names_swapped", "for tests", ("birth", "forename"), ("birth", "surname"))
RULES = (NAME_BIRTH, NAME_POSTCODE, SWAPPED)


def _people() -> list[dict[str, Any]]:
    """Twenty people with three records at two addresses (one with names swapped), and one name on
    one day that forty people share.
    """
    rows = []
    for number in range(20):
        one = stranger(number)
        postcode = "M1 1A" + "ABCDEFGHIJLNPQRSTUWXYZ"[number]
        moved = one | {"id": f"moved{number}", "postcode": postcode}
        swapped = moved | {
            "id": f"swapped{number}",
            "forename": one["surname"],
            "surname": one["forename"],
        }
        rows += [row | {"person": number} for row in (one, moved, swapped)]
    shared = {"forename": "TOM", "surname": "BAKER", "date_of_birth": stranger(0)["date_of_birth"]}
    return rows + [stranger(number) | shared | {"person": number} for number in range(100, 140)]


@pytest.fixture
def world(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    rows = _people()
    load_records.load_records(database, write_identity(tmp_path / "identity", rows))
    exact_dedupe.load_nodes(database)
    truth = {
        name: [str(row[of]) for row in rows]
        for name, of in (("source_dataset", "source"), ("source_record_id", "id"))
    }
    pl.DataFrame(truth | {"true_person_id": [str(row["person"]) for row in rows]}).write_parquet(
        tmp_path / "truth.parquet"
    )
    yield database, tmp_path / "truth.parquet"


def _pairs(
    connection: duckdb.DuckDBPyConnection,
    rule: BlockingRule,
    *,
    most: int = candidate_pairs.MAX_IN_BLOCK,
) -> set[tuple[int, int]]:
    candidate_pairs.make_crowded(connection)
    found = candidate_pairs.find_pairs(connection, [rule], most=most)
    assert len(found) == len(set(found.tolist()))
    return {
        (int(left), int(right))
        for left, right in zip(*candidate_pairs.split_pairs(found), strict=True)
    }


def _same(columns: str, others: str) -> str:
    return (
        "select l.node, r.node from nodes as l "
        f"inner join nodes as r on l.node < r.node and ({columns}) = ({others})"
    )


@pytest.mark.parametrize(
    ("rule", "stated"),
    [
        (NAME_BIRTH, _same("l.full_name, l.birth", "r.full_name, r.birth")),
        (NAME_POSTCODE, _same("l.full_name, l.postcodes[1]", "r.full_name, r.postcodes[1]")),
        (
            SWAPPED,
            f"{_same('l.birth, l.forename', 'r.birth, r.surname')} "
            f"union {_same('l.birth, l.surname', 'r.birth, r.forename')}",
        ),
    ],
    ids=lambda rule: rule.name if isinstance(rule, BlockingRule) else "",
)
def test_pairs_are_those_that_share_the_key(
    world: tuple[duckdb.DuckDBPyConnection, Path], rule: BlockingRule, stated: str
) -> None:
    connection, _ = world
    found = _pairs(connection, rule)
    assert found == set(connection.execute(stated).fetchall())
    assert all(left < right for left, right in found)


def test_a_block_that_explodes_is_left_out_and_counted(
    world: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    connection, _ = world
    every = _pairs(connection, NAME_BIRTH, most=40)
    assert connection.execute("from crowded").fetchall() == []
    within = _pairs(connection, NAME_BIRTH, most=39)
    assert connection.execute("from crowded").fetchall() == [("name_birth", 1, 40)]
    assert (len(every), len(within)) == (780 + 20, 20)


def test_sizes_are_counted_without_making_pairs(
    world: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    connection, _ = world
    row = candidate_pairs.count_block_sizes(connection, [NAME_BIRTH]).row(0, named=True)
    assert {name: row[name] for name in ("blocks", "largest_block", "block_pairs")} == {
        "blocks": 21,
        "largest_block": 40,
        "block_pairs": 800,
    }


def test_what_each_rule_finds_alone_and_for_whom(
    world: tuple[duckdb.DuckDBPyConnection, Path],
) -> None:
    connection, truth = world
    rows = {
        row["rule"]: row
        for row in blocking_report.measure_rules(connection, truth, RULES).iter_rows(named=True)
    }
    every, by_name, swapped = rows["every rule"], rows["name_birth"], rows["names_swapped"]
    assert (every["pairs"], every["true_pairs"], every["true_share"]) == (780 + 60, 60, 1.0)
    assert (
        by_name["pairs"],
        by_name["own_pairs"],
        by_name["true_pairs"],
        by_name["own_true_pairs"],
    ) == (800, 800, 20, 20)
    assert (swapped["true_pairs"], swapped["own_true_pairs"], swapped["own_true_share"]) == (
        40,
        40,
        pytest.approx(2 / 3),
    )
    assert rows["name_postcode"]["pairs"] == 0


def test_reach_counts_chains(world: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    connection, truth = world
    rows = {
        row["rule"]: row
        for row in blocking_report.measure_rules(connection, truth, RULES).iter_rows(named=True)
    }
    assert rows["every rule"]["reach"] == 1.0
    # Swapped names tie all three records together without the rule of equal names; without swaps
    # only two of the three remain.
    assert rows["name_birth"]["reach_lost"] == 0
    assert rows["names_swapped"]["reach_lost"] == pytest.approx(2 / 3)


def test_without_a_truth_only_pairs_are_told(world: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    connection, _ = world
    assert blocking_report.measure_rules(connection, rules=RULES).columns == [
        "rule",
        "pairs",
        "own_pairs",
        "seconds",
    ]


def test_the_command_prints_tables_and_no_value(tmp_path: Path) -> None:
    identity = write_identity(tmp_path / "identity", _people())
    told = CliRunner().invoke(app, ["model", "blocking", str(identity)]).stdout
    assert "| rule | blocks |" in told
    assert "| every rule | " in told
    assert "BAKER" not in told
