"""Commands for deliveries: checking one, working with quarantined rows, applying a supplement.

Belongs here: reading arguments, calling one function, showing what came back. Does not belong here:
deciding anything.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from pipeline.cli.options import Format, WorkspaceOption
from pipeline.cli.terminal import show_bar, show_findings, show_rows
from pipeline.release.open_release import render_frame
from pipeline.settings import Settings
from pipeline.supplier import amend as amending
from pipeline.supplier import check as checking
from pipeline.supplier import quarantine
from pipeline.supplier.quarantine import Wanted


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (check, quarantined, amend):
        app.command(name="quarantine" if command is quarantined else None)(command)


def check(
    delivery: Annotated[Path, typer.Argument(help="Folder of the delivery.")],
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="File to write as a page that can be sent to the supplier."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Check a delivery against its contracts and nothing else.

    Exits with 1 when a blocking rule is broken.
    """
    settings = Settings.from_environment(workspace)
    with show_bar("check") as (progress, task):
        examined = checking.examine_delivery(
            delivery, settings, lambda what: progress.update(task, description=what)
        )
    if html:
        from pipeline.reports.check_page import write_check_page

        write_check_page(examined, html)
    if form is Format.table:
        show_findings(examined.findings)
    elif form is Format.json:
        typer.echo(json.dumps([asdict(finding) for finding in examined.findings], indent=2))
    else:
        typer.echo(
            render_frame(
                pl.DataFrame(
                    [asdict(finding) for finding in examined.findings], infer_schema_length=None
                ),
                "csv",
            )
        )
    if examined.is_blocked:
        raise typer.Exit(1)


def quarantined(
    release: Annotated[
        str | None,
        typer.Option(help="Name of the release; default the last run, published or not."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    table: Annotated[str | None, typer.Option(help="Only this table.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Only rows with this text in their reasons.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    rows: Annotated[
        bool,
        typer.Option("--rows", help="List file, row and reasons of each row in place of counts."),
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", help="Folder to write the rows to, as delivered; restricted."),
    ] = None,
    outside: Annotated[
        bool,
        typer.Option(
            "--outside-workspace", help="Export to a folder that is not restricted by us."
        ),
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Say which rows were quarantined, by table, column and reason.

    No value of a row is given out, except with --export.
    """
    held = Settings.from_environment(workspace).workspace
    build, wanted = quarantine.last_build(held, release), Wanted(source, table, reason)
    if export:
        written = quarantine.export_rows(build, wanted, export, held, outside=outside)
        typer.echo(
            f"{sum(written.values())} rows of {len(written)} tables in {export}: they name people"
        )
        return
    found = quarantine.list_places(build, wanted) if rows else quarantine.count_rows(build, wanted)
    if form is Format.table:
        show_rows(
            found,
            title=f"quarantined in {build.root.name}",
            nothing=f"nothing was quarantined in {build.root.name}",
        )
    else:
        typer.echo(render_frame(found, "csv" if form is Format.csv else "json"))


def amend(
    delivery: Annotated[Path, typer.Argument(help="Folder of the delivery.")],
    supplement: Annotated[
        Path, typer.Argument(help="Folder of the supplement, with corrected rows only.")
    ],
    amended: Annotated[
        Path, typer.Argument(help="Folder to write the amended delivery to; must not exist.")
    ],
    workspace: WorkspaceOption = None,
) -> None:
    """Apply a supplement to its delivery.

    Rows that were quarantined are replaced. All other rows stay as they are.
    """
    settings = Settings.from_environment(workspace)
    with show_bar("amend") as (progress, task):
        done = amending.amend_delivery(
            delivery,
            supplement,
            amended,
            settings,
            lambda what: progress.update(task, description=what),
        )
    for table in done:
        typer.echo(
            f"{table.table}: {table.replaced} of {table.quarantined} quarantined rows are replaced"
        )
    typer.echo(f"delivery {amended}")
