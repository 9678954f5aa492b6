"""Every trap and every kind of mistake is there, as often as it says; none of the mistakes where
none are asked for.
"""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.synthetic import traps, world
from pipeline.synthetic.build_partition import make_lives, record_tables
from pipeline.synthetic.corruption import contract_faults
from pipeline.synthetic.corruption.identity_errors import CIRCUMSTANCES, KINDS
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.traps import identity_traps
from pipeline.synthetic.truth import world_truth

Tables = dict[tuple[str, str], pl.DataFrame]
ENOUGH, SOME = 50, 8
"""Rows expected from which a count must be within a factor of two, and of three; fewer are only
required to be there, from three on.
"""
LEAST = 3


def town(people: int) -> Town:
    return Town(1, 0, people, people)


@pytest.fixture(scope="module")
def planted(default_tables: Tables) -> pl.DataFrame:
    """The list of traps with counts, faults of rows included."""
    where = town(world.DEFAULT_PEOPLE)
    return traps.describe_traps(
        traps.count_traps(
            {
                name: contract_faults.plant_faults(where, *name, rows, as_text=False)
                for name, rows in default_tables.items()
            }
        )
    )


@pytest.fixture(scope="module")
def clean() -> tuple[People, Tables]:
    """A world without mistakes, large enough for all kinds of people."""
    people, lives = make_lives(town(12_000), lambda *_: None)
    return people, record_tables(people, lives, errors=False, tell=lambda *_: None)


@pytest.mark.parametrize(
    "trap", traps.list_traps(), ids=lambda trap: f"{trap.source}-{trap.table}-{trap.name}"
)
def test_each_trap_is_there_as_often_as_it_says(trap: traps.Trap, planted: pl.DataFrame) -> None:
    found = planted.filter(
        (pl.col("trap") == trap.name)
        & (pl.col("source") == trap.source)
        & (pl.col("table") == trap.table)
    )
    assert found.height == 1
    rows, expected = found["rows"][0], trap.rate * found["table_rows"][0]
    if trap.absent:
        assert rows == 0
    elif expected >= SOME:
        factor = 2 if expected >= ENOUGH else 3
        assert expected / factor <= rows <= expected * factor
    else:
        assert rows <= expected * 3 + 3
        assert rows >= 1 or expected < LEAST


def test_no_trap_is_too_rare_for_a_nation() -> None:
    """A count in the default world may be small; in a hundred times as many rows every trap has
    many.
    """
    assert all(trap.absent or trap.rate >= 1 / 50_000 for trap in traps.list_traps())


def test_each_kind_of_mistake_is_a_trap_somewhere() -> None:
    assert tuple(identity_traps.WHAT) == KINDS
    assert tuple(identity_traps.CIRCUMSTANCE_WHAT) == CIRCUMSTANCES
    assert set(KINDS) <= {trap.name for trap in traps.list_traps()}


def test_traps_have_one_name_and_a_table_of_the_delivery(default_tables: Tables) -> None:
    keys = [(trap.source, trap.table, trap.name) for trap in traps.list_traps()]
    assert len(keys) == len(set(keys))
    assert {key[:2] for key in keys} <= set(default_tables)
    assert all(trap.what and trap.told for trap in traps.list_traps())


def test_every_deleted_flag_is_a_trap(default_tables: Tables) -> None:
    flagged = {name for name, rows in default_tables.items() if "soft_deleted" in rows.columns}
    assert flagged == {
        (trap.source, trap.table) for trap in traps.list_traps() if trap.name == "soft_deleted"
    }


def test_counts_of_towns_add_up(default_tables: Tables) -> None:
    counts = traps.count_traps(default_tables)
    twice = traps.describe_traps(pl.concat([counts, counts]))
    once = traps.describe_traps(counts)
    assert (twice["rows"] == once["rows"] * 2).all()
    assert twice["found_rate"].equals(once["found_rate"])


def test_without_errors_there_is_no_mistake_and_no_fault(clean: tuple[People, Tables]) -> None:
    tables = clean[1]
    held = (
        traps.describe_traps(traps.count_traps(tables)).filter(pl.col("rows") > 0)["trap"].to_list()
    )
    faulty = {"impossible_age", "unknown_code", "impossible_date"}
    assert (
        set(held)
        & (
            set(KINDS)
            | faulty
            | {"split_terms", "joined_terms", "wrong_guess", "masked", "errors_by_group"}
        )
        == set()
    )
    for name in identity_traps.TABLES.items():
        assert (tables[name]["_errors"] == 0).all()
    assert (world_truth.record_person(tables)["errors"] == "").all()
