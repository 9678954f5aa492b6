"""Commands for the data contracts.

Belongs here: reading arguments, calling one function, showing what came back. Does not belong here:
what follows from a contract (pipeline.exports).
"""

from __future__ import annotations

from typing import Annotated

import typer

contracts = typer.Typer(no_args_is_help=True)


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(contracts, name="contracts")


@contracts.callback()  # a group of one command would be that command
def show_group() -> None:
    """What follows from the data contracts."""


@contracts.command()
def generate(
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit 1 naming the files that are stale."),
    ] = False,
) -> None:
    """Write dbt sources and seeds, exports, data dictionary and baseline from the contracts."""
    import data_contracts
    from pipeline.exports import generate as exports

    files = exports.render_files(data_contracts.tables())
    changed = (
        exports.find_stale(files, exports.ROOT)
        if check
        else exports.write_files(files, exports.ROOT)
    )
    for path in changed:
        typer.echo(f"{'stale' if check else 'written'}: {path}")
    if not check:
        return
    refused = exports.find_undeclared(files, exports.ROOT)
    for line in [*refused, *(["run: journeys contracts generate"] if changed else [])]:
        typer.echo(line, err=True)
    if changed or refused:
        raise typer.Exit(1)
