"""What people see in the terminal: progress, tables, errors.

Belongs here: showing. Does not belong here: what is shown, or when (cli).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

if TYPE_CHECKING:
    import polars as pl

    from pipeline.findings import Finding

errors = Console(stderr=True)
LARGE = 1000
"""Measures with figures from here on are shown without decimals."""
WIDTH = 120
"""Of what goes to a file."""


@contextmanager
def bar(what: str) -> Iterator[tuple[Progress, TaskID]]:
    """A progress bar on the error stream, gone when its work is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        yield progress, progress.add_task(what, total=None)


def show_error(error: Exception) -> None:
    """One error as one line, as it is: brackets in a path are no markup."""
    errors.print("error:", style="bold red", end=" ")
    errors.print(str(error), highlight=False, markup=False, soft_wrap=True)


def show_findings(findings: Sequence[Finding]) -> None:
    """What is wrong with a delivery."""
    table = Table("table", "column", "what is wrong", "severity", Column("rows", justify="right"))
    for column in table.columns:
        column.overflow = "fold"
    for finding in findings:
        rows = f"{finding.rows:,}" if finding.rows else ""
        what = f"{finding.reason}\n→ {finding.advice}" if finding.advice else finding.reason
        table.add_row(*map(escape, (finding.table, finding.column, what, finding.severity, rows)))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table if findings else "nothing is wrong with this delivery")


def show_rows(frame: pl.DataFrame, *, title: str, nothing: str) -> None:
    """Rows as they are: names and counts, no personal value."""
    table = Table(*(Column(name, justify="right" if kind.is_numeric() else "left") for name, kind in frame.schema.items()), title=title)
    for row in frame.iter_rows():
        table.add_row(*("" if cell is None else escape(f"{cell:,}" if isinstance(cell, int) else cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table if frame.height else nothing)


def show_calibration(judged: pl.DataFrame) -> None:
    """The published figures that a made-up world is large enough to be held against; the whole table lies beside its truth."""
    from pipeline.synthetic import calibration

    table = Table(Column("measure", no_wrap=True), "published", "from", "to", "here", "", box=SIMPLE_HEAD, pad_edge=False)
    for row in judged.filter(judged["passes"].is_not_null()).iter_rows(named=True):
        verdict = "passes" if row["passes"] else "[bold red]FAILS[/]"
        table.add_row(row["measure"], *(_figure(row[name], row["target"]) for name in ("target", "low", "high", "achieved")), verdict)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    told = calibration.headline(judged)
    few = told.targets - told.judged
    console.print(
        f"calibration: {told.passing} of {told.judged} published figures are met; for {few} more the world is too small to tell",
        highlight=False,
    )


def _figure(value: float, target: float) -> str:
    return f"{value:,.3f}" if target < LARGE else f"{value:,.0f}"
