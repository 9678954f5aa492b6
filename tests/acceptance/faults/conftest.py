"""The clean deliveries of the catalogue, made and landed once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.settings import Settings
from pipeline.synthetic import world
from pipeline.workspace import Workspace
from tests.acceptance.faults import door, links
from tests.acceptance.faults.door import Clean

PEOPLE, SEED = 5_000, 1
"""Enough that one row in any required table is less than its tolerance, and that months and shares
can be judged.
"""


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """A made-up delivery without an error of any system."""
    root = tmp_path_factory.mktemp("plain")
    world.synthesise_world(
        root / "delivery", root / "truth", people=PEOPLE, seed=SEED, errors="none", workers=1
    )
    return door.clean(root / "delivery", root, _settings(root))


@pytest.fixture(scope="session")
def linked(plain: Clean, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """The same with links of every record, and of every case that was sent to the Crown Court."""
    root = tmp_path_factory.mktemp("linked")
    shutil.copytree(plain.folder, root / "delivery")
    links.add(root / "delivery", plain.folder.parent / "truth")
    return door.clean(root / "delivery", root, _settings(root))


def _settings(root: Path) -> Settings:
    return Settings(Workspace(root / "workspace"), threads=1, memory="1GB", key=None)
