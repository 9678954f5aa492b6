"""Splink with a closed mouth: its log and its error texts stay in this room.

Belongs here: how Splink is started and what of it may be heard outside. Does not belong here: what
it is asked (train, predict, clusters).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import duckdb
from splink import DuckDBAPI, Linker
from splink.internals.exceptions import SplinkException

from pipeline.errors import LinkageError

Result = TypeVar("Result")
VALUELESS = (duckdb.OutOfMemoryException, duckdb.IOException)
"""Errors whose first line names sizes and files, and no value."""


def make_linker(
    connection: duckdb.DuckDBPyConnection, table: str, settings: dict[str, Any]
) -> Linker:
    """A linker over a table of this connection that logs nothing."""
    return Linker(make_api(connection).register(table), settings, log_level=None)


def make_api(connection: duckdb.DuckDBPyConnection) -> DuckDBAPI:
    """Splink's view of a connection; its log goes nowhere, since it can hold SQL with values."""
    log = logging.getLogger("splink")
    log.propagate = False
    log.setLevel(logging.CRITICAL + 1)
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return DuckDBAPI(connection=connection)


def run_discreetly(step: str, action: Callable[[], Result]) -> Result:
    """Does something with Splink or DuckDB, whose errors can quote SQL and values.

    Raises:
        LinkageError: in place of such an error; it names the step, and of the error its kind, and
            its words where these are about memory or disk.
    """
    try:
        return action()
    except (SplinkException, duckdb.Error) as error:
        cause = error.__cause__ if isinstance(error.__cause__, duckdb.Error) else error
        words = f": {str(cause).splitlines()[0]}" if isinstance(cause, VALUELESS) else ""
        failed = f"{type(cause).__name__}{words}"
    raise LinkageError(
        f"linkage failed while {step} ({failed}): look at memory and free disk first"
    )
