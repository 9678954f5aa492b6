from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.published_world import World, share_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> World:
    """The published world with a workspace of its own, in which further runs may go."""
    shared = share_world(tmp_path_factory, worker_id)
    own = tmp_path_factory.mktemp("runs") / "workspace"
    return replace(shared, workspace=Path(shutil.copytree(shared.workspace, own, symlinks=True)))
