"""Folders and files of a workspace, of a build in it, and of a release: where everything is.

Not here: what a user sets (`settings`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CURRENT = "current"
"""Name of the pointer to the newest release."""

BEFORE = "before"
"""Folder of the registry that holds what each release began with."""


@dataclass(frozen=True)
class Workspace:
    """Folders of one workspace.

    `identity`, `quarantine`, `review` and the registry are readable by the owner alone.
    """

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
        """Quarantined rows that were written out for suppliers; restricted."""
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

    def list_builds(self) -> list[Build]:
        """Builds that are still there, whether published or not; the one changed last is last."""
        folders = self.builds.iterdir() if self.builds.is_dir() else ()
        found = [Build(folder) for folder in folders if folder.is_dir()]
        return sorted(found, key=lambda build: (build.root.stat().st_mtime_ns, build.root.name))

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
        """Quarantined rows, as delivered; restricted."""
        return self.root / "quarantine"

    @property
    def held(self) -> Path:
        """Pseudonyms of the keys and references of quarantined rows."""
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
        """DuckDB file with the marts, built by dbt too; it becomes the database of the release."""
        return self.root / "release.duckdb"

    @property
    def dbt(self) -> Path:
        """What dbt writes of itself: manifest, compiled models, logs, static documents."""
        return self.root / "dbt"

    @property
    def finished(self) -> Path:
        """Results of each finished stage, for a run that resumes.

        See `pipeline.release.checkpoints`.
        """
        return self.root / "finished"

    @property
    def spill(self) -> Path:
        """Temporary files of DuckDB; restricted, emptied when the run ends."""
        return self.root / "spill"
