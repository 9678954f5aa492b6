"""What the registry knows is on the disk, files and the folders that name them, before its writer
says so.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.delivery.manifest import Delivery
from pipeline.linkage.clustering import person_ids
from pipeline.linkage.monitoring import release_drift
from pipeline.linkage.review import decisions
from pipeline.quality import delivery_profile
from pipeline.release import admission, registry_snapshot
from pipeline.release.checkpoints import Begun
from pipeline.workspace import Build, Workspace

DELIVERY = Delivery(Path("somewhere"), "first", date(2021, 9, 30), synthetic=True, files=())
MANIFEST = {**DELIVERY.stated, "release_id": "r1"}
BEGUN = Begun("somewhere", DELIVERY.digest, code="code", key="key")
DECIDED = ("must_link", "prison", "1", "probation", "2", "a clerk", "2021-10-01", "same face")


def decide(build: Build, workspace: Workspace) -> None:
    decisions.append_decisions(
        workspace.overrides, list(decisions.read_decisions(build.root / "decided.csv"))
    )


WRITERS: dict[str, Callable[[Build, Workspace], object]] = {
    "persons.parquet": lambda build, workspace: person_ids.remember_ids(
        build.linkage, workspace.registry
    ),
    "link_quality.parquet": lambda build, workspace: release_drift.remember_counts(
        build.linkage, workspace.registry
    ),
    "deliveries/first/profile/facts.parquet": lambda build, workspace: (
        delivery_profile.remember_profile(build, MANIFEST, workspace.registry)
    ),
    "before/r1/deliveries/zeroth/profile/facts.parquet": lambda build, workspace: (
        registry_snapshot.keep_snapshot(build, workspace, "r1")
    ),
    "overrides.csv": decide,
}
"""Every writer of the registry, by a file that it makes."""


class Disk:
    """What is known to be on the disk: files as they were when they were flushed, folders with the
    names that they had.
    """

    def __init__(self) -> None:
        self.states: set[tuple[int, object]] = set()

    def fsync(self, descriptor: int) -> None:
        self.states.add(self._state(descriptor))

    def lost(self, folder: Path) -> list[str]:
        """What a power cut may take of a folder: that it is there, and what is in it."""
        return [
            str(path.relative_to(folder.parent))
            for path in (folder.parent, folder, *folder.rglob("*"))
            if self._is_lost(path)
        ]

    def _is_lost(self, path: Path) -> bool:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            return self._state(descriptor) not in self.states
        finally:
            os.close(descriptor)

    def _state(self, descriptor: int) -> tuple[int, object]:
        facts = os.fstat(descriptor)
        if not stat.S_ISDIR(facts.st_mode):
            return facts.st_ino, (facts.st_size, facts.st_mtime_ns)
        shown = [name for name in os.listdir(descriptor) if not name.startswith(".")]
        return facts.st_ino, frozenset(
            (name, os.stat(name, dir_fd=descriptor).st_ino) for name in shown
        )


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr(os, "fsync", disk.fsync)
    yield disk


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    workspace.root.mkdir()
    return workspace


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """What a run made, in no way on the disk yet."""
    build, counts = Build(tmp_path / "build"), pl.DataFrame({"rows": [1]})
    for folder in (
        build.linkage,
        build.profile,
        build.registry / "deliveries" / "zeroth" / "profile",
    ):
        folder.mkdir(parents=True)
        for name in (f"registry_{person_ids.REGISTRY}", release_drift.KEPT, delivery_profile.NAME):
            counts.write_parquet(folder / name)
    (build.registry / "overrides.csv").write_text("copied, since people write it\n")
    (build.root / "decided.csv").write_text("\n".join(map(",".join, (decisions.COLUMNS, DECIDED))))
    return build


@pytest.mark.parametrize("made", WRITERS)
def test_a_writer_of_the_registry_leaves_nothing_to_a_power_cut(
    build: Build, workspace: Workspace, disk: Disk, made: str
) -> None:
    WRITERS[made](build, workspace)
    assert (workspace.registry / made).is_file()
    assert disk.lost(workspace.registry) == []
    WRITERS[made](build, workspace)
    assert disk.lost(workspace.registry) == [], "once more, over what is there"
    assert workspace.registry.stat().st_mode & 0o777 == 0o700


def test_a_registry_is_on_the_disk_before_anything_is_in_it(
    workspace: Workspace, disk: Disk
) -> None:
    admission.begin_build(workspace.build("r1"), workspace, BEGUN)
    assert workspace.registry.stat().st_mode & 0o777 == 0o700
    folders = [held for _, held in disk.states if isinstance(held, frozenset)]
    assert "registry" in {name for folder in folders for name, _ in folder}


def test_what_is_not_flushed_is_seen_to_be_lost(
    build: Build, workspace: Workspace, disk: Disk
) -> None:
    WRITERS["persons.parquet"](build, workspace)
    (workspace.registry / "more").mkdir()
    (workspace.registry / "persons.parquet").write_bytes(b"")
    assert disk.lost(workspace.registry) == [
        "registry",
        "registry/persons.parquet",
        "registry/more",
    ]


def test_a_history_that_stepped_aside_when_its_run_was_killed_is_there_for_the_next(
    build: Build, workspace: Workspace
) -> None:
    kept = delivery_profile.remember_profile(build, MANIFEST, workspace.registry)
    kept.rename(kept.with_name(".profile.replaced"))
    (kept.parent / ".profile.partial").mkdir()
    assert delivery_profile.list_accepted(workspace.registry) == []
    admission.begin_build(workspace.build("r2"), workspace, BEGUN)
    assert [one.delivery_id for one in delivery_profile.list_accepted(workspace.registry)] == [
        "first"
    ]
    files = [
        f"deliveries/first/profile/{name}"
        for name in (delivery_profile.DELIVERY, delivery_profile.NAME)
    ]
    assert list(registry_snapshot.hash_snapshot(workspace.build("r2"))) == files
    assert [path.name for path in kept.parent.iterdir()] == ["profile"]
