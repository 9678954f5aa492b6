"""What the sensor takes for a delivery: supplements are none, and what they make of a delivery is
one more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, RunRequest, SkipReason, build_sensor_context

from pipeline.orchestration.definitions import new_delivery

ROW = b"recall_id\n1\n"


@pytest.fixture
def landing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JOURNEYS_WORKSPACE", str(tmp_path))
    return tmp_path / "landing"


def put(landing: Path, delivery_id: str, *, sha256: str = "0" * 64, **further: Any) -> None:
    """A delivery of one file."""
    folder = landing / delivery_id
    folder.mkdir(parents=True)
    (folder / "recalls.csv").write_bytes(ROW)
    file = {
        "source": "probation",
        "table": "recalls",
        "path": "recalls.csv",
        "rows": 1,
        "sha256": sha256,
    }
    stated = {
        "delivery_id": delivery_id,
        "extract_date": "2021-09-30",
        "synthetic": True,
        "files": [file | further.pop("file", {})],
    }
    (folder / "manifest.json").write_text(json.dumps(stated | further), encoding="utf-8")


def asked(cursor: str | None = None) -> tuple[list[str], str | None]:
    """Deliveries that the sensor asks a run for, and where it stands afterwards."""
    with DagsterInstance.ephemeral() as instance:
        context = build_sensor_context(instance=instance, cursor=cursor)
        found = list(new_delivery(context))  # type: ignore[arg-type]
        requests = [one for one in found if isinstance(one, RunRequest)]
        assert len(requests) == len(found) or isinstance(found[0], SkipReason)
        return [
            Path(one.run_config["resources"]["run"]["config"]["delivery"]).name for one in requests
        ], context.cursor


def test_a_supplement_alone_starts_nothing(landing: Path) -> None:
    put(landing, "corrections", supplements="first")
    assert asked()[0] == []


def test_a_delivery_that_is_being_written_or_whose_writer_was_killed_starts_nothing(
    landing: Path,
) -> None:
    put(landing, "first")
    (landing / "first").rename(landing / ".first.partial")
    assert asked()[0] == []


def test_a_delivery_starts_one_run_and_its_supplement_none(landing: Path) -> None:
    put(landing, "first")
    put(landing, "corrections", sha256="1" * 64, supplements="first")
    found, cursor = asked()
    assert found == ["first"]
    assert asked(cursor)[0] == []


def test_an_amended_delivery_starts_a_run_of_its_own_though_its_first_files_are_the_same(
    landing: Path,
) -> None:
    put(landing, "first")
    _, cursor = asked()
    put(
        landing,
        "first.corrections",
        file={"replaced_rows": [1]},
        amended_from=[{"delivery_id": "first", "digest": "d"}],
    )
    found, cursor = asked(cursor)
    assert found == ["first.corrections"]
    assert asked(cursor)[0] == []


def test_a_folder_whose_manifest_cannot_be_used_hinders_no_other(landing: Path) -> None:
    put(landing, "first")
    put(landing, "broken", supplements=7)
    put(landing, "unfinished")
    (landing / "unfinished" / "manifest.json").unlink()
    assert asked()[0] == ["first"]
