from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli.main import app
from pipeline.exports import generate

Generate = Callable[..., Result]


@pytest.fixture
def contracts_generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generate:
    """The command `journeys contracts generate` on a folder of its own."""
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["contracts", "generate", *arguments])
