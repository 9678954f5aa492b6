"""Where things are and how much of the machine to use: the only reader of the environment.

Belongs here: workspace paths, threads, memory, the pseudonym key. Does not belong here: anything
about data.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline import memory_size as memory
from pipeline.errors import SettingsError
from pipeline.storage import DatabaseConfig
from pipeline.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[1]
DBT_PROJECT = PROJECT / "dbt_project"
SYNTHETIC_KEY = b"justice-journeys synthetic key: protects nobody, names nobody"
"""For synthetic deliveries only, so that anyone can rebuild a synthetic release to the byte."""
MIN_KEY_BYTES = 16


@dataclass(frozen=True)
class Settings:
    """Everything the environment says."""

    workspace: Workspace
    threads: int
    memory: str
    key: bytes | None

    @classmethod
    def from_environment(cls, workspace: Path | None = None) -> Settings:
        """Read the environment once.

        Args:
            workspace: overrides `JOURNEYS_WORKSPACE`.

        Raises:
            SettingsError: a variable cannot be used.
        """
        root = workspace or Path(os.environ.get("JOURNEYS_WORKSPACE", PROJECT / "workspace"))
        return cls(
            workspace=Workspace(root.resolve()),
            threads=_positive("JOURNEYS_THREADS", default=os.cpu_count() or 1),
            memory=_memory(),
            key=_key(),
        )

    @property
    def memory_bytes(self) -> int:
        """The budget of memory in bytes."""
        return memory.parse_size(self.memory)

    def share(self, *, beside: int) -> str:
        """What DuckDB may use of the budget when a stage takes so many bytes for itself."""
        return memory.show_size(max(self.memory_bytes - beside, memory.MIN_SHARE))

    def duckdb(self, spill: Path) -> DatabaseConfig:
        """Configuration of a DuckDB connection that keeps to these limits.

        The connection spills into the given folder.
        """
        return {"threads": self.threads, "memory_limit": self.memory, "temp_directory": str(spill)}


def _memory() -> str:
    given = os.environ.get("JOURNEYS_MEMORY")
    try:
        return memory.show_size(memory.parse_size(given) if given else memory.default_memory())
    except ValueError as error:
        raise SettingsError(f"JOURNEYS_MEMORY: {error}") from None


def _positive(name: str, *, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdigit() or int(value) < 1:
        raise SettingsError(
            f"{name} must be a whole number of at least 1: set it to 1 or more, or leave it out"
        )
    return int(value)


def _key() -> bytes | None:
    text, file = (
        os.environ.get("JOURNEYS_PSEUDONYM_KEY"),
        os.environ.get("JOURNEYS_PSEUDONYM_KEY_FILE"),
    )
    if text and file:
        raise SettingsError(
            "both JOURNEYS_PSEUDONYM_KEY and JOURNEYS_PSEUDONYM_KEY_FILE are set: keep one"
        )
    try:
        key = text.encode() if text else Path(file).read_bytes().strip() if file else None
    except OSError as error:
        raise SettingsError(
            f"JOURNEYS_PSEUDONYM_KEY_FILE cannot be read ({error.strerror}): give a readable file"
        ) from error
    if key is not None and len(key) < MIN_KEY_BYTES:
        raise SettingsError(
            f"the pseudonym key has fewer than {MIN_KEY_BYTES} bytes: give a longer one"
        )
    return key
