from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.marts import build_marts


@pytest.fixture
def marts(tmp_path: Path) -> Path:
    """The marts as one run leaves them."""
    return build_marts(tmp_path / "release.duckdb")


@pytest.fixture
def marts_with(tmp_path: Path) -> Callable[..., Path]:
    """Makes further marts."""
    return lambda name, **how: build_marts(tmp_path / f"{name}.duckdb", **how)
