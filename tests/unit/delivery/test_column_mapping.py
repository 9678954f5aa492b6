"""Names that are not ours: mapped, ignored with a reason, reported, or refused."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts.registry import list_contracts
from pipeline.delivery import column_mapping, typed_rows
from pipeline.delivery import manifest as deliveries
from pipeline.delivery.manifest import DeliveredFile
from pipeline.delivery.typed_rows import Note
from pipeline.errors import DeliveryError
from tests.support.landing import TYPES, Landed, manifest, rows_of

Given = Callable[..., DeliveredFile]
HEADER = ",".join(column_mapping.HEADER)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Given:
    """A file with the given header and one row of ones, and its source's renames."""

    def given(
        header: str, *lines: str, stated: tuple[tuple[str, str], ...] = (), rows: int = 1
    ) -> DeliveredFile:
        folder = tmp_path / "renames"
        folder.mkdir(exist_ok=True)
        (folder / "prison.csv").write_text("\n".join([HEADER, *lines]) + "\n")
        monkeypatch.setattr(column_mapping, "FOLDER", folder)
        column_mapping.of_table.cache_clear()
        path = tmp_path / "file.csv"
        path.write_text(f"{header}\n{','.join('1' for _ in header.split(','))}\n")
        return DeliveredFile("prison", "journeys", path, rows, "", None, None, stated)

    return given


def typed(file: DeliveredFile) -> pl.DataFrame:
    return typed_rows.typed_file(
        file, TYPES, required=["id"], scratch=file.path.parent / "scratch"
    ).collect()


def notes(*files: DeliveredFile) -> tuple[Note, ...]:
    return typed_rows.note_unread_columns(
        files, TYPES, required=["id"], scratch=files[0].path.parent / "scratch"
    )


def test_a_delivered_name_is_read_as_the_contract_has_it(file: Given) -> None:
    given = file(
        "Offender Ref,NUMBER",
        "journeys,offender REF,id,published name",
        "other,NUMBER,amount,another table",
    )
    assert typed(given).select("id", "number").rows() == [("1", 1)]
    assert notes(given) == (
        Note("Offender Ref", "is read as id: published name", 1),
        Note(
            "header",
            (
                "has names that differ in case or blanks from those of the contract, "
                "and are read all the same (1)"
            ),
            1,
        ),
    )


def test_an_ignored_column_is_reported_with_its_rows(file: Given) -> None:
    given = file(
        "id,loaded_at", "journeys,loaded_at,(ignored),time of the supplier's export", rows=7
    )
    assert typed(given)["id"].to_list() == ["1"]
    assert notes(given, given) == (
        Note("loaded_at", "is not read: time of the supplier's export", 14),
    )


def test_a_manifest_may_rename(file: Given) -> None:
    given = file("ref,number", stated=(("REF", "id"),))
    assert typed(given)["id"].to_list() == ["1"]
    assert notes(given) == (Note("ref", "is read as id: renamed by the manifest", 1),)


@pytest.mark.parametrize(
    ("header", "lines", "message"),
    [
        (
            "id,loaded_at",
            [],
            (
                r"1 columns of .* are not in the contract: \['loaded_at'\]: "
                r"take them out, or rename or ignore them in"
            ),
        ),
        (
            "id,ref",
            ["journeys,ref,id,x"],
            r"\['id', 'ref'\] of .* are both \[id\] of the contract: deliver one of them",
        ),
        (
            "id",
            ["journeys,ref,identifier,x"],
            r"renames lead to \['identifier'\], which the contract does not have",
        ),
        (
            "id",
            ["journeys,Number,amount,x"],
            r"\['number'\] are names of the contract and cannot be renamed",
        ),
        (
            "id",
            ["journeys,ref,id,x", "journeys,REF,number,x"],
            r"prison\.csv\] names \['ref'\] more than once",
        ),
        ("id", ["journeys,ref,id,"], r"prison\.csv\] must have the columns"),
        ("id", ["journeys,ref"], r"prison\.csv\] must have the columns"),
    ],
)
def test_conflicts_are_told(file: Given, header: str, lines: list[str], message: str) -> None:
    with pytest.raises(DeliveryError, match=message) as caught:
        typed(file(header, *lines))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "path", sorted(column_mapping.FOLDER.glob("*.csv")), ids=lambda path: path.stem
)
def test_renames_lead_to_columns_of_contracts(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as lines:
        tables = {row["table"] for row in csv.DictReader(lines)}
    for table in tables:
        contract = list_contracts()[path.stem, table]
        column_mapping.of_file(
            DeliveredFile(path.stem, table, path, 0, "", None, None), contract.types
        )


def test_every_source_has_a_file_for_its_renames() -> None:
    assert {path.stem for path in column_mapping.FOLDER.glob("*.csv")} == {
        source for source, _ in list_contracts()
    }


def test_the_keys_of_the_journey_link_are_known_in_the_courts_too(
    land: Callable[..., Landed],
) -> None:
    rows = rows_of("magistrates.defendants", case_id=["1"], defendant_id=["2"])
    landed = land(
        "magistrates.defendants",
        {"magistrates/defendants.csv": rows.rename({"case_id": "MC_CASE_ID"})},
    )
    assert landed.entry.staged == 1


def test_a_row_that_cannot_be_cut_is_in_quarantine_with_its_text(
    land: Callable[..., Landed],
) -> None:
    frame = rows_of(
        "probation.recalls", recall_id=[f"9{place}" for place in range(40)], release_id=["7"] * 40
    )
    lines = frame.write_csv().splitlines(keepends=True)
    lines[3] = lines[3].replace("\n", ",SECRET\n")
    landed = land(
        "probation.recalls",
        {"probation/recalls.csv.gz": gzip.compress("".join(lines).encode())},
        rows=40,
    )
    assert (landed.entry.staged, landed.entry.quarantined) == (39, 1)
    held = landed.frame("quarantine")
    assert held.select("file", "row_in_file", "line", "recall_id", "reasons").rows() == [
        (
            "probation/recalls.csv.gz",
            "3",
            "4",
            None,
            f"row has {frame.width + 1} fields instead of {frame.width}",
        )
    ]
    assert held["row_text"].item() + "\n" == lines[3]
    assert landed.failed() == {("row", "shape"): 1}


def test_renames_of_a_manifest_are_read(tmp_path: Path) -> None:
    (tmp_path / "recalls.csv").write_text("id\n1\n")
    path = manifest(tmp_path, {"recalls.csv": ("probation", "recalls", 1)}) / "manifest.json"
    stated = json.loads(path.read_text())
    stated["files"][0]["renames"] = {"id": "recall_id"}
    path.write_text(json.dumps(stated))
    assert deliveries.read_delivery(tmp_path).files[0].renames == (("id", "recall_id"),)
    stated["files"][0]["renames"] = ["id"]
    path.write_text(json.dumps(stated))
    with pytest.raises(DeliveryError, match="wrong form"):
        deliveries.read_delivery(tmp_path)


def test_what_is_not_read_stands_in_the_ledger(land: Callable[..., Landed], file: Given) -> None:
    file("id", "journeys,x,id,not this table")
    (column_mapping.FOLDER / "probation.csv").write_text(
        f"{HEADER}\nrecalls,loaded_at,(ignored),time of export\n"
    )
    frame = rows_of("probation.recalls", recall_id=["1", "2"], release_id=["7"] * 2).with_columns(
        LOADED_AT=pl.lit("x")
    )
    landed = land("probation.recalls", {"probation/recalls.csv": frame})
    assert landed.entry.staged == 2
    assert landed.failed() == {("LOADED_AT", "is not read: time of export"): 2}
