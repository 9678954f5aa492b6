from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli.main import app
from pipeline.exports import generate
from tests.support.contracts_command import Generate


@pytest.fixture
def contracts_generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generate:
    """The command `journeys contracts generate` on a folder of its own."""
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["contracts", "generate", *arguments])
