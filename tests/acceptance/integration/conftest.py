from __future__ import annotations

import pytest

from tests.support.published_world import PARTITION_PEOPLE, PEOPLE, SEED, World, journeys


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A made-up delivery of a few thousand people, run to a release."""
    root = tmp_path_factory.mktemp("world")
    made = World(root / "delivery", root / "truth", root / "workspace", root / "log.txt")
    size = ("--people", PEOPLE, "--partition-people", PARTITION_PEOPLE)
    steps = [
        ("synthesise", made.delivery, "--truth", made.truth, "--seed", SEED, *size),
        ("run", "--delivery", made.delivery),
    ]
    for step in steps:
        done = journeys(*step, workspace=made.workspace)
        with made.log.open("a") as log:
            log.write(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
    return made
