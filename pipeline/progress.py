"""How far a run has come: whoever works reports, and whoever shows it listens.

Belongs here: passing it on within this process. Does not belong here: how it is shown (terminal).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """One step of a run."""

    step: str
    """What is being done, in a few words."""
    done: int | None = None
    """Parts of the step that are done, of `total`."""
    total: int | None = None
    rows: int | None = None
    """Rows that the step reads."""


Listener = Callable[[Report], None]
_listeners: list[Listener] = []


@contextmanager
def listen_to_progress(listener: Listener) -> Iterator[None]:
    """Pass reports on to a listener for as long as the block lasts."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def report_progress(
    step: str, *, done: int | None = None, total: int | None = None, rows: int | None = None
) -> None:
    """Say what is being done now; heard by nobody when nobody listens."""
    for listener in _listeners:
        listener(Report(step, done, total, rows))
