"""Two deliveries compared, on counts written by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import polars as pl
import pytest

from data_contracts.expectations import Drift, RowHistory
from pipeline.contracts.registry import Contract
from pipeline.landing.row_ledger import TableLedger
from pipeline.quality import drift
from pipeline.quality.delivery_profile import FACTS, Accepted
from pipeline.quality.findings import TableFinding

FORMER = Accepted("spring", date(2021, 3, 31), synthetic=True, folder=Path())


def contract(row_history: RowHistory | None = None) -> Contract:
    stated = SimpleNamespace(drift=Drift(), row_history=row_history or RowHistory())
    return cast(Contract, SimpleNamespace(name="a.table", facts=stated))


def facts(staged: int, nulls: dict[str, int], codes: dict[str, dict[str, int]]) -> pl.DataFrame:
    """Counts of one table."""
    rows: list[tuple[str, str, str | None, int]] = [
        ("rows", "", "staged", staged),
        ("rows", "", "delivered", staged),
    ]
    rows += [("null", column, None, count) for column, count in nulls.items()]
    rows += [
        ("code", column, code, count)
        for column, known in codes.items()
        for code, count in known.items()
    ]
    return pl.DataFrame([("a", "table", *row) for row in rows], schema=FACTS, orient="row")


def entry(delivered: int, *, required: bool = True, present: bool = True) -> TableLedger:
    return TableLedger(
        source="a",
        table_name="table",
        is_present=present,
        is_required=required,
        delivered=delivered,
        staged=delivered,
        quarantined=0,
        duplicates_removed=0,
        coverage_from=None,
        coverage_to=None,
        rules=(),
        blocking=(),
    )


def compare(now: pl.DataFrame, then: pl.DataFrame) -> list[TableFinding]:
    return drift.judge_drift(contract(), drift.compare_shares(contract(), now, then), FORMER)


def told(found: list[TableFinding]) -> list[tuple[str, str, str, int]]:
    return [(one.column, one.rule, one.severity, one.rows) for one in found]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        (10_000, 10_000, []),
        (10_000, 9_100, []),  # within the tolerated fall
        (10_000, 7_000, [("", "row fall", "warn", 7_000)]),
        (10_000, 4_900, [("", "row fall", "block", 4_900)]),
        (10_000, 0, [("", "row fall", "block", 0)]),
        (10_000, 12_400, []),
        (10_000, 13_000, [("", "row growth", "warn", 13_000)]),
        (10_000, 90_000, [("", "row growth", "warn", 90_000)]),
        (40, 25, []),  # a third fewer, and yet chance
        (0, 10_000, []),  # nothing to compare with
        (13_100_000, 12_000_000, []),
        (13_100_000, 11_000_000, [("", "row fall", "warn", 11_000_000)]),
    ],
)
def test_rows_fall_and_grow(then: int, now: int, expected: list[tuple[str, str, str, int]]) -> None:
    assert told(drift.compare_rows(contract(), entry(now), facts(then, {}, {}), FORMER)) == expected


def test_a_finding_says_with_what_it_compares_and_what_is_tolerated() -> None:
    (found,) = drift.compare_rows(contract(), entry(7_000), facts(10_000, {}, {}), FORMER)
    assert found.text == (
        "has 7,000 rows, 30% fewer than the 10,000 of delivery [spring] of 2021-03-31; "
        "tolerated are 10%"
    )


def test_an_optional_table_that_is_left_out_warns() -> None:
    found = drift.compare_rows(
        contract(), entry(0, required=False, present=False), facts(10_000, {}, {}), FORMER
    )
    assert told(found) == [("", "row fall", "warn", 0)]


def test_tolerances_are_the_contract_s() -> None:
    strict = contract(RowHistory(fall=0.05, clustering=1.0))
    found = drift.compare_rows(strict, entry(9_100), facts(10_000, {}, {}), FORMER)
    assert told(found) == [("", "row fall", "warn", 9_100)]


@pytest.mark.parametrize(
    ("staged", "then", "now", "warns"),
    [
        (10_000, 1_000, 1_700, True),
        (10_000, 1_000, 1_330, False),  # enough to matter, and yet chance
        (10_000_000, 1_000_000, 1_100_000, False),  # beyond chance, and too little to matter
        (10_000_000, 1_000_000, 1_350_000, True),
        (100, 10, 25, False),  # much, and yet chance
        (10_000, 0, 500, True),
        (10_000, 500, 0, True),
        (10_000, 5_000, 10_000, True),
    ],
)
def test_shares_of_nulls(staged: int, then: int, now: int, *, warns: bool) -> None:
    found = compare(facts(staged, {"a": now, "b": 3}, {}), facts(staged, {"a": then, "b": 3}, {}))
    assert told(found) == ([("a", "share of nulls", "warn", now)] if warns else [])


def test_codes_shift_appear_and_vanish() -> None:
    then = facts(10_000, {"plea": 0}, {"plea": {"G": 6_000, "NG": 3_000, "OLD": 900, "X": 100}})
    now = facts(10_000, {"plea": 0}, {"plea": {"G": 4_000, "NG": 5_000, "NEW": 900, "X": 100}})
    found = compare(now, then)
    assert told(found) == [
        ("plea", "share of a code", "warn", 9_000),
        ("plea", "new code", "warn", 900),
        ("plea", "lost code", "warn", 900),
    ]
    assert [one.text for one in found] == [
        (
            "plea has [NG] in 50.00% against 30.00%, [G] in 40.00% against 60.00% "
            "of its known values in delivery [spring] of 2021-03-31"
        ),
        "plea has [NEW], never seen in delivery [spring] of 2021-03-31",
        "plea no longer has [OLD], seen in delivery [spring] of 2021-03-31",
    ]


def test_a_rare_new_code_is_in_the_table_and_does_not_warn() -> None:
    shares = drift.compare_shares(
        contract(),
        facts(10_000, {"a": 0}, {"a": {"G": 9_990, "N": 10}}),
        facts(10_000, {"a": 0}, {"a": {"G": 10_000}}),
    )
    row = shares.row(by_predicate=pl.col("value") == "N", named=True)
    assert (row["rows_now"], row["rows_then"], row["share_then"], row["rule"]) == (10, 0, 0.0, None)


def test_more_nulls_do_not_move_the_codes() -> None:
    """Shares of codes are among known values, so that one change gives one warning."""
    then = facts(10_000, {"a": 0}, {"a": {"G": 8_000, "N": 2_000}})
    now = facts(10_000, {"a": 5_000}, {"a": {"G": 4_000, "N": 1_000}})
    assert told(compare(now, then)) == [("a", "share of nulls", "warn", 5_000)]


def test_a_column_that_only_one_contract_had_is_not_compared() -> None:
    assert (
        compare(
            facts(10_000, {"a": 1, "new": 9_000}, {}), facts(10_000, {"a": 1, "old": 10_000}, {})
        )
        == []
    )


def test_a_table_that_was_or_is_empty_has_no_shares() -> None:
    full, empty = facts(10_000, {"a": 10}, {"a": {"G": 9_990}}), facts(0, {"a": 0}, {})
    assert compare(full, empty) == []
    assert compare(empty, full) == []


def test_many_codes_are_one_finding() -> None:
    then = facts(10_000, {"a": 0}, {"a": {f"C{number}": 500 for number in range(20)}})
    now = facts(10_000, {"a": 0}, {"a": {f"D{number:02}": 500 for number in range(20)}})
    found = compare(now, then)
    assert told(found) == [("a", "lost code", "warn", 10_000), ("a", "new code", "warn", 10_000)]
    assert all("and 14 more" in one.text for one in found)
