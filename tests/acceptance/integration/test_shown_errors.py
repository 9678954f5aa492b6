"""Whatever goes wrong in a command is one line, without a traceback and without a value."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.support.published_world import World, journeys


def test_a_cut_file_of_the_truth_is_one_line(world: World, tmp_path: Path) -> None:
    truth = shutil.copytree(world.truth, tmp_path / "truth")
    whole = (truth / "record_person.parquet").read_bytes()
    (truth / "record_person.parquet").write_bytes(whole[: len(whole) // 2])
    done = journeys("score", "--truth", truth, workspace=world.workspace)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")


@pytest.mark.parametrize("manifest", ["{}", "[]", "{", '{"release_id": "r", "tables": {}}'])
def test_a_manifest_that_is_none_is_said_to_be_damaged(
    world: World, tmp_path: Path, manifest: str
) -> None:
    (tmp_path / "manifest.json").write_text(manifest)
    done = journeys("verify", tmp_path, workspace=world.workspace)
    assert done.returncode == 1
    assert "damaged: publish the release again" in done.stdout
    assert done.stderr == ""


def test_what_nobody_can_put_right_is_shown_by_kind_and_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks() -> None:
        raise ValueError("could not convert 'SMITH'")

    monkeypatch.setattr(main, "app", breaks)
    with pytest.raises(SystemExit, match="1"):
        main.main()
    shown = capsys.readouterr().err
    assert "ValueError at pipeline/cli/main.py" in shown
    assert "SMITH" not in shown
