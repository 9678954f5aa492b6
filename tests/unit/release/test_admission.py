"""What a new attempt may take up, and what it may not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import errors
from pipeline.release import admission, checkpoints
from pipeline.release.checkpoints import Begun
from pipeline.workspace import Build, Workspace

BEGUN = Begun(delivery="/delivery", delivery_digest="d" * 64, code="c" * 64, key="k" * 16)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path)
    workspace.registry.mkdir()
    (workspace.registry / "persons.parquet").write_bytes(b"ids of the last release")
    return workspace


@pytest.fixture
def build(workspace: Workspace) -> Build:
    build = workspace.build("2021-09-30-dddddddd-1")
    admission.begin_build(build, workspace, BEGUN)
    return build


def test_a_build_that_was_begun_can_be_taken_up(workspace: Workspace, build: Build) -> None:
    (build.staged / "prison").mkdir(parents=True)
    (build.spill / "half").write_text("what a killed process left")
    assert admission.find_resumable(workspace) == (build.root.name, BEGUN)
    admission.begin_build(build, workspace, replace(BEGUN, delivery="/moved"))
    assert (build.staged / "prison").is_dir()
    assert list(build.spill.iterdir()) == []


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"delivery_digest": "x"}, "the delivery"),
        ({"code": "x"}, "the code"),
        ({"key": "x"}, "the pseudonym key"),
    ],
)
def test_another_delivery_code_or_key_cannot_take_it_up(
    workspace: Workspace, build: Build, changed: dict[str, str], name: str
) -> None:
    with pytest.raises(errors.ResumeError, match=f"since {name} changed"):
        admission.begin_build(build, workspace, replace(BEGUN, **changed))


def test_a_registry_that_changed_since_cannot_take_it_up(
    workspace: Workspace, build: Build
) -> None:
    (workspace.registry / "overrides.csv").write_text("a decision of a clerk")
    with pytest.raises(errors.ResumeError, match="the registry of the workspace changed"):
        admission.begin_build(build, workspace, BEGUN)


def test_a_published_build_whose_registry_is_half_done_can_be_taken_up(
    workspace: Workspace, build: Build
) -> None:
    checkpoints.run_once(build, checkpoints.PUBLISHED, lambda: build.root, Path)
    (workspace.registry / "persons.parquet").write_bytes(b"ids of this release")
    admission.begin_build(build, workspace, BEGUN)
    assert admission.find_resumable(workspace)[0] == build.root.name


def test_a_build_that_ended_is_nothing_to_resume(workspace: Workspace, build: Build) -> None:
    checkpoints.run_once(build, checkpoints.REGISTERED, lambda: True, bool)
    with pytest.raises(errors.ResumeError, match="nothing to resume"):
        admission.find_resumable(workspace)


def test_folders_that_were_never_ready_are_nothing_to_resume(
    workspace: Workspace, build: Build
) -> None:
    (build.root / "begun.json").unlink()
    with pytest.raises(errors.ResumeError, match="nothing to resume"):
        admission.find_resumable(workspace)
    admission.begin_build(build, workspace, BEGUN)
    assert checkpoints.read_begun(build) == BEGUN


def test_a_new_build_clears_what_others_left_but_not_the_current_releases(
    workspace: Workspace, build: Build
) -> None:
    published = workspace.build("2021-09-30-dddddddd-0")
    published.root.mkdir()
    (workspace.releases / published.root.name).mkdir(parents=True)
    (workspace.releases / "current").symlink_to(published.root.name)
    another = workspace.build("2021-09-30-dddddddd-2")
    admission.begin_build(another, workspace, BEGUN)
    assert {path.name for path in workspace.builds.iterdir()} == {
        published.root.name,
        another.root.name,
    }
    assert not build.root.exists()
    assert json.loads((another.root / "begun.json").read_text())["key"] == BEGUN.key
