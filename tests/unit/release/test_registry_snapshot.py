"""What a release began with is there again when it is made anew, whatever happened to the registry
since.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline import errors
from pipeline.delivery.manifest import Delivery
from pipeline.linkage.clustering import person_ids
from pipeline.linkage.monitoring import release_drift
from pipeline.release import admission, registry_snapshot
from pipeline.release.checkpoints import Begun
from pipeline.workspace import Build, Workspace

DELIVERY = Delivery(Path("somewhere"), "second", date(2021, 9, 30), synthetic=True, files=())
FACTS = Path("deliveries", "before", "profile", "facts.parquet")
"""Of a delivery that is called as the folder of what is kept."""


def publish(workspace: Workspace, build: Build) -> dict[str, Any]:
    """What the run of a release does: the registry is told of it at last."""
    stated: dict[str, Any] = {
        "release_id": build.root.name,
        "delivery_id": "second",
        "delivery_digest": DELIVERY.digest,
    }
    stated[registry_snapshot.FACT] = registry_snapshot.hash_snapshot(build)
    registry_snapshot.keep_snapshot(build, workspace, build.root.name)
    build.linkage.mkdir(exist_ok=True)
    for name in (f"registry_{person_ids.REGISTRY}", release_drift.KEPT):
        pl.DataFrame({"release": [build.root.name]}).write_parquet(build.linkage / name)
    person_ids.remember_ids(build.linkage, workspace.registry)
    release_drift.remember_counts(build.linkage, workspace.registry)
    return stated


def begun(workspace: Workspace, release_id: str) -> Build:
    build = workspace.build(release_id)
    admission.begin_build(
        build, workspace, Begun("somewhere", DELIVERY.digest, code="code", key="key")
    )
    return build


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One release is out, of a delivery with a history, and a clerk has decided."""
    workspace = Workspace(tmp_path / "workspace")
    publish(workspace, begun(workspace, "r1"))
    workspace.overrides.write_text("one decision\n")
    (workspace.registry / FACTS).parent.mkdir(parents=True)
    pl.DataFrame({"rows": [1]}).write_parquet(workspace.registry / FACTS)
    (workspace.registry / ".left.partial").write_text("of a killed run")
    return workspace


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def second(workspace: Workspace) -> tuple[dict[str, bytes], dict[str, Any]]:
    """What a second release began with, and its manifest, once much else has happened."""
    before = contents(workspace.registry)
    del before[".left.partial"]
    build = begun(workspace, "r2")
    with workspace.overrides.open("a") as stream:
        stream.write("one while the run goes on\n")
    stated = publish(workspace, build)
    with workspace.overrides.open("a") as stream:
        stream.write("one after it\n")
    publish(workspace, begun(workspace, "r3"))
    return before, stated


@pytest.mark.parametrize("has_links", [True, False])
def test_a_release_begins_again_with_what_it_began_with(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no second names here")

    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    before, stated = second(workspace)
    assert sorted(before) == [
        str(FACTS),
        "link_quality.parquet",
        "overrides.csv",
        "persons.parquet",
    ]
    assert list(stated[registry_snapshot.FACT]) == sorted(before)
    anew = Workspace(tmp_path / "anew")
    registry_snapshot.restore_registry(
        stated, DELIVERY, (Workspace(tmp_path / "elsewhere"), workspace), anew
    )
    assert contents(anew.registry) == before
    assert contents(begun(anew, "r").registry) == before
    assert b"while" in contents(workspace.before("r3"))["overrides.csv"]
    for folder in (workspace.build("r3").registry, workspace.before("r2"), anew.registry):
        assert folder.stat().st_mode & 0o077 == 0


def test_making_a_release_again_leaves_what_is_kept_as_it_is(
    workspace: Workspace, tmp_path: Path
) -> None:
    _, stated = second(workspace)
    kept = contents(workspace.before("r2"))
    anew = Workspace(tmp_path / "anew")
    registry_snapshot.restore_registry(stated, DELIVERY, (workspace,), anew)
    publish(anew, begun(anew, "r2"))
    assert contents(workspace.before("r2")) == kept


def test_a_first_release_needs_nothing_that_is_kept(tmp_path: Path) -> None:
    workspace, anew = Workspace(tmp_path / "workspace"), Workspace(tmp_path / "anew")
    stated = publish(workspace, begun(workspace, "r1"))
    assert stated[registry_snapshot.FACT] == {}
    registry_snapshot.restore_registry(stated, DELIVERY, (Workspace(tmp_path / "elsewhere"),), anew)
    assert contents(anew.root) == {}


def test_a_start_that_is_gone_or_changed_or_not_known_is_no_difference_but_an_error(
    workspace: Workspace, tmp_path: Path
) -> None:
    _, stated = second(workspace)
    anew = Workspace(tmp_path / "anew")
    with pytest.raises(
        errors.StartError,
        match=r"release \[r2\] was made from delivery .* give the delivery of the release",
    ):
        registry_snapshot.restore_registry(
            stated | {"delivery_digest": "another"}, DELIVERY, (workspace,), anew
        )
    with pytest.raises(errors.StartError, match="does not say what its run began with"):
        registry_snapshot.restore_registry(
            {name: fact for name, fact in stated.items() if name != registry_snapshot.FACT},
            DELIVERY,
            (workspace,),
            anew,
        )
    with pytest.raises(
        errors.StartError,
        match=r"\(4 files\), which are not there any more, .*elsewhere/registry/before/r2\]",
    ):
        registry_snapshot.restore_registry(
            stated, DELIVERY, (Workspace(tmp_path / "elsewhere"),), anew
        )
    with (workspace.before("r2") / "overrides.csv").open("a") as stream:
        stream.write("one more\n")
    with pytest.raises(
        errors.StartError,
        match=(
            r"is not what release \[r2\] began with, .*: "
            r"1 of its files .* first \[overrides.csv\]"
        ),
    ):
        registry_snapshot.restore_registry(stated, DELIVERY, (workspace,), anew)
    assert contents(anew.root) == {}
