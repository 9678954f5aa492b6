"""Commands on a release: ask it, judge it, verify it, review its links.

Belongs here: reading arguments, calling one function, showing what came back. Does not belong here:
deciding anything.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import Format, WorkspaceOption
from pipeline.cli.run_commands import run_delivery
from pipeline.cli.terminal import show_bar
from pipeline.delivery import manifest as deliveries
from pipeline.release import release_manifest
from pipeline.release.open_release import open_current, open_release, render_frame
from pipeline.settings import Settings
from pipeline.workspace import Workspace


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (query, tables, score, review, verify):
        app.command()(command)


def query(
    sql: Annotated[str, typer.Argument(help="SQL over the released tables.")],
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask the current release, read-only."""
    settings = Settings.from_environment(workspace)
    frame = open_current(settings.workspace.releases).query(
        sql, threads=settings.threads, memory=settings.memory
    )
    typer.echo(render_frame(frame, form.value))


def tables(
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    workspace: WorkspaceOption = None,
) -> None:
    """List the released tables with grain and row counts."""
    typer.echo(
        render_frame(
            open_current(Settings.from_environment(workspace).workspace.releases).tables(),
            form.value,
        )
    )


def score(
    truth: Annotated[
        Path, typer.Option("--truth", help="Folder of the truth that `synthesise` wrote.")
    ],
    workspace: WorkspaceOption = None,
) -> None:
    """Judge the current release against the truth of its synthetic delivery.

    Prints one JSON object.
    """
    from pipeline.contracts.registry import list_contracts
    from pipeline.evaluation import release_score
    from pipeline.landing.pseudonymise import pseudonymise_keys
    from pipeline.settings import SYNTHETIC_KEY

    settings = Settings.from_environment(workspace)
    key = settings.key or SYNTHETIC_KEY
    result = release_score.score_release(
        open_current(settings.workspace.releases).folder,
        truth,
        lambda source, table, keys: pseudonymise_keys(
            keys, list_contracts()[source, table].record_family, key
        ),
        threads=settings.threads,
        memory=settings.memory,
    )
    typer.echo(json.dumps(result, indent=2))


def review(
    release: Annotated[
        str | None,
        typer.Option(help="Name of the release; default the last run, published or not."),
    ] = None,
    most: Annotated[int, typer.Option(help="Pairs at most.", min=1)] = 100,
    decisions: Annotated[
        Path | None, typer.Option("--decisions", help="Sheet that was filled in, to be read back.")
    ] = None,
    who: Annotated[
        str | None, typer.Option(help="Who decided, where the sheet does not say.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the pairs that most need clerical review to a restricted folder.

    With --decisions, a sheet that was filled in is read back: its decisions apply to the next run.
    """
    from datetime import date

    from pipeline.clerical_review import review_pack

    held = Settings.from_environment(workspace).workspace
    if decisions:
        taken = review_pack.read_back(decisions, held, who=who, today=date.today())
        typer.echo(
            f"{taken.added} of {taken.read} decisions are new; the next run honours them: "
            f"{held.overrides}"
        )
        if taken.unknown:
            typer.echo(
                f"{taken.unknown} of them name a record that the last linkage does not hold: "
                "is the sheet of this workspace?"
            )
        return
    with show_bar("drawing the evidence of each pair"):
        written = review_pack.write_review_pack(
            review_pack.last_build(held, release), held, most=most
        )
    for question, pairs in written.pairs.items():
        typer.echo(f"{pairs:>5}  {question}")
    typer.echo(
        f"{sum(written.pairs.values())} pairs in {written.folder}: they name people. "
        f"{written.decided} more are decided already"
    )


def verify(
    release: Annotated[Path, typer.Argument(help="Folder of the release.")],
    rebuild: Annotated[
        Path | None, typer.Option("--rebuild", help="Delivery to build the release from anew.")
    ] = None,
) -> None:
    """Recompute a release's digests and, with --rebuild, the release itself; says what differs."""
    import tempfile

    from pipeline.release import registry_snapshot
    from pipeline.release import verify as verifying

    settings = Settings.from_environment()
    differences = verifying.verify_release(
        release, threads=settings.threads, memory=settings.memory
    )
    for difference in differences:
        typer.echo(str(difference))
    if rebuild:
        homes = (Workspace(release.resolve().parent.parent), settings.workspace)
        with tempfile.TemporaryDirectory(prefix="journeys-verify-") as scratch:
            anew = Settings.from_environment(Path(scratch))
            registry_snapshot.restore_registry(
                release_manifest.read_manifest(release),
                deliveries.read_delivery(rebuild),
                homes,
                anew.workspace,
            )
            run_delivery(rebuild, anew)
            found = verifying.compare_releases(
                release,
                open_current(anew.workspace.releases).folder,
                threads=settings.threads,
                memory=settings.memory,
            )
        for difference in found:
            typer.echo(str(difference))
        differences += found
    if differences:
        raise typer.Exit(1)
    typer.echo(
        f"{open_release(release).release_id}: every digest is right"
        + (" and the rebuild is the same" if rebuild else "")
    )
