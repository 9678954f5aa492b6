"""The command `journeys`: its groups of commands, and how an error is shown.

A module a group: synthetic, supplier, run, release, linkage, contract. Nothing is decided here.
"""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import version
from typing import Annotated

import typer

from pipeline.cli import (
    contract_commands,
    linkage_commands,
    release_commands,
    run_commands,
    supplier_commands,
    synthetic_commands,
)
from pipeline.cli.terminal import show_error
from pipeline.errors import describe_error

app = typer.Typer(
    help="From four raw justice extracts to linked, de-identified journeys.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for group in (
    synthetic_commands,
    supplier_commands,
    run_commands,
    release_commands,
    linkage_commands,
    contract_commands,
):
    group.add_commands(app)


def show_version(wanted: bool) -> None:
    """Print the version and end, where it was asked for."""
    if wanted:
        typer.echo(f"journeys {version('justice-journeys')}")
        raise typer.Exit


@app.callback()
def read_options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=show_version
        ),
    ] = False,
) -> None:
    """Options of the command itself."""


def main() -> None:
    """Run the command; an error is shown in one line that holds no value, with exit code 1."""
    warnings.filterwarnings("ignore", module=r"dagster\.")  # of Dagster about itself
    try:
        app()
    except Exception as error:  # what nobody can put right is shown by kind and place
        show_error(describe_error(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
