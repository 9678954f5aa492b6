"""The command that writes a made-up delivery.

Belongs here: reading arguments, calling one function, showing what came back. Does not belong here:
anything of the world itself (pipeline.synthetic).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.terminal import show_bar, show_calibration
from pipeline.errors import UsageError
from pipeline.settings import Settings


class FileFormat(StrEnum):
    """How a delivery's tables are written."""

    parquet = "parquet"
    csv = "csv"


class Errors(StrEnum):
    """Which mistakes the made-up systems make."""

    none = "none"
    realistic = "realistic"


def add_commands(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(synthesise)


def synthesise(
    delivery: Annotated[
        Path, typer.Argument(help="Folder to write the delivery to; must not exist.")
    ],
    people: Annotated[
        int | None, typer.Option(help="Population of the made-up world.", min=100)
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    errors: Annotated[
        Errors, typer.Option(help="Mistakes of the source systems.")
    ] = Errors.realistic,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="File format.")
    ] = FileFormat.parquet,
    truth: Annotated[
        Path | None, typer.Option(help="Folder for the truth; default <delivery>-truth beside it.")
    ] = None,
    headline: Annotated[
        bool, typer.Option("--headline", help="National volumes, in place of --people.")
    ] = False,
    partition_people: Annotated[
        int | None,
        typer.Option(
            help="People whose rows each file of a table holds; default 250000, the most."
        ),
    ] = None,
) -> None:
    """Write a made-up delivery and, apart from it, the truth."""
    from pipeline.synthetic import partitions, world

    if headline and people:
        raise UsageError("give either --people or --headline")
    if delivery.exists():
        raise UsageError(f"[{delivery}] exists already: give another folder or remove it")
    number = world.people_for_share(1.0) if headline else people or world.DEFAULT_PEOPLE
    beside = truth or delivery.with_name(f"{delivery.name}-truth")
    with show_bar("synthesise") as (progress, task):
        judged = world.synthesise_world(
            delivery,
            beside,
            people=number,
            seed=seed,
            errors=errors.value,
            file_format=file_format.value,
            workers=Settings.from_environment().threads,
            partition_people=partitions.TOWN if partition_people is None else partition_people,
            progress=lambda what, share: progress.update(
                task, description=what, completed=share, total=1
            ),
        )
    typer.echo(f"delivery {delivery}\ntruth    {beside}")
    show_calibration(judged)
