"""Commands that run the pipeline: one run in this process, and Dagster's UI.

Belongs here: reading arguments, calling one function, showing what came back. Does not belong here:
how a run goes (pipeline.orchestration). Dagster is imported by the command that needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline import workspace_lock
from pipeline.cli.options import WorkspaceOption
from pipeline.cli.terminal import show_progress
from pipeline.delivery import manifest as deliveries
from pipeline.errors import RunError, UsageError
from pipeline.release import admission
from pipeline.release.open_release import open_current
from pipeline.settings import Settings


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (run, ui):
        app.command()(command)


def run_delivery(delivery: Path, settings: Settings, release_id: str | None = None) -> str:
    """The name of the release that a run of the job published.

    Args:
        delivery: folder of the delivery.
        settings: with the workspace.
        release_id: of a build to take up; a new one unless given.

    Raises:
        RunError: the run failed, with a line a problem.
    """
    workspace = settings.workspace
    workspace_lock.hold_workspace(workspace)
    stated = deliveries.read_delivery(delivery)
    admission.admit_run(stated, settings)
    name = release_id or admission.next_release_id(stated, workspace)
    with show_progress("starting Dagster"):
        from pipeline.orchestration.definitions import JOB, build_defs, run_config
        from pipeline.orchestration.instance import execute_run

        outcome = execute_run(build_defs(), JOB, run_config(delivery, workspace, name), workspace)
    if not outcome.succeeded:
        raise RunError(f"no release was published, the former one stays.\n{outcome.message}")
    return name


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
        workspace_lock.hold_workspace(settings.workspace)
        build, begun = admission.find_resumable(settings.workspace)
        release_id = run_delivery(delivery or Path(begun.delivery), settings, build)
    elif delivery:
        release_id = run_delivery(delivery, settings)
    else:
        raise UsageError("give the folder of a delivery with --delivery, or --resume")
    release = open_current(settings.workspace.releases)
    typer.echo(
        f"release {release_id}\nfolder  {release.folder}\nreport  {release.page}\n"
        f"tables  {release.folder / 'tables'}"
    )


def ui(
    port: Annotated[int, typer.Option(help="Port on loopback.")] = 3000,
    workspace: WorkspaceOption = None,
) -> None:
    """Dagster's UI on loopback, with schedule and sensor."""
    from pipeline.orchestration.instance import serve_ui

    serve_ui(Settings.from_environment(workspace).workspace, port)
