from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.settings import Settings
from pipeline.synthetic import world
from tests.support.judged_deliveries import PEOPLE, SEEDS, Judge, Whole, at, deliver, judge


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a workspace that is the test's own."""
    return at(tmp_path / "workspace")


@pytest.fixture
def judged(tmp_path: Path, settings: Settings) -> Judge:
    """Judge a delivery of a few tables, of a given extract date."""

    def landed(
        tables: dict[str, pl.DataFrame],
        day: date = date(2021, 9, 30),
        window: tuple[str, str] | None = None,
    ) -> Whole:
        folder = deliver(tmp_path / f"delivery-{day}", tables, day, window)
        return judge(folder, tmp_path / f"build-{day}", settings)

    return landed


@pytest.fixture(scope="session")
def small_worlds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Clean deliveries of five made-up worlds."""
    root = tmp_path_factory.mktemp("worlds")
    for seed in SEEDS:
        world.synthesise_world(
            root / str(seed),
            root / f"{seed}-truth",
            people=PEOPLE,
            seed=seed,
            errors="none",
            workers=1,
        )
    return [root / str(seed) for seed in SEEDS]
