"""Aggregate tables as cells: nothing but rpt_ tables, nothing that is suppressed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.reports.html_tables import INTERVAL, Cell, Report, format_cell, read_report, show_rows


def test_other_tables_are_refused(database: Path) -> None:
    with (
        duckdb.connect(str(database), read_only=True) as connection,
        pytest.raises(ValueError, match="no rpt_ table"),
    ):
        read_report(connection, "fct_recall")


@pytest.mark.parametrize(
    ("name", "value", "hidden", "expected"),
    [
        ("numerator", 0, False, Cell("0", "number")),
        ("numerator", 1234567, False, Cell("1,234,567", "number")),
        ("numerator", 4, True, Cell("c", "suppressed")),
        ("numerator", None, False, Cell("–", "missing")),
        ("denominator", 45, True, Cell("45", "number")),
        ("denominator", None, True, Cell("c", "suppressed")),
        ("rate", 0.0, False, Cell("0.0%", "number")),
        ("rate", 0.12345, False, Cell("12.3%", "number")),
        ("rate_upper", 0.2, True, Cell("c", "suppressed")),
        ("relative_rate_index", 1.5, False, Cell("1.5", "number")),
        ("release_year", 2018, False, Cell("2018", "number")),
        ("disposal_class", "immediate_custody", True, Cell("immediate custody", "text")),
        ("table_name", "licence_conditions", False, Cell("licence_conditions", "text")),
        ("is_balanced", False, False, Cell("no", "text")),
    ],
)
def test_cell(name: str, value: object, hidden: bool, expected: Cell) -> None:
    assert format_cell(name, value, hidden=hidden) == expected


def test_a_suppressed_row_hides_figures_that_were_left_in_it() -> None:
    frame = pl.DataFrame({
        "cell_id": ["a"], "sex": ["male"], "numerator": [3], "denominator": [30],
        "rate": [0.1], "rate_lower": [0.05], "rate_upper": [0.2],
        "is_suppressed": [True], "suppression_reason": ["secondary"],
    })  # fmt: skip
    shown = show_rows(Report("rpt_x", frame, "", {}), frame)
    assert [heading.text for heading in shown.headings] == [
        "Sex",
        "Number",
        "Out of",
        "Rate",
        INTERVAL,
    ]
    assert [item.text for item in shown.rows[0]] == ["male", "c", "30", "c", "c"]
    assert shown.suppressed_rows == 1


def test_tables_without_intervals_have_no_empty_column() -> None:
    frame = pl.DataFrame(
        {"cell_id": ["a"], "numerator": [30], "rate_lower": [None], "rate_upper": [None]}
    )
    assert [
        heading.text for heading in show_rows(Report("rpt_x", frame, "", {}), frame).headings
    ] == ["Number"]
