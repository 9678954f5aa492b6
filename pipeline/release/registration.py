"""What the registry learns once a release is out.

It learns ids, counts, the delivery, and what the run began with.

A kill between the pointer and the last of these would leave a release that the registry does not
know: its people would get new ids the next time. So each step can be done again with the same
outcome, and the next run settles what the last one owes before it begins. Belongs here: the order
of these steps. Does not belong here: any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.errors import ReleaseError
from pipeline.linkage.clustering import person_ids
from pipeline.linkage.monitoring import release_drift
from pipeline.quality import delivery_profile
from pipeline.release import checkpoints, registry_snapshot
from pipeline.release.open_release import open_current
from pipeline.workspace import Build, Workspace


def register_release(build: Build, workspace: Workspace, manifest: Mapping[str, Any]) -> None:
    """Let the registry know of a release that is out; doing it twice changes nothing.

    Args:
        build: the build that the release was made from.
        workspace: whose registry it is.
        manifest: of the release.
    """
    registry_snapshot.keep_snapshot(build, workspace, manifest["release_id"])
    person_ids.remember_ids(build.linkage, workspace.registry)
    release_drift.remember_counts(build.linkage, workspace.registry)
    delivery_profile.remember_profile(build, manifest, workspace.registry)
    checkpoints.run_once(build, checkpoints.REGISTERED, lambda: True, bool)


def settle_registration(workspace: Workspace) -> bool:
    """Whether the current release still had to be registered; if so, it is registered here.

    This is so if the run that published it was killed before it could register it.
    """
    try:
        release = open_current(workspace.releases)
    except ReleaseError:
        return False
    build = workspace.build(release.folder.name)
    is_owed = checkpoints.read_begun(build) is not None
    if not is_owed or checkpoints.is_finished(build, checkpoints.REGISTERED):
        return False
    register_release(build, workspace, release.manifest)
    return True
