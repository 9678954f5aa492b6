from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.synthetic import world
from pipeline.synthetic.build_partition import make_lives, record_tables
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import list_towns
from pipeline.synthetic.population.people import People
from tests.support.small_world import SEED, SMALL, Tables


@pytest.fixture(scope="session")
def default_world() -> tuple[People, Lives]:
    return make_lives(list_towns(SEED, world.DEFAULT_PEOPLE)[0], lambda *_: None)


@pytest.fixture(scope="session")
def default_tables(default_world: tuple[People, Lives]) -> Tables:
    return record_tables(*default_world, errors=True, tell=lambda *_: None)


@pytest.fixture(scope="session")
def small_delivery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("small")
    world.synthesise_world(folder / "delivery", folder / "truth", people=SMALL, seed=SEED)
    return folder / "delivery", folder / "truth"


@pytest.fixture(scope="session")
def clean_delivery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("clean")
    world.synthesise_world(
        folder / "delivery", folder / "truth", people=SMALL, seed=SEED, errors="none"
    )
    return folder / "delivery", folder / "truth"
