"""Months of a window, on counts written by hand: gaps, thin ends, what is known of the source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from data_contracts.expectations import Coverage
from pipeline.contracts.registry import Contract
from pipeline.landing.row_ledger import TableLedger
from pipeline.quality import coverage

WINDOW = ("2015-01-01", "2019-12-31")
MONTHS = [f"{year}-{month:02}" for year in range(2015, 2020) for month in range(1, 13)]


def contract(**stated: Any) -> Contract:
    return cast(
        Contract,
        SimpleNamespace(
            name="a.table", facts=SimpleNamespace(coverage=Coverage(by="day", **stated))
        ),
    )


def ledger(first: str, last: str) -> TableLedger:
    return TableLedger(
        source="a",
        table_name="table",
        is_present=True,
        is_required=True,
        delivered=0,
        staged=0,
        quarantined=0,
        duplicates_removed=0,
        coverage_from=date.fromisoformat(first),
        coverage_to=date.fromisoformat(last),
        rules=(),
        blocking=(),
    )


def states(
    rows: dict[str, int], window: tuple[str, str] = WINDOW, **stated: Any
) -> tuple[dict[str, list[str]], list[str]]:
    """Months by state, the usual ones left out; and what is told."""
    facts = pl.DataFrame({"fact": "month", "value": list(rows), "rows": list(rows.values())})
    months = coverage.count_months(contract(**stated), ledger(*window), facts)
    by_state: dict[str, list[str]] = {}
    for month, _, state in months.iter_rows():
        if state != "usual":
            by_state.setdefault(state, []).append(month)
    return by_state, [
        finding.text for finding in coverage.judge_coverage(contract(**stated), months)
    ]


def test_even_months_are_usual() -> None:
    assert states(dict.fromkeys(MONTHS, 100)) == ({}, [])


def test_lost_months_are_named() -> None:
    found, texts = states({month: 100 for month in MONTHS if month not in ("2016-05", "2018-01")})
    assert found == {"no rows": ["2016-05", "2018-01"]}
    assert texts == ["day has no rows in 2016-05, 2018-01, where a month usually has about 100"]


def test_a_year_that_is_lost_is_a_gap_in_every_month() -> None:
    found, _ = states({month: 100 for month in MONTHS if not month.startswith("2017")})
    assert found == {"no rows": [month for month in MONTHS if month.startswith("2017")]}


def test_empty_months_of_a_small_table_are_chance() -> None:
    assert states(dict.fromkeys(MONTHS[::2], 12)) == ({}, [])


def test_a_quiet_month_is_no_gap() -> None:
    assert states(dict.fromkeys(MONTHS, 1_000) | {"2017-04": 150}) == ({}, [])


def test_a_thin_end_is_named_and_a_thin_middle_is_not() -> None:
    thin = {"2019-10": 700, "2019-11": 500, "2019-12": 300, "2016-06": 300}
    found, texts = states(dict.fromkeys(MONTHS, 1_000) | thin)
    assert found == {"thin": ["2019-10", "2019-11", "2019-12"]}
    assert texts == [
        "day has few rows in 2019-10, 2019-11, 2019-12, where a month usually has about 1000"
    ]


def test_a_thin_end_of_few_rows_is_chance() -> None:
    assert states(dict.fromkeys(MONTHS, 20) | {"2019-12": 12}) == ({}, [])


def test_what_is_known_to_thin_out_is_named_and_does_not_warn() -> None:
    thin = {"2019-10": 700, "2019-11": 500, "2019-12": 300}
    rows = dict.fromkeys(MONTHS, 1_000) | thin
    assert states(rows, thins_from=date(2019, 10, 1)) == ({"thin as known": list(thin)}, [])
    earlier, _ = states(rows, thins_from=date(2019, 11, 1))
    assert earlier == {"thin": ["2019-10"], "thin as known": ["2019-11", "2019-12"]}


def test_months_before_a_law_are_not_judged() -> None:
    rows = {month: 100 for month in MONTHS if month >= "2016-01"}
    assert states(rows, since=date(2016, 1, 1)) == ({"not judged": MONTHS[:12]}, [])


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2020-01-01", "2020-02-29", ["2020-01", "2020-02"]),
        ("2020-01-02", "2020-02-29", ["2020-02"]),
        ("2020-01-01", "2020-02-28", ["2020-01"]),
        ("2020-12-15", "2021-01-15", []),
        ("2019-12-31", "2020-01-31", ["2020-01"]),
    ],
)
def test_only_full_months_of_the_window_are_judged(
    first: str, last: str, months: list[str]
) -> None:
    facts = pl.DataFrame({"fact": ["month"], "value": ["2020-01"], "rows": [1]})
    assert (
        coverage.count_months(contract(), ledger(first, last), facts)["month"].to_list() == months
    )


def test_nothing_is_judged_without_a_window_or_a_table() -> None:
    facts = pl.DataFrame({"fact": ["month"], "value": ["2020-01"], "rows": [1]})
    for entry in (
        replace(ledger(*WINDOW), coverage_from=None),
        replace(ledger(*WINDOW), is_present=False),
    ):
        assert coverage.count_months(contract(), entry, facts).is_empty()
