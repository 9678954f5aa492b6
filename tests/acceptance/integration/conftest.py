from __future__ import annotations

import pytest

from tests.support.published_world import World, share_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> World:
    """A made-up delivery of a few thousand people, run to a release; nobody changes it."""
    return share_world(tmp_path_factory, worker_id)
