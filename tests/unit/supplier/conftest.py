from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.settings import Settings
from pipeline.workspace import Build, Workspace
from tests.support.landing import KEY
from tests.support.supplier import FILE, Deliver, journeys, landed


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a workspace that is the test's own."""
    return Settings(Workspace(tmp_path / "workspace"), threads=1, memory="1GB", key=KEY)


@pytest.fixture
def deliver(tmp_path: Path) -> Deliver:
    """Write a delivery of tables given as path -> frame; the source and table are those of the
    path.
    """

    def delivered(name: str, files: Mapping[str, pl.DataFrame], **stated: Any) -> Path:
        folder = tmp_path / name
        entries = []
        for path, frame in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.endswith(".parquet"):
                frame.write_parquet(target)
            else:
                frame.write_csv(target)
            source, table = path.partition(".")[0].split("/")[:2]
            digest = hashlib.sha256(target.read_bytes()).hexdigest()
            entries.append(
                {
                    "source": source,
                    "table": table,
                    "path": path,
                    "rows": frame.height,
                    "sha256": digest,
                }
            )
        manifest = {
            "delivery_id": name,
            "extract_date": "2021-09-30",
            "synthetic": True,
            "files": entries,
        } | stated
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return delivered


@pytest.fixture
def base(deliver: Deliver) -> Path:
    """The delivery with the faulty rows."""
    return deliver("first", {FILE: journeys()})


@pytest.fixture
def build(base: Path, settings: Settings) -> Build:
    """What a run with the faulty rows left, its folders private as a run makes them."""
    made = settings.workspace.build("2021-09-30-aaaa-1")
    made.quarantine.mkdir(parents=True, mode=0o700)
    landed(base, made, settings)
    return made
