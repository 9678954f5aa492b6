"""What a run needs before anything is read.

It needs the workspace to itself, a key, a name for the release, and a clean place to build.

Belongs here: the one-writer lock and the facts of a run. Does not belong here: Dagster (assets) and
any step of the pipeline.
"""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

from pipeline.contracts.registry import list_contracts, required_tables
from pipeline.delivery import csv_normalise
from pipeline.delivery.manifest import Delivery, check_tables
from pipeline.errors import DeliveryError, ResumeError, SettingsError
from pipeline.landing.pseudonymise import pseudonym_key
from pipeline.linkage import memory_plan
from pipeline.memory_size import show_size
from pipeline.release import checkpoints, registry_snapshot
from pipeline.release.checkpoints import Begun
from pipeline.settings import Settings
from pipeline.storage import make_folder
from pipeline.workspace import CURRENT, Build, Workspace

BYTES_A_ROW = 1_600
"""Bytes of disk that a run takes for each delivered row: build, release and records.

Measured on synthetic deliveries. Copies of text come on top of it.
"""


def admit_run(delivery: Delivery, settings: Settings) -> None:
    """Check what can be known before any file is read.

    This is the tables, a key, and room on disk and in memory.

    Raises:
        DeliveryError: the delivery cannot be run as it is.
        SettingsError: the budget of memory is too small for it.
    """
    check_tables(delivery, required=required_tables(), known=list_contracts())
    pseudonym_key(delivery, settings)
    needed = sum(file.rows for file in delivery.files) * BYTES_A_ROW + _copies(delivery)
    free = shutil.disk_usage(_existing(settings.workspace.root)).free
    if free < needed:
        raise DeliveryError(
            f"the workspace [{settings.workspace.root}] has {free >> 20} MB free and this delivery "
            f"takes about {needed >> 20} MB: make room"
        )
    _check_memory(delivery, settings)


def _check_memory(delivery: Delivery, settings: Settings) -> None:
    """Check that the budget of memory is enough for the stage that needs most, which is linkage."""
    people = {
        name for name, contract in list_contracts().items() if contract.facts.record_of_person
    }
    records = sum(file.rows for file in delivery.files if (file.source, file.table) in people)
    needed = memory_plan.estimate_least(records)
    if settings.memory_bytes < needed:
        raise SettingsError(
            f"JOURNEYS_MEMORY is {settings.memory}, and to link {records:,} records takes at least "
            f"{show_size(needed)}: set it to that or more"
        )


def _copies(delivery: Delivery) -> int:
    """Bytes of disk for readable copies of text.

    Only the copies of one table at a time count, since they are deleted when the table is landed.
    """
    return max(
        (
            sum(map(csv_normalise.estimate_room, delivery.of_table(*table)))
            for table in delivery.tables
        ),
        default=0,
    )


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def next_release_id(delivery: Delivery, workspace: Workspace) -> str:
    """Extract date, the delivery's digest in short, and a number that no release and no build has.

    Builds count too, so that a new attempt never shares a folder with one that was killed.
    """
    stem = f"{delivery.extract_date}-{delivery.digest[:8]}-"
    folders = [workspace.releases, workspace.builds]
    known = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
    numbers = [name.removeprefix(stem) for name in known if name.startswith(stem)]
    return f"{stem}{max((int(number) for number in numbers if number.isdigit()), default=0) + 1}"


def begin_build(build: Build, workspace: Workspace, begun: Begun) -> None:
    """Make the folders of a new build, or take up one that an earlier attempt left.

    Builds of earlier attempts are cleared, all but that of the current release.

    Raises:
        ResumeError: the build was begun with another delivery, code, key or registry.
    """
    former = checkpoints.read_begun(build)
    if former:
        check_same(build, workspace, former, begun)
        shutil.rmtree(build.spill, ignore_errors=True)
        build.spill.mkdir(mode=0o700)
        return
    current = (workspace.releases / CURRENT).resolve().name
    if workspace.builds.is_dir():
        for earlier in workspace.builds.iterdir():
            if earlier.name != current or earlier == build.root:
                shutil.rmtree(earlier)
    build.root.mkdir(parents=True)
    for folder in (build.identity, build.quarantine, build.spill, workspace.registry):
        make_folder(folder, mode=0o700).chmod(0o700)
    registry_snapshot.snapshot_registry(build, workspace)
    checkpoints.write_begun(build, begun)


def find_resumable(workspace: Workspace) -> tuple[str, Begun]:
    """Name and beginnings of the build that a run left unfinished.

    Raises:
        ResumeError: there is none.
    """
    for build in workspace.list_builds():
        begun = checkpoints.read_begun(build)
        if begun and not checkpoints.is_finished(build, checkpoints.REGISTERED):
            return build.root.name, begun
    raise ResumeError(
        f"nothing to resume in [{workspace.root}]: "
        "the last run ended, or never got so far as to make its folders; run without --resume"
    )


def check_same(build: Build, workspace: Workspace, former: Begun, begun: Begun) -> None:
    """Check that a build can be taken up.

    Raises:
        ResumeError: the build was begun with another delivery, code, key or registry.
    """
    changed = [
        name
        for name, one, other in (
            ("the delivery", former.delivery_digest, begun.delivery_digest),
            ("the code", former.code, begun.code),
            ("the pseudonym key", former.key, begun.key),
        )
        if one != other
    ]
    is_out = checkpoints.is_finished(build, checkpoints.PUBLISHED)
    if not is_out and not registry_snapshot.is_unchanged(build, workspace):
        changed.append("the registry of the workspace")
    if changed:
        raise ResumeError(
            f"build [{build.root.name}] cannot be resumed, since {' and '.join(changed)} changed "
            "after it was begun: run without --resume, which begins a new build"
        )


def code_version() -> str:
    """Version of this package."""
    return version("justice-journeys")
