"""One run a workspace: a lock that the system lets go when its process ends."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from pipeline.errors import WorkspaceBusyError
from pipeline.storage import make_folder
from pipeline.workspace import Workspace

_held: dict[Path, IO[str]] = {}


def hold_workspace(workspace: Workspace) -> None:
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
        raise WorkspaceBusyError(
            f"another run is using the workspace [{workspace.root}]: "
            "wait until it ends or use another one"
        ) from error
    _held[workspace.lock] = stream
