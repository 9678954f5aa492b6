"""What can go wrong: one base for what a person can put right, and one line for everything else.

Belongs here: every kind of error that names what to do, and the redaction of all others. Not here:
how the terminal or Dagster shows it.
"""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

import duckdb

PACKAGE = Path(__file__).parent
FULL = ("No space left on device", "max_temp_directory_size", "Disk quota exceeded")
OUT_OF_MEMORY = ("Out of Memory", "failed to allocate", "could not allocate")
MORE_MEMORY = (
    ": give more with JOURNEYS_MEMORY or fewer threads with JOURNEYS_THREADS, "
    "and run `journeys run --resume`"
)
MORE_ROOM = ": the disk is full; make room and run `journeys run --resume`"


class JourneysError(Exception):
    """What a person can put right: subject, problem and remedy in one line, with no value of a row.

    Attributes:
        subject: file, table, column, setting or release that it is about; empty where `problem`
            names it.
        problem: what is wrong.
        remedy: what to do; empty where `problem` says it.
    """

    def __init__(self, problem: str, *, subject: str = "", remedy: str = "") -> None:
        self.subject, self.problem, self.remedy = subject, problem, remedy
        super().__init__(": ".join(part for part in (subject, problem, remedy) if part))


class UsageError(JourneysError):
    """A command was given what it cannot use."""


class RunError(JourneysError):
    """A run ended without a release; the former one stays."""


class DeliveryError(JourneysError):
    """The delivery cannot be taken; the message says which file, what is wrong and what to do."""


class NotATable(JourneysError):
    """A text cannot be told apart into rows; the message says what it has, without any of it."""


class ContractError(JourneysError):
    """The contracts changed and their versions do not say so; a line a change."""


class SettingsError(JourneysError):
    """The environment cannot be used; the message says which variable and what to do."""


class WorkspaceBusyError(JourneysError):
    """Another run holds the workspace."""


class ReviewError(JourneysError):
    """There is nothing to review, or it cannot be written; the message says why in one line."""


class QuarantineError(JourneysError):
    """What was asked for cannot be given; the message says why in one line."""


class PublishRefused(JourneysError):
    """The release may not be published; the message says in one line why."""


class PublishFailed(JourneysError):
    """The release could not be written; the former one is untouched.

    The message says why, in one line.
    """


class StartError(JourneysError):
    """What a release began with is not there any more, or is not what it was.

    The message says what to do.
    """


class ReleaseError(JourneysError):
    """A release cannot be read or a query cannot be answered; the message says in one line why."""


class ResumeError(JourneysError):
    """A build cannot be taken up where it ended; the message says why and what to do."""


class TableRefused(JourneysError):
    """A table may not be published; the message says in one line why."""


class LinkageError(JourneysError):
    """Linkage cannot go on; the message holds no value of any record."""


class DecisionError(LinkageError):
    """A file of decisions cannot be used.

    The message names file, line and column, and says what to do.
    """


def find_remedy(words: str) -> str:
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
    if isinstance(error, JourneysError):
        return str(error) + (find_remedy(str(error)) if isinstance(error, LinkageError) else "")
    if isinstance(error, OSError) and error.errno:
        where = f" [{error.filename}]" if error.filename else ""
        full = MORE_ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        return f"{error.strerror}{where}{full}"
    words = str(error).splitlines()[0] if str(error) else ""
    if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException | MemoryError):
        return f"{words or type(error).__name__}{find_remedy(words or 'Out of Memory')}"
    if "No space left on device" in str(error):
        return f"No space left on device{MORE_ROOM}"
    return (
        f"{type(error).__name__} at {_place(error)}: a fault of the pipeline; "
        "its message may hold values and is withheld"
    )


def _place(error: BaseException) -> str:
    """Where in this project an error came from: the innermost of its own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]
    if not own:
        return "unknown place"
    return f"{Path(own[-1].filename).relative_to(PACKAGE.parent)}:{own[-1].lineno}"
