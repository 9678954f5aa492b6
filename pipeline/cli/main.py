"""The command `journeys`: reads arguments, calls one function, shows what came back.

Nothing is decided here.
"""

from __future__ import annotations

import json
import sys
import warnings
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pipeline import workspace_lock
from pipeline.cli import supplier_commands
from pipeline.cli.options import Format, WorkspaceOption
from pipeline.cli.terminal import bar, show_calibration, show_error, show_progress
from pipeline.delivery import manifest as deliveries
from pipeline.errors import RunError, UsageError, describe_error
from pipeline.release import admission, release_manifest
from pipeline.release.open_release import current, open_release, render
from pipeline.settings import Settings
from pipeline.workspace import Workspace

app = typer.Typer(
    help="From four raw justice extracts to linked, de-identified journeys.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

supplier_commands.add_commands(app)


class FileFormat(StrEnum):
    """How a delivery's tables are written."""

    parquet = "parquet"
    csv = "csv"


class Errors(StrEnum):
    """Which mistakes the made-up systems make."""

    none = "none"
    realistic = "realistic"


@app.command()
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
    with bar("synthesise") as (progress, task):
        judged = world.synthesise(
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


def _execute(delivery: Path, settings: Settings, release_id: str | None = None) -> str:
    """The name of the release that a run of the job published.

    Args:
        delivery: folder of the delivery.
        settings: with the workspace.
        release_id: of a build to take up; a new one unless given.

    Raises:
        UsageError: the run failed, with a line a problem.
    """
    workspace = settings.workspace
    workspace_lock.hold(workspace)
    stated = deliveries.read(delivery)
    admission.admit(stated, settings)
    name = release_id or admission.next_release_id(stated, workspace)
    with show_progress("starting Dagster"):
        from pipeline.orchestration.definitions import JOB, build_defs, run_config
        from pipeline.orchestration.instance import execute

        outcome = execute(build_defs(), JOB, run_config(delivery, workspace, name), workspace)
    if not outcome.succeeded:
        raise RunError(f"no release was published, the former one stays.\n{outcome.message}")
    return name


@app.command()
def run(
    delivery: Annotated[
        Path | None, typer.Option("--delivery", help="Folder of the delivery.")
    ] = None,
    workspace: WorkspaceOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take up the run that was killed or failed.")
    ] = False,
) -> None:
    """Run the whole pipeline in this process; exit 0 only when a release was published."""
    settings = Settings.from_environment(workspace)
    if resume:
        workspace_lock.hold(settings.workspace)
        build, begun = admission.find_resumable(settings.workspace)
        release_id = _execute(delivery or Path(begun.delivery), settings, build)
    elif delivery:
        release_id = _execute(delivery, settings)
    else:
        raise UsageError("give the folder of a delivery with --delivery, or --resume")
    release = current(settings.workspace.releases)
    typer.echo(
        f"release {release_id}\nfolder  {release.folder}\nreport  {release.page}\n"
        f"tables  {release.folder / 'tables'}"
    )


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="SQL over the released tables.")],
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask the current release, read-only."""
    settings = Settings.from_environment(workspace)
    frame = current(settings.workspace.releases).query(
        sql, threads=settings.threads, memory=settings.memory
    )
    typer.echo(render(frame, form.value))


@app.command()
def tables(
    form: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.table,
    workspace: WorkspaceOption = None,
) -> None:
    """List the released tables with grain and row counts."""
    typer.echo(
        render(
            current(Settings.from_environment(workspace).workspace.releases).tables(), form.value
        )
    )


@app.command()
def score(
    truth: Annotated[
        Path, typer.Option("--truth", help="Folder of the truth that `synthesise` wrote.")
    ],
    workspace: WorkspaceOption = None,
) -> None:
    """Judge the current release against the truth of its synthetic delivery.

    Prints one JSON object.
    """
    from pipeline.contracts.registry import registry
    from pipeline.evaluation import release_score
    from pipeline.landing.pseudonymise import pseudonyms
    from pipeline.settings import SYNTHETIC_KEY

    settings = Settings.from_environment(workspace)
    key = settings.key or SYNTHETIC_KEY
    result = release_score.score(
        current(settings.workspace.releases).folder,
        truth,
        lambda source, table, keys: pseudonyms(keys, registry()[source, table].record_family, key),
        threads=settings.threads,
        memory=settings.memory,
    )
    typer.echo(json.dumps(result, indent=2))


@app.command()
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
        taken = review_pack.take(decisions, held, who=who, today=date.today())
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
    with bar("drawing the evidence of each pair"):
        written = review_pack.write(review_pack.last_build(held, release), held, most=most)
    for question, pairs in written.pairs.items():
        typer.echo(f"{pairs:>5}  {question}")
    typer.echo(
        f"{sum(written.pairs.values())} pairs in {written.folder}: they name people. "
        f"{written.decided} more are decided already"
    )


@app.command()
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
    differences = verifying.verify(release, threads=settings.threads, memory=settings.memory)
    for difference in differences:
        typer.echo(str(difference))
    if rebuild:
        homes = (Workspace(release.resolve().parent.parent), settings.workspace)
        with tempfile.TemporaryDirectory(prefix="journeys-verify-") as scratch:
            anew = Settings.from_environment(Path(scratch))
            registry_snapshot.restore(
                release_manifest.read_manifest(release),
                deliveries.read(rebuild),
                homes,
                anew.workspace,
            )
            _execute(rebuild, anew)
            found = verifying.compare(
                release,
                current(anew.workspace.releases).folder,
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


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 3000,
    workspace: WorkspaceOption = None,
) -> None:
    """Dagster's UI on loopback, with schedule and sensor."""
    from pipeline.orchestration.instance import serve

    serve(Settings.from_environment(workspace).workspace, port)


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
