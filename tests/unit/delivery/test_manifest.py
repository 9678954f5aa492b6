"""Whether what lies in a folder is what its manifest says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.delivery import manifest as delivery
from pipeline.errors import DeliveryError, SettingsError
from pipeline.landing import pseudonymise
from pipeline.release import admission
from pipeline.settings import Settings
from pipeline.workspace import Workspace
from tests.support.landing import manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "probation").mkdir()
    (tmp_path / "probation" / "recalls.csv").write_text("recall_id\n1\n")
    return manifest(tmp_path, {"probation/recalls.csv": ("probation", "recalls", 1)})


def change(folder: Path, **facts: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def test_a_right_delivery_is_read(folder: Path) -> None:
    read = delivery.read_delivery(folder)
    delivery.check_digests(read)
    assert read.tables == {("probation", "recalls")}
    assert read.synthetic


def test_no_manifest_is_no_delivery(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match=r"no manifest\.json"):
        delivery.read_delivery(tmp_path)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"extract_date": "30.9.2021"}, "wrong form"),
        ({"delivery_id": "../../elsewhere"}, "wrong form"),
        ({"files": [{"source": "probation"}]}, r"\[table\] is missing"),
        ({"files": "all of them"}, "wrong form"),
    ],
)
def test_a_manifest_that_cannot_be_used_says_what_is_wrong(
    folder: Path, facts: dict[str, Any], message: str
) -> None:
    change(folder, **facts)
    with pytest.raises(DeliveryError, match=message):
        delivery.read_delivery(folder)


def test_a_manifest_that_is_cut_off_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"delivery_id": "x"')
    with pytest.raises(DeliveryError, match="cannot be used"):
        delivery.read_delivery(folder)


def test_a_file_outside_the_delivery_is_refused(folder: Path) -> None:
    stated = json.loads((folder / "manifest.json").read_text())["files"]
    change(folder, files=[stated[0] | {"path": "../other.csv"}])
    with pytest.raises(DeliveryError, match="outside the delivery"):
        delivery.read_delivery(folder)


def test_a_file_that_the_manifest_names_twice_is_refused(folder: Path) -> None:
    stated = json.loads((folder / "manifest.json").read_text())["files"]
    change(folder, files=[*stated, stated[0] | {"path": "probation/../probation/recalls.csv"}])
    with pytest.raises(
        DeliveryError, match=r"\['recalls\.csv'\] are in the manifest more than once"
    ):
        delivery.read_delivery(folder)


def test_files_that_the_manifest_does_not_name_are_listed(folder: Path) -> None:
    assert delivery.read_delivery(folder).unlisted == ()
    for name in (
        "README.md",
        "calibration.csv",
        "probation/events.csv",
        "probation/README.md",
        "notes.txt",
    ):
        (folder / name).write_text("x")
    assert delivery.read_delivery(folder).unlisted == (
        "notes.txt",
        "probation/README.md",
        "probation/events.csv",
    )


def test_parts_in_csv_are_one_table_in_manifest_order(tmp_path: Path) -> None:
    (tmp_path / "recalls").mkdir()
    parts = [
        f"recalls/part-{place}.csv{ending}" for place, ending in ((2, ""), (0, ".gz"), (1, ""))
    ]
    for part in parts:
        (tmp_path / part).write_text("recall_id\n1\n")
    read = delivery.read_delivery(
        manifest(tmp_path, dict.fromkeys(parts, ("probation", "recalls", 1)))
    )
    assert [
        file.path.relative_to(tmp_path).as_posix() for file in read.of_table("probation", "recalls")
    ] == parts


def test_another_content_than_the_digest_says_is_refused(folder: Path) -> None:
    (folder / "probation" / "recalls.csv").write_text("recall_id\n2\n")
    with pytest.raises(DeliveryError, match="digest"):
        delivery.check_digests(delivery.read_delivery(folder))


def test_missing_and_unknown_tables_are_named(folder: Path) -> None:
    read = delivery.read_delivery(folder)
    with pytest.raises(DeliveryError, match=r"\[prison\.custodial_journeys\]"):
        delivery.check_tables(
            read, required=[("prison", "custodial_journeys")], known=[("probation", "recalls")]
        )
    with pytest.raises(DeliveryError, match=r"no contract knows: \[probation\.recalls\]"):
        delivery.check_tables(read, required=[], known=[("prison", "custodial_journeys")])


def test_a_real_delivery_needs_a_key(folder: Path) -> None:
    change(folder, synthetic=False)
    settings = Settings(Workspace(folder), 1, "1GB", key=None)
    with pytest.raises(DeliveryError, match="JOURNEYS_PSEUDONYM_KEY_FILE"):
        pseudonymise.pseudonym_key(delivery.read_delivery(folder), settings)


def test_synthetic_must_be_said_to_be_believed(folder: Path) -> None:
    change(folder, synthetic="yes")
    assert not delivery.read_delivery(folder).synthetic


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOURNEYS_THREADS", "0"),
        ("JOURNEYS_PSEUDONYM_KEY", "short"),
        ("JOURNEYS_PSEUDONYM_KEY_FILE", "/nowhere"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment()
    assert (
        "JOURNEYS_PSEUDONYM_KEY" in str(caught.value)
        or name in str(caught.value)
        or "pseudonym key" in str(caught.value)
    )
    assert "short" not in str(caught.value)


def test_release_ids_count_up(folder: Path) -> None:
    read, workspace = delivery.read_delivery(folder), Workspace(folder / "workspace")
    first = admission.next_release_id(read, workspace)
    (workspace.releases / first).mkdir(parents=True)
    assert first.endswith("-1")
    assert admission.next_release_id(read, workspace) == first[:-1] + "2"


def test_a_new_attempt_never_has_the_folder_of_one_that_was_killed(folder: Path) -> None:
    read, workspace = delivery.read_delivery(folder), Workspace(folder / "workspace")
    killed = admission.next_release_id(read, workspace)
    workspace.build(killed).root.mkdir(parents=True)
    assert admission.next_release_id(read, workspace) == killed[:-1] + "2"


def test_a_disk_without_room_is_told_before_anything_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "list_contracts", dict)
    monkeypatch.setattr(admission, "check_tables", lambda *_, **__: None)
    monkeypatch.setattr(admission, "BYTES_A_ROW", 1 << 60)
    settings = Settings(Workspace(folder / "not" / "there"), 1, "1GB", key=None)
    with pytest.raises(DeliveryError, match="make room"):
        admission.admit_run(delivery.read_delivery(folder), settings)
    assert not (folder / "not").exists()
