"""What a killed run owes the registry is settled by the next one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.linkage.clustering import person_ids
from pipeline.linkage.monitoring import release_drift
from pipeline.quality import delivery_profile
from pipeline.release import admission, checkpoints, registration
from pipeline.release.checkpoints import Begun
from pipeline.release.release_manifest import DATABASE
from pipeline.workspace import Build, Workspace

BEGUN = Begun(delivery="/delivery", delivery_digest="d", code="c", key="k")
MANIFEST: dict[str, Any] = {
    "release_id": "r1",
    "delivery_id": "first",
    "extract_date": "2021-09-30",
    "synthetic": True,
    "delivery_digest": "d",
    "tables": {},
    "files": {},
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def build(workspace: Workspace) -> Build:
    """A build that is done, of which nothing is published."""
    build, counts = workspace.build("r1"), pl.DataFrame({"rows": [1]})
    workspace.root.mkdir()
    admission.begin_build(build, workspace, BEGUN)
    for folder in (build.linkage, build.profile):
        folder.mkdir()
        for name in (f"registry_{person_ids.REGISTRY}", release_drift.KEPT, delivery_profile.NAME):
            counts.write_parquet(folder / name)
    return build


def publish(workspace: Workspace) -> None:
    release = workspace.releases / "r1"
    release.mkdir(parents=True)
    (release / DATABASE).touch()
    (release / "manifest.json").write_text(json.dumps(MANIFEST))
    (workspace.releases / "current").symlink_to("r1")


def known(workspace: Workspace) -> set[str]:
    inside = workspace.registry.rglob("*")
    return {path.relative_to(workspace.registry).as_posix() for path in inside if path.is_file()}


def test_a_release_whose_run_was_killed_before_the_registry_knew_is_settled(
    workspace: Workspace, build: Build
) -> None:
    publish(workspace)
    assert known(workspace) == set()
    assert registration.settle_registration(workspace)
    assert {"persons.parquet", "link_quality.parquet"} <= known(workspace)
    assert [one.delivery_id for one in delivery_profile.list_accepted(workspace.registry)] == [
        "first"
    ]
    assert checkpoints.is_finished(build, checkpoints.REGISTERED)


def test_what_is_settled_is_not_settled_again(workspace: Workspace, build: Build) -> None:
    publish(workspace)
    registration.settle_registration(workspace)
    (workspace.registry / "persons.parquet").unlink()
    assert not registration.settle_registration(workspace)
    assert "persons.parquet" not in known(workspace)


def test_a_build_that_was_never_published_owes_nothing(workspace: Workspace, build: Build) -> None:
    assert not registration.settle_registration(workspace)
    assert known(workspace) == set()


def test_registering_twice_changes_nothing(workspace: Workspace, build: Build) -> None:
    publish(workspace)
    registration.register_release(build, workspace, MANIFEST)
    first = known(workspace)
    registration.register_release(build, workspace, MANIFEST)
    assert known(workspace) == first
