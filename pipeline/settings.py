"""Where things are and how much of the machine to use: the only reader of the environment.

Belongs here: workspace paths, threads, memory, the pseudonym key. Does not belong here: anything about data.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline import memory_size as memory

PROJECT = Path(__file__).resolve().parents[1]
DBT_PROJECT = PROJECT / "dbt_project"
SYNTHETIC_KEY = b"justice-journeys synthetic key: protects nobody, names nobody"
"""Used for synthetic deliveries only, so that anyone can rebuild a synthetic release to the byte."""
LEAST_KEY_BYTES = 16
CURRENT = "current"
"""Name of the pointer to the newest release."""
BEFORE = "before"
"""Folder of the registry that holds what each release began with."""


class SettingsError(Exception):
    """The environment cannot be used; the message says which variable and what to do."""


@dataclass(frozen=True)
class Workspace:
    """Folders of one workspace. `identity`, `quarantine`, `review` and the registry are readable by the owner alone."""

    root: Path

    @property
    def landing(self) -> Path:
        """Deliveries, read only; the sensor watches it."""
        return self.root / "landing"

    @property
    def registry(self) -> Path:
        """Person registry and reviewed overrides; restricted."""
        return self.root / "registry"

    @property
    def overrides(self) -> Path:
        """Reviewed decisions on who is one person; restricted."""
        return self.registry / "overrides.csv"

    def before(self, release_id: str) -> Path:
        """The registry as it was before a release; restricted."""
        return self.registry / BEFORE / release_id

    @property
    def review(self) -> Path:
        """Pairs written out for clerks; restricted."""
        return self.root / "review"

    @property
    def held_back(self) -> Path:
        """Rows held back that were written out for suppliers; restricted."""
        return self.root / "held_back"

    @property
    def restricted(self) -> tuple[Path, ...]:
        """Folders that may hold what names people."""
        return self.registry, self.held_back, self.review

    @property
    def releases(self) -> Path:
        """Published releases and the pointer `current`."""
        return self.root / "releases"

    @property
    def dagster(self) -> Path:
        """Dagster's instance: runs, events, schedules."""
        return self.root / "dagster"

    @property
    def lock(self) -> Path:
        """Held by the one run that writes."""
        return self.root / ".run.lock"

    @property
    def builds(self) -> Path:
        """Builds: that of the current release, and what a run that did not end has left."""
        return self.root / "build"

    def build(self, release_id: str) -> Build:
        """Folders of the release that is being built."""
        return Build(self.builds / release_id)


@dataclass(frozen=True)
class Build:
    """Folders of one release under construction."""

    root: Path

    @property
    def identity(self) -> Path:
        """Direct identifiers; restricted."""
        return self.root / "identity"

    @property
    def staged(self) -> Path:
        """Payload without direct identifiers."""
        return self.root / "staged"

    @property
    def registry(self) -> Path:
        """The workspace's registry as it was when the build began; restricted."""
        return self.root / "registry"

    @property
    def quarantine(self) -> Path:
        """Rows held back, as delivered; restricted."""
        return self.root / "quarantine"

    @property
    def held(self) -> Path:
        """Pseudonyms of the keys and references of rows held back."""
        return self.root / "held"

    @property
    def ledger(self) -> Path:
        """Row counts and contract results, a file a table."""
        return self.root / "ledger"

    @property
    def profile(self) -> Path:
        """Counts that describe each table, for comparison with other deliveries; a file a table."""
        return self.root / "profile"

    @property
    def linkage(self) -> Path:
        """Lookups that linkage gives back."""
        return self.root / "linkage"

    @property
    def review(self) -> Path:
        """The pairs most worth a clerk's eye, with their identifiers; restricted."""
        return self.root / "review"

    @property
    def warehouse(self) -> Path:
        """DuckDB file that dbt builds: everything but the marts."""
        return self.root / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        """DuckDB file with the marts, which dbt builds too: it becomes the database of the release."""
        return self.root / "release.duckdb"

    @property
    def dbt(self) -> Path:
        """What dbt writes of itself: manifest, compiled models, logs, static documents."""
        return self.root / "dbt"

    @property
    def finished(self) -> Path:
        """What each finished stage came to, for a run that resumes; see `pipeline.release.checkpoints`."""
        return self.root / "finished"

    @property
    def spill(self) -> Path:
        """Temporary files of DuckDB; restricted, emptied when the run ends."""
        return self.root / "spill"


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
        return memory.show_size(max(self.memory_bytes - beside, memory.LEAST_SHARE))

    def duckdb(self, spill: Path) -> dict[str, str | bool | int | float | list[str]]:
        """Configuration of a DuckDB connection that keeps to these limits and spills into the given folder."""
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
        raise SettingsError(f"{name} must be a whole number of at least 1: set it to 1 or more, or leave it out")
    return int(value)


def _key() -> bytes | None:
    text, file = os.environ.get("JOURNEYS_PSEUDONYM_KEY"), os.environ.get("JOURNEYS_PSEUDONYM_KEY_FILE")
    if text and file:
        raise SettingsError("both JOURNEYS_PSEUDONYM_KEY and JOURNEYS_PSEUDONYM_KEY_FILE are set: keep one")
    try:
        key = text.encode() if text else Path(file).read_bytes().strip() if file else None
    except OSError as error:
        raise SettingsError(f"JOURNEYS_PSEUDONYM_KEY_FILE cannot be read ({error.strerror}): give a readable file") from error
    if key is not None and len(key) < LEAST_KEY_BYTES:
        raise SettingsError(f"the pseudonym key has fewer than {LEAST_KEY_BYTES} bytes: give a longer one")
    return key
