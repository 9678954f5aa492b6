"""What people see in the terminal: progress, tables, errors.

Belongs here: showing. Does not belong here: what is shown, or when (main).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from pipeline import progress
from pipeline.progress import Report

if TYPE_CHECKING:
    import polars as pl

    from pipeline.quality.supplier_findings import Finding

errors = Console(stderr=True)
LARGE = 1000
"""Measures with figures from here on are shown without decimals."""
PLAIN_SECONDS = 15.0
"""Between two plain lines of one stage."""
WIDTH = 120
"""Of what goes to a file."""


@contextmanager
def show_bar(what: str) -> Iterator[tuple[Progress, TaskID]]:
    """A progress bar on the error stream, gone when its work is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as shown:
        yield shown, shown.add_task(what, total=None)


@contextmanager
def show_progress(what: str) -> Iterator[None]:
    """Show on the error stream what a run reports.

    On a terminal this is one live line; without a terminal it is plain lines.
    """
    if not errors.is_terminal:
        with progress.listen_to_progress(_PlainLines().hear):
            yield
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[parts]}"),
        TimeElapsedColumn(),
    )
    # rich would put another stream in place of the one whose descriptor is silenced meanwhile.
    with Progress(*columns, console=errors, transient=True, redirect_stdout=False) as shown:
        task = shown.add_task(what, total=None, parts="")

        def hear(report: Report) -> None:
            parts = f"{report.done:,} of {report.total:,}" if report.done is not None else ""
            shown.update(
                task,
                description=_describe(report),
                completed=report.done or 0,
                total=report.total,
                parts=parts,
            )

        with progress.listen_to_progress(hear):
            yield


class _PlainLines:
    """Progress without a terminal, as plain lines.

    One line is written when a step begins, and more lines from time to time within a long step.
    """

    def __init__(self) -> None:
        """Start the clock."""
        self._begun = self._last = time.monotonic()
        self._stage = ""

    def hear(self, report: Report) -> None:
        """Print the report, unless it says the next part of a stage that was shown just now."""
        now = time.monotonic()
        stage = report.step.partition(" ")[0]
        if report.done is not None and stage == self._stage and now - self._last < PLAIN_SECONDS:
            return
        self._stage, self._last = stage, now
        parts = f" ({report.done:,} of {report.total:,})" if report.done is not None else ""
        minutes, seconds = divmod(int(now - self._begun), 60)
        line = f"{minutes:3}:{seconds:02} {_describe(report)}{parts}"
        errors.print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _describe(report: Report) -> str:
    return report.step + (f", {report.rows:,} rows" if report.rows else "")


def show_error(message: str) -> None:
    """One error as one line, as it is: brackets in a path are no markup."""
    errors.print("error:", style="bold red", end=" ")
    errors.print(message, highlight=False, markup=False, soft_wrap=True)


def show_findings(findings: Sequence[Finding]) -> None:
    """What is wrong with a delivery."""
    table = Table("table", "column", "what is wrong", "severity", Column("rows", justify="right"))
    for column in table.columns:
        column.overflow = "fold"
    for finding in findings:
        rows = f"{finding.rows:,}" if finding.rows else ""
        what = f"{finding.reason}\n→ {finding.advice}" if finding.advice else finding.reason
        table.add_row(*map(escape, (finding.table, finding.column, what, finding.severity, rows)))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(
        table if findings else "nothing is wrong with this delivery"
    )


def show_rows(frame: pl.DataFrame, *, title: str, nothing: str) -> None:
    """Rows as they are: names and counts, no personal value."""
    table = Table(
        *(
            Column(name, justify="right" if kind.is_numeric() else "left")
            for name, kind in frame.schema.items()
        ),
        title=title,
    )
    for row in frame.iter_rows():
        table.add_row(
            *(
                "" if cell is None else escape(f"{cell:,}" if isinstance(cell, int) else cell)
                for cell in row
            )
        )
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table if frame.height else nothing)


def show_calibration(judged: pl.DataFrame) -> None:
    """Show the published figures that a synthetic world is large enough to be compared with.

    The whole table lies beside the truth of that world.
    """
    from pipeline.synthetic.calibration import published_figures

    table = Table(
        Column("measure", no_wrap=True),
        "published",
        "from",
        "to",
        "here",
        "",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for row in judged.filter(judged["passes"].is_not_null()).iter_rows(named=True):
        verdict = "passes" if row["passes"] else "[bold red]FAILS[/]"
        table.add_row(
            row["measure"],
            *(_figure(row[name], row["target"]) for name in ("target", "low", "high", "achieved")),
            verdict,
        )
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    told = published_figures.summarise_judged(judged)
    few = told.targets - told.judged
    console.print(
        (
            f"calibration: {told.passing} of {told.judged} published figures are met; "
            f"for {few} more the world is too small to tell"
        ),
        highlight=False,
    )


def _figure(value: float, target: float) -> str:
    return f"{value:,.3f}" if target < LARGE else f"{value:,.0f}"
