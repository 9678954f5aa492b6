"""The manifest of a release, and the names of what it lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.errors import ReleaseError

MANIFEST = "manifest.json"
STATED = {"release_id", "tables", "files"}
"""What every manifest says."""

DATABASE = "justice.duckdb"

TABLES = "tables"

SCHEMA = "marts"


def read_manifest(release: Path) -> dict[str, Any]:
    """A release's manifest.

    Raises:
        ReleaseError: there is no manifest, or it cannot be read; the message is one line.
    """
    try:
        manifest: Any = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReleaseError(f"no {MANIFEST} in {release}: not a release") from None
    except (UnicodeDecodeError, json.JSONDecodeError):
        manifest = {}
    if not isinstance(manifest, dict) or not manifest.keys() >= STATED:
        raise ReleaseError(f"{MANIFEST} in {release} is damaged: publish the release again")
    return manifest


def listed_files(release: Path) -> list[str]:
    """Every file of a release but its manifest, as sorted relative paths."""
    paths = sorted(
        path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()
    )
    return [path for path in paths if path != MANIFEST]
