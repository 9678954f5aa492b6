"""Why a step failed, in one line that holds no value.

The line says what a person can put right, or the kind and place of the error.

Belongs here: which errors may speak for themselves, and what to do about disk and memory. Does not
belong here: how Dagster or the terminal shows it.
"""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

import duckdb

from pipeline import workspace_lock
from pipeline.delivery.manifest import DeliveryError
from pipeline.linkage.prepare.identity_tables import LinkageError
from pipeline.release import admission
from pipeline.release.registry_snapshot import StartError
from pipeline.settings import PROJECT, SettingsError

USER_ERRORS = (
    DeliveryError,
    LinkageError,
    SettingsError,
    StartError,
    admission.ResumeError,
    workspace_lock.WorkspaceBusyError,
)
"""What a person can put right; their messages hold no value."""
FULL = ("No space left on device", "max_temp_directory_size", "Disk quota exceeded")
OUT_OF_MEMORY = ("Out of Memory", "failed to allocate", "could not allocate")
MORE_MEMORY = (
    ": give more with JOURNEYS_MEMORY or fewer threads with JOURNEYS_THREADS, "
    "and run `journeys run --resume`"
)
MORE_ROOM = ": the disk is full; make room and run `journeys run --resume`"


def remedy(words: str) -> str:
    """What to do about an error of disk or memory, by the database's words; empty for another."""
    if any(sign in words for sign in FULL):
        return MORE_ROOM
    if any(sign in words for sign in OUT_OF_MEMORY):
        return MORE_MEMORY
    return ""


def describe_error(error: BaseException) -> str:
    """One line on why a step failed.

    Errors of a person's making speak for themselves; so do those of disk and memory, which name
    files and sizes. The message of any other error may quote a cell and is withheld.
    """
    if isinstance(error, USER_ERRORS):
        return str(error) + (remedy(str(error)) if isinstance(error, LinkageError) else "")
    if isinstance(error, OSError) and error.errno:
        where = f" [{error.filename}]" if error.filename else ""
        full = MORE_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        return f"{error.strerror}{where}{full}"
    words = str(error).splitlines()[0] if str(error) else ""
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException | MemoryError):
        return f"{words or type(error).__name__}{remedy(words or 'Out of Memory')}"
    if "No space left on device" in str(error):
        return f"No space left on device{MORE_ROOM}"
    return (
        f"{type(error).__name__} at {_place(error)}: a fault of the pipeline; "
        "its message may hold values and is withheld"
    )


def _place(error: BaseException) -> str:
    """Where in this project an error came from: the innermost of its own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(PROJECT / "pipeline")]
    if not own:
        return "unknown place"
    return f"{Path(own[-1].filename).relative_to(PROJECT)}:{own[-1].lineno}"
