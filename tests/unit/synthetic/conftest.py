from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.synthetic import world
from pipeline.synthetic.build_partition import make_lives, record
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import towns
from pipeline.synthetic.population.people import People

SMALL = 3_000
SEED = 1

Tables = dict[tuple[str, str], pl.DataFrame]


@pytest.fixture(scope="session")
def default_world() -> tuple[People, Lives]:
    return make_lives(towns(SEED, world.DEFAULT_PEOPLE)[0], lambda *_: None)


@pytest.fixture(scope="session")
def default_tables(default_world: tuple[People, Lives]) -> Tables:
    return record(*default_world, errors=True, tell=lambda *_: None)


@pytest.fixture(scope="session")
def small_delivery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("small")
    world.synthesise(folder / "delivery", folder / "truth", people=SMALL, seed=SEED)
    return folder / "delivery", folder / "truth"


@pytest.fixture(scope="session")
def clean_delivery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("clean")
    world.synthesise(folder / "delivery", folder / "truth", people=SMALL, seed=SEED, errors="none")
    return folder / "delivery", folder / "truth"
