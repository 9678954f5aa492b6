"""The manifest of a release, and the names of what it lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"

DATABASE = "justice.duckdb"

TABLES = "tables"

SCHEMA = "marts"


def read_manifest(release: Path) -> dict[str, Any]:
    """A release's manifest.

    Raises:
        ValueError: there is no manifest, or it cannot be read; the message is one line.
    """
    try:
        manifest: dict[str, Any] = json.loads((release / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"no {MANIFEST} in {release}: not a release") from None
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise ValueError(f"{MANIFEST} in {release} is damaged: publish the release again") from None
    return manifest


def listed_files(release: Path) -> list[str]:
    """Every file of a release but its manifest, as sorted relative paths."""
    paths = sorted(
        path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()
    )
    return [path for path in paths if path != MANIFEST]
