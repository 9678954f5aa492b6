"""Rows of every month of the window that the manifest states, and whether they are too few.

Too few are gaps, and months that thin out towards the end of the window.

Belongs here: judging months against what the contract expects of coverage. Does not belong here:
counting them (delivery_profile).
"""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median

import polars as pl

from data_contracts.expectations import Coverage
from pipeline.contracts.registry import Contract
from pipeline.landing.row_ledger import TableLedger
from pipeline.quality.findings import TableFinding, name_finding
from pipeline.quality.significance import chance_of_so_few

STATES = ("usual", "no rows", "thin", "thin as known", "not judged")
MONTHS: dict[str, type[pl.DataType]] = {"month": pl.String, "rows": pl.Int64, "state": pl.String}
ADVICE = (
    "deliver the months that are missing, or state in the manifest the window that is delivered"
)
TAIL, BEFORE = 6, 36
"""Months at the end that may thin out, and months before them that say what is usual."""


def count_months(contract: Contract, entry: TableLedger, facts: pl.DataFrame) -> pl.DataFrame:
    """Every full month of the window with its rows and its state (one of `STATES`).

    The frame is empty where nothing is stated of the window.
    """
    expected = contract.facts.coverage
    if not (expected and entry.is_present and entry.coverage_from and entry.coverage_to):
        return pl.DataFrame(schema=MONTHS)
    counted = dict(facts.filter(pl.col("fact") == "month").select("value", "rows").iter_rows())
    window = _full_months(entry.coverage_from, entry.coverage_to)
    rows = [counted.get(month, 0) for month in window]
    return pl.DataFrame(
        {"month": window, "rows": rows, "state": _states(expected, window, rows)}, schema=MONTHS
    )


def judge_coverage(contract: Contract, judged: pl.DataFrame) -> list[TableFinding]:
    """What the contract warns of, from the table that `count_months` gives."""
    usual = _median([rows for rows in judged["rows"] if rows])
    texts = {"no rows": "has no rows in", "thin": "has few rows in"}
    found = []
    for state, text in texts.items():
        bad = judged.filter(pl.col("state") == state)
        if bad.height:
            told = (
                f"{text} {name_finding(bad['month'].to_list())}, "
                f"where a month usually has about {usual:.0f}"
            )
            by = contract.facts.coverage.by if contract.facts.coverage else ""
            rule = "month without rows" if state == "no rows" else "thin months at the end"
            rows = int(bad["rows"].sum())
            found.append(
                TableFinding(
                    table=contract.name,
                    column=by,
                    rule=rule,
                    severity="warn",
                    rows=rows,
                    text=f"{by} {told}",
                    advice=ADVICE,
                )
            )
    return found


def _full_months(first: date, last: date) -> list[str]:
    """`YYYY-MM` of every month that lies within the window as a whole."""
    start = first if first.day == 1 else _next_month(first)
    end = (last + timedelta(days=1)).replace(day=1)
    if start >= end:
        return []
    return (
        pl.date_range(start, end, "1mo", closed="left", eager=True).dt.strftime("%Y-%m").to_list()
    )


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _states(expected: Coverage, window: list[str], rows: list[int]) -> list[str]:
    since = expected.since.strftime("%Y-%m") if expected.since else ""
    known = expected.thins_from.strftime("%Y-%m") if expected.thins_from else "9999-12"
    judged = [place for place, month in enumerate(window) if month >= since]
    states = ["usual" if month >= since else "not judged" for month in window]
    thin = _thin_tail(expected, [rows[place] for place in judged])
    for place in judged[len(judged) - thin :] if thin else []:
        states[place] = "thin as known" if window[place] >= known else "thin"
    for place in _gaps(expected, rows, judged):
        states[place] = "no rows"
    return states


def _gaps(expected: Coverage, rows: list[int], judged: list[int]) -> list[int]:
    """Months without rows, where even a quiet month would have had some."""
    usual = _median([rows[place] for place in judged if rows[place]])
    if chance_of_so_few(0, usual * expected.quiet_share) > expected.level:
        return []
    return [place for place in judged if not rows[place]]


def _thin_tail(expected: Coverage, rows: list[int]) -> int:
    """How many months at the end, none left out, are thin."""
    usual = _median(rows[-TAIL - BEFORE : -TAIL])
    count = 0
    for month in reversed(rows[-TAIL:]):
        if month >= expected.thin_share * usual or chance_of_so_few(month, usual) > expected.level:
            break
        count += 1
    return count


def _median(rows: list[int]) -> float:
    return float(median(rows)) if rows else 0.0
