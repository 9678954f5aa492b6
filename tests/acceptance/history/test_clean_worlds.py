"""Clean deliveries of different worlds raise no alarm, however they are compared; and what is
planted in one is found, to the row.
"""

from __future__ import annotations

import dataclasses
from datetime import date
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

from data_contracts.fields import allowed
from pipeline.contracts.registry import list_contracts
from pipeline.quality import drift
from pipeline.quality.delivery_profile import Accepted
from pipeline.settings import Settings
from pipeline.supplier import check as checking
from tests.support.judged_deliveries import Whole, accept, at, deliver, judge, tables_of

THEN, NOW = date(2021, 3, 31), date(2021, 9, 30)
MAGISTRATES = "magistrates.defendants"


@pytest.fixture(scope="module")
def wholes(small_worlds: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Whole]:
    """Every world, landed and judged without a history."""
    root = tmp_path_factory.mktemp("landed")
    return [judge(folder, root / folder.name, at(root / "workspace")) for folder in small_worlds]


def test_no_world_alone_raises_an_alarm(wholes: list[Whole]) -> None:
    assert [found for whole in wholes for found in whole.findings] == []
    assert all(whole.judged[MAGISTRATES].months.height == 120 for whole in wholes)


def test_no_pair_of_worlds_raises_an_alarm(wholes: list[Whole]) -> None:
    pairs = list(combinations(wholes, 2))
    assert len(pairs) == 10
    alarms, shares = [], 0
    for one, other in pairs:
        former = Accepted(other.delivery.delivery_id, THEN, synthetic=True, folder=Path())
        for contract in list_contracts().values():
            then = other.judged[contract.name].facts
            compared = drift.compare_shares(contract, one.judged[contract.name].facts, then)
            shares += compared.height
            alarms += drift.compare_rows(
                contract, one.entries[contract.name], then, former
            ) + drift.judge_drift(contract, compared, former)
    assert alarms == []
    assert shares > 10_000


@pytest.fixture(scope="module")
def history(wholes: list[Whole], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A workspace in which the first world's delivery was accepted, half a year earlier."""
    settings = at(tmp_path_factory.mktemp("history"))
    earlier = dataclasses.replace(wholes[0].delivery, extract_date=THEN, delivery_id="earlier")
    accept(dataclasses.replace(wholes[0], delivery=earlier), settings)
    return settings


def check(
    tables: dict[str, pl.DataFrame], history: Settings, folder: Path
) -> set[tuple[str, str, str, str, int]]:
    """What `journeys check --workspace` finds."""
    findings = checking.check_delivery(deliver(folder, tables, NOW), history, lambda _: None)
    return {
        (found.table, found.column, found.rule, found.severity, found.rows) for found in findings
    }


def test_the_same_rows_again_raise_no_alarm(
    small_worlds: list[Path], history: Settings, tmp_path: Path
) -> None:
    assert check(tables_of(small_worlds[0]), history, tmp_path) == set()


def test_what_is_planted_is_found_to_the_row(
    small_worlds: list[Path], history: Settings, tmp_path: Path
) -> None:
    tables = tables_of(small_worlds[0])
    kept = tables[MAGISTRATES].filter(pl.int_range(pl.len()) % 10 >= 3)
    column, codes = "mode_of_trial_code", "modes_of_trial"
    unseen = next(code for code in allowed(codes) if code not in set(kept[column]))
    place = pl.int_range(pl.len())
    tables[MAGISTRATES] = kept.with_columns(
        pl.when(place % 8 == 0).then(pl.lit(unseen)).otherwise(column).alias(column),
        pl.when(place % 2 == 0).then("pnc_id").alias("pnc_id"),
    )
    offenders, events = tables["probation.offenders"], tables["probation.events"]
    tables["probation.offenders"] = offenders.slice(7)
    orphans = events.join(offenders.head(7), on="offender_id", how="semi").height
    planted = tables[MAGISTRATES]
    found = check(tables, history, tmp_path)
    assert 0 < orphans < 0.05 * events.height
    assert {
        (MAGISTRATES, "", "row fall", "warn", kept.height),
        (MAGISTRATES, "pnc_id", "share of nulls", "warn", planted["pnc_id"].null_count()),
        (MAGISTRATES, column, "new code", "warn", (planted[column] == unseen).sum()),
        ("probation.events", "offender_id", "reference", "warn", orphans),
    } <= found
    assert {name for name, _, _, _, _ in found} == {MAGISTRATES, "probation.events"}


def test_a_collapse_blocks(small_worlds: list[Path], history: Settings, tmp_path: Path) -> None:
    tables = tables_of(small_worlds[0])
    tables[MAGISTRATES] = tables[MAGISTRATES].head(1_000)
    assert (MAGISTRATES, "", "row fall", "block", 1_000) in check(tables, history, tmp_path)
