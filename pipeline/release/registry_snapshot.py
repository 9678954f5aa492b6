"""What a run begins with: the registry as it was before.

With it any release can be made again, not only the first of a workspace.

A run copies the registry into its build and links from the copy; its release says in the manifest
what the copy held, and keeps it in the registry under its own name. So person ids of former
releases, reviewed decisions, counts of the last release and accepted deliveries are there again
when the release is verified by making it anew. A file that is only ever replaced as a whole gets a
second name in place of a copy: the largest, the persons, takes room once a release, and none until
the next one replaces it. Belongs here: copying, keeping and restoring the registry. Does not belong
here: what is in it (person_ids, decisions, release_drift, delivery_profile).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.delivery.manifest import Delivery, hash_file
from pipeline.errors import StartError
from pipeline.storage import make_folder, recover_folder, replace_folder
from pipeline.workspace import BEFORE, Build, Workspace

FACT = "registry_files"
"""What a manifest calls the digests of the files that the run began with."""
REPLACED_AS_A_WHOLE = (".parquet", ".json")
"""Files that no run changes in place. Decisions are not among them: people write them."""


def snapshot_registry(build: Build, workspace: Workspace) -> None:
    """Let a build begin with the registry as it is now; for who holds the workspace.

    What a kill left in the registry is mended first.
    """
    for folder in sorted({left.parent for left in workspace.registry.rglob(".*")}):
        recover_folder(folder)
    _copy(workspace.registry, build.registry)


def hash_snapshot(build: Build) -> dict[str, str]:
    """Digest of every file that a build began with, by its path in the registry.

    There are none for a workspace's first release.
    """
    return _digests(build.registry)


def is_unchanged(build: Build, workspace: Workspace) -> bool:
    """Whether the registry still is what a build began with."""
    return _digests(build.registry) == _digests(workspace.registry)


def keep_snapshot(build: Build, workspace: Workspace, release_id: str) -> None:
    """Keep what a build began with; for when its release is out."""
    make_folder(workspace.registry, mode=0o700)
    _copy(build.registry, workspace.before(release_id))


def restore_registry(
    stated: Mapping[str, Any], delivery: Delivery, homes: Iterable[Workspace], target: Workspace
) -> None:
    """Let an empty workspace begin as the run of a release did.

    Args:
        stated: the release's manifest.
        delivery: that the release shall be made from again.
        homes: workspaces that may have kept what the release began with; the first that did is
            taken.
        target: the empty workspace.

    Raises:
        StartError: the release is of another delivery, or what it began with is not known, not
            there or not what it was.
    """
    name = stated["release_id"]
    if FACT not in stated:
        raise StartError(
            f"release [{name}] does not say what its run began with, so it cannot be made again: "
            "run its delivery once more"
        )
    if stated["delivery_digest"] != delivery.digest:
        raise StartError(
            f"release [{name}] was made from delivery [{stated['delivery_id']}], and "
            f"[{delivery.folder}] is [{delivery.delivery_id}] or has other files or corrections: "
            "give the delivery of the release"
        )
    if stated[FACT]:
        _copy(_kept(name, stated[FACT], homes), target.registry)


def _kept(name: str, wanted: Mapping[str, str], homes: Iterable[Workspace]) -> Path:
    kept = list(dict.fromkeys(home.before(name) for home in homes))
    there = [folder for folder in kept if folder.is_dir()]
    for folder in there:
        if _digests(folder) == wanted:
            return folder
    if there:
        found = _digests(there[0])
        changed = sorted(path for path in {*wanted, *found} if wanted.get(path) != found.get(path))
        raise StartError(
            f"[{there[0]}] is not what release [{name}] began with, so it cannot be made again: "
            f"{len(changed)} of its files are missing, new or changed, the first [{changed[0]}]: "
            "restore it from a backup"
        )
    raise StartError(
        f"release [{name}] began with ids and decisions of former releases ({len(wanted)} files), "
        "which are not there any more, so it cannot be made again: restore "
        f"{' or '.join(f'[{folder}]' for folder in kept)} from a backup, "
        "or verify without --rebuild"
    )


def _digests(registry: Path) -> dict[str, str]:
    """Digests of all files of a registry but those that `_copy` leaves out."""
    inside = {path.relative_to(registry): path for path in registry.rglob("*") if path.is_file()}
    kept = {name: path for name, path in inside.items() if not _is_left_out(name)}
    return {name.as_posix(): hash_file(kept[name]) for name in sorted(kept)}


def _is_left_out(name: Path) -> bool:
    """Whether a path within a registry is of former releases or what a killed run left."""
    return name.parts[0] == BEFORE or any(part.startswith(".") for part in name.parts)


def _copy(registry: Path, target: Path) -> None:
    """Copy a registry, whole or not at all.

    What it keeps of former releases and the leftovers of killed runs are not copied.
    """

    def left_out(folder: str, names: Collection[str]) -> list[str]:
        return [
            name
            for name in names
            if name.startswith(".") or (Path(folder) == registry and name == BEFORE)
        ]

    make_folder(target.parent, mode=0o700)
    with replace_folder(target, mode=0o700) as partial:
        shutil.copytree(
            registry, partial, copy_function=_second_name, ignore=left_out, dirs_exist_ok=True
        )
        partial.chmod(0o700)  # the registry's folder lent its own


def _second_name(path: str, target: str) -> None:
    if path.endswith(REPLACED_AS_A_WHOLE):
        try:
            os.link(path, target)
        except OSError:
            pass  # another file system, or one that knows no second names
        else:
            return
    shutil.copy2(path, target)
