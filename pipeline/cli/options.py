"""Options that several commands share.

Belongs here: their names and help texts. Does not belong here: any command (main,
supplier_commands).
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace", help="Workspace folder; default JOURNEYS_WORKSPACE or ./workspace."
    ),
]


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"
