"""What a run needs before anything is read: the workspace to itself, a key, a name for the release, a clean place to build.

Belongs here: the one-writer lock and the facts of a run. Does not belong here: Dagster (assets) and any step of the pipeline.
"""

from __future__ import annotations

import fcntl
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import IO

from pipeline import starting, text_files
from pipeline.contracts import registry, required_tables
from pipeline.delivery import Delivery, DeliveryError, check_tables
from pipeline.settings import CURRENT, SYNTHETIC_KEY, Build, Settings, Workspace
from pipeline.storage import make_folder


class WorkspaceBusyError(Exception):
    """Another run holds the workspace."""


BYTES_A_ROW = 1_600
"""Room that a run takes for each delivered row: build, release and records; measured on made-up deliveries. Copies of text come
on top of it."""

_held: dict[Path, IO[str]] = {}


def hold(workspace: Workspace) -> None:
    """Take the workspace for this process until it ends; once taken, taking it again does nothing.

    Raises:
        WorkspaceBusyError: another process has it.
    """
    if workspace.lock in _held:
        return
    make_folder(workspace.root)
    stream = workspace.lock.open("a+")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        stream.close()
        raise WorkspaceBusyError(f"another run is using the workspace [{workspace.root}]: wait until it ends or use another one") from error
    _held[workspace.lock] = stream


def pseudonym_key(delivery: Delivery, settings: Settings) -> bytes:
    """The key for a delivery's pseudonyms: the one given, or the public one for a synthetic delivery.

    Raises:
        DeliveryError: a real delivery without a key.
    """
    if settings.key:
        return settings.key
    if delivery.synthetic:
        return SYNTHETIC_KEY
    raise DeliveryError(
        f"delivery [{delivery.delivery_id}] is not marked synthetic and there is no key: set JOURNEYS_PSEUDONYM_KEY_FILE to a file "
        "that holds a secret of your own"
    )


def admit(delivery: Delivery, settings: Settings) -> None:
    """Check what can be known before any file is read: tables required and known, and a key.

    Raises:
        DeliveryError: the delivery cannot be run as it is.
    """
    check_tables(delivery, required=required_tables(), known=registry())
    pseudonym_key(delivery, settings)
    needed = sum(file.rows for file in delivery.files) * BYTES_A_ROW + _copies(delivery)
    free = shutil.disk_usage(_existing(settings.workspace.root)).free
    if free < needed:
        raise DeliveryError(
            f"the workspace [{settings.workspace.root}] has {free >> 20} MB free and this delivery takes about {needed >> 20} MB: make room"
        )


def _copies(delivery: Delivery) -> int:
    """Room for readable copies of text: those of one table at a time, since they go when it is landed."""
    return max((sum(map(text_files.room, delivery.of_table(*table))) for table in delivery.tables), default=0)


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def next_release_id(delivery: Delivery, workspace: Workspace) -> str:
    """Extract date, the delivery's digest in short, and a number that grows with every release of that delivery."""
    stem = f"{delivery.extract_date}-{delivery.digest[:8]}-"
    known = workspace.releases.iterdir() if workspace.releases.is_dir() else ()
    numbers = [int(path.name.removeprefix(stem)) for path in known if path.name.startswith(stem) and path.name.removeprefix(stem).isdigit()]
    return f"{stem}{max(numbers, default=0) + 1}"


def begin(build: Build, workspace: Workspace) -> None:
    """Clear what earlier builds left, all but that of the current release, and make this build's private folders."""
    current = (workspace.releases / CURRENT).resolve().name
    if build.root.parent.is_dir():
        for former in build.root.parent.iterdir():
            if former.name != current:
                shutil.rmtree(former)
    build.root.mkdir(parents=True)
    for folder in (build.identity, build.quarantine, build.spill, workspace.registry):
        make_folder(folder, mode=0o700).chmod(0o700)
    starting.begin(build, workspace)


def code_version() -> str:
    """Version of this package."""
    return version("justice-journeys")
