"""The picture of the row ledger."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.orchestration.ledger_chart import WIDTH, draw_bar, draw_ledger


@pytest.mark.parametrize(
    "counts", [[1, 0, 0, 0], [10**6, 1, 1, 1], [1, 1, 1, 1], [0, 5, 0, 95], [33, 33, 34, 0]]
)
def test_a_bar_is_always_as_long_and_shows_all_that_is_there(counts: list[int]) -> None:
    drawn = draw_bar(counts)
    assert len(drawn) == WIDTH
    assert [drawn.count(part) > 0 for part in "█▓▒░"] == [count > 0 for count in counts]


def test_halves_are_halves() -> None:
    assert draw_bar([50, 50, 0, 0]) == "█" * (WIDTH // 2) + "▓" * (WIDTH // 2)


def test_no_rows_no_bar() -> None:
    assert draw_bar([0, 0, 0, 0]) == ""


def test_every_table_has_its_line() -> None:
    rows = {
        "source": ["a", "b"],
        "table_name": ["one", "two"],
        "delivered": [1_000, 0],
        "staged": [990, 0],
    }
    rows |= {"quarantined": [7, 0], "duplicates_removed": [2, 0], "replaced": [1, 0]}
    head, rule, one, two = draw_ledger(pl.DataFrame(rows)).splitlines()
    assert {line.count("|") for line in (head, rule, one, two)} == {8}
    assert one.startswith("| a.one | 1,000 | 990 | 7 | 2 | 1 | █")
    assert two == "| b.two | 0 | 0 | 0 | 0 | 0 |  |"
