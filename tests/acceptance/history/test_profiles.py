"""What is counted of a delivery, and which delivery the next one is compared with."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.fields import allowed
from pipeline.contracts.registry import list_contracts
from pipeline.quality import delivery_profile
from pipeline.settings import Settings
from tests.support.judged_deliveries import Judge, accept
from tests.support.landing import rows_of

RECALLS = "probation.recalls"
DAY = date(2021, 9, 30)


def recalls(count: int, **columns: list[Any]) -> pl.DataFrame:
    return rows_of(
        RECALLS,
        **({"recall_id": [f"9{i}" for i in range(count)], "release_id": ["7"] * count} | columns),
    )


def counts(facts: pl.DataFrame, fact: str, column: str = "") -> dict[str | None, int]:
    chosen = facts.filter((pl.col("fact") == fact) & (pl.col("column_name") == column))
    return dict(chosen.select("value", "rows").iter_rows())


def test_rows_months_nulls_and_codes_are_counted(judged: Judge) -> None:
    code = allowed("recall_reasons_delius")[0]
    days = [date(2016, 1, 5), date(2016, 1, 9), date(2016, 3, 1), None]
    codes = [code, code, None, "no such code"]
    whole = judged({RECALLS: recalls(4, recall_date=days, recall_reason_code=codes)})
    facts = whole.judged[RECALLS].facts
    assert counts(facts, "rows") == {
        "delivered": 4,
        "staged": 3,
        "quarantined": 1,
        "duplicates_removed": 0,
        "replaced": 0,
    }
    assert counts(facts, "month", "recall_date") == {"2016-01": 2, "2016-03": 1}
    assert counts(facts, "null", "recall_date") == {None: 0}
    assert counts(facts, "code", "recall_reason_code") == {code: 2}
    assert counts(facts, "null", "recall_reason_code") == {None: 1}


def test_nulls_are_those_of_the_files_on_both_sides(judged: Judge) -> None:
    magistrates = rows_of(
        "magistrates.defendants",
        case_id=["1", "2", "3"],
        defendant_id=["1", "2", "3"],
        pnc_id=[None, "2001/1234567X", None],
        date_of_birth=[date(1980, 1, 1), None, None],
        plea_code=["G", None, "NG"],
    )
    whole = judged({"magistrates.defendants": magistrates})
    facts = whole.judged["magistrates.defendants"].facts
    found = {
        column: counts(facts, "null", column)[None]
        for column in ("pnc_id", "date_of_birth", "plea_code", "case_id")
    }
    assert found == {"pnc_id": 2, "date_of_birth": 2, "plea_code": 1, "case_id": 0}
    staged = pl.read_parquet(whole.build.staged / "magistrates" / "defendants.parquet")
    shared = [
        name
        for name in list_contracts()["magistrates", "defendants"].columns
        if name in staged.columns
    ]
    assert {name: counts(facts, "null", name)[None] for name in shared} == {
        name: staged[name].null_count() for name in shared
    }


def test_a_profile_holds_no_value_but_codes_of_lists(judged: Judge) -> None:
    magistrates = rows_of(
        "magistrates.defendants",
        case_id=["1"],
        defendant_id=["1"],
        surname=["Quixote"],
        lsoa_residence=["E01000001"],
    )
    facts = judged({"magistrates.defendants": magistrates}).judged["magistrates.defendants"].facts
    columns = list_contracts()["magistrates", "defendants"].columns
    for column, value in (
        facts.filter(pl.col("fact") == "code").select("column_name", "value").iter_rows()
    ):
        assert value in allowed(columns[column].codes or "")
    others = facts.filter(~pl.col("fact").is_in(["code"]))["value"].drop_nulls().to_list()
    assert set(others) <= {*delivery_profile.PLACES, "2015-01"}


def test_a_table_that_was_not_delivered_has_no_rows(judged: Judge) -> None:
    facts = judged({RECALLS: recalls(1)}).judged["prison.movements"].facts
    assert set(counts(facts, "rows").values()) == {0}
    assert facts["rows"].sum() == 0


def test_the_newest_accepted_delivery_of_an_earlier_day_counts(
    judged: Judge, settings: Settings
) -> None:
    registry_folder = settings.workspace.registry
    days = (date(2020, 3, 31), date(2021, 3, 31), DAY, date(2022, 3, 31))
    wholes = [judged({RECALLS: recalls(1 + place)}, day) for place, day in enumerate(days)]
    now = wholes[2].delivery
    assert delivery_profile.find_former(registry_folder, now) is None
    for whole in wholes:
        accept(whole, settings)
    found = delivery_profile.find_former(registry_folder, now)
    assert found
    assert found.extract_date == date(2021, 3, 31)
    assert counts(found.facts().filter(pl.col("table_name") == "recalls"), "rows")["delivered"] == 2
    assert (
        delivery_profile.find_former(registry_folder, dataclasses.replace(now, synthetic=False))
        is None
    )


def test_a_delivery_accepted_again_is_kept_once(judged: Judge, settings: Settings) -> None:
    whole = judged({RECALLS: recalls(1)})
    accept(whole, settings, "first")
    folder = accept(whole, settings, "second")
    assert len(delivery_profile.list_accepted(settings.workspace.registry)) == 1
    assert json.loads((folder / delivery_profile.DELIVERY).read_text())["release_id"] == "second"
    assert [path.name for path in (settings.workspace.registry / "deliveries").iterdir()] == [
        whole.delivery.delivery_id
    ]


def test_the_same_delivery_gives_the_same_bytes(
    judged: Judge, settings: Settings, tmp_path: Path
) -> None:
    tables = {RECALLS: recalls(3, recall_date=[date(2016, 1, 5), None, date(2017, 1, 5)])}
    first = (accept(judged(tables), settings) / delivery_profile.NAME).read_bytes()
    assert (accept(judged(tables), settings) / delivery_profile.NAME).read_bytes() == first


def test_history_is_one_row_a_delivery(judged: Judge, settings: Settings) -> None:
    accept(judged({RECALLS: recalls(2)}, date(2021, 3, 31)), settings)
    history = judged({RECALLS: recalls(5)}).judged[RECALLS].history
    assert history.select("extract_date", "delivered").rows() == [(date(2021, 3, 31), 2), (DAY, 5)]
