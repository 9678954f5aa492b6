"""Commands for the linkage model, and for tables of other people.

Belongs here: reading arguments, calling one function, showing what came back. Does not belong here:
deciding anything. What trains and measures a model is imported by the command that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import UsageError
from pipeline.settings import Settings

model = typer.Typer(
    help="Train, calibrate and measure the linkage model; each step keeps the model's card true.",
    no_args_is_help=True,
)

ModelArgument = Annotated[Path, typer.Argument(help="Model file; its card lies beside it.")]
IdentityArgument = Annotated[
    Path, typer.Argument(help="Folder `identity` of a build: <source>/<table>.parquet.")
]
What = Annotated[str, typer.Option("--what", help="Describes the data, for the card.")]


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    app.add_typer(model, name="model")
    app.command(name="link-tables")(link_tables)


@model.command()
def train(
    identity: IdentityArgument,
    output: Annotated[Path, typer.Argument(help="Model file to write.")],
    what: What = "an identity side that nobody described",
) -> None:
    """Estimate the m and u probabilities of a new model from records without a truth."""
    from pipeline.linkage.training import train as training

    training.train_model(identity, output, what=what)


@model.command()
def calibrate(
    model: ModelArgument,
    worlds: Annotated[
        list[Path],
        typer.Argument(
            metavar="IDENTITY TRUTH...",
            help="Identity side and truth of each made-up world in turn.",
        ),
    ],
    keep: Annotated[
        bool, typer.Option("--keep", help="Add to the volumes that the file has.")
    ] = False,
) -> None:
    """Turn match weights into probabilities, at the volumes of these worlds."""
    from pipeline.linkage.training import fit_calibration

    if len(worlds) % 2:
        raise UsageError("give an identity side and a truth for each world")
    pairs = list(zip(worlds[::2], worlds[1::2], strict=True))
    threads = Settings.from_environment().threads
    fit_calibration.calibrate_model(model, pairs, threads=threads, keep=keep)


@model.command()
def measure(
    model: ModelArgument,
    identity: IdentityArgument,
    truth: Annotated[Path, typer.Argument(help="Parquet file that says whose each record is.")],
    what: What,
) -> None:
    """Measure precision and recall on other people than the model was trained on."""
    from pipeline.linkage.training import measure_model

    measure_model.measure_model(model, identity, truth, what=what)


@model.command()
def blocking(
    identity: IdentityArgument,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="Parquet file that says whose each record is.")
    ] = None,
    sizes: Annotated[
        bool,
        typer.Option(
            "--sizes", help="Count blocks and make no pair, for a collection of any size."
        ),
    ] = False,
) -> None:
    """Show what each blocking rule costs and finds."""
    from pipeline.linkage.training import blocking_report

    settings = Settings.from_environment()
    typer.echo(
        blocking_report.report_blocking(identity, settings=settings, truth=truth, sizes_only=sizes)
    )


def link_tables(
    tables: Annotated[list[Path], typer.Argument(help="CSV or Parquet files, one a source.")],
    column: Annotated[
        list[str],
        typer.Option(
            "--column",
            metavar="OURS=THEIRS",
            help="Which column holds which identifier; may be given many times.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", help="Folder to write; it names people.")],
    date_format: Annotated[
        str, typer.Option("--date-format", help="How birth dates are written (strftime).")
    ] = "%Y-%m-%d",
    model: Annotated[
        Path | None, typer.Option("--model", help="Model file; default the newest committed one.")
    ] = None,
) -> None:
    """Link other people's tables by naming their columns."""
    from pipeline.linkage import external_tables

    summary, filled = external_tables.link_tables(
        tables,
        external_tables.columns_of(column),
        output,
        settings=Settings.from_environment(),
        date_format=date_format,
        model=model,
    )
    for row in filled:
        typer.echo(
            f"{row.source}.{row.identifier}: {row.given} of {row.records} records have it, "
            f"{row.usable} in a form that is known"
        )
    typer.echo(
        f"{summary.records} records, {summary.persons} persons, "
        f"{summary.candidate_pairs} pairs compared, model {summary.model}"
    )
