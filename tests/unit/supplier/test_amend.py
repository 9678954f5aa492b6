from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.delivery import manifest as deliveries
from pipeline.errors import DeliveryError
from pipeline.landing.row_ledger import TableLedger
from pipeline.settings import Settings
from pipeline.supplier import amend as amending
from pipeline.supplier import quarantine
from pipeline.supplier.amend import Amended
from pipeline.supplier.quarantine import Wanted
from pipeline.workspace import Build
from tests.support.supplier import (
    FAULTS,
    FILE,
    ROWS,
    SOURCE,
    TABLE,
    Deliver,
    journeys,
    landed,
)

NAME = f"{SOURCE}.{TABLE}"


def sound(*rows: int) -> pl.DataFrame:
    """These rows as they should have been delivered."""
    return (
        journeys({}).with_row_index("row", offset=1).filter(pl.col("row").is_in(rows)).drop("row")
    )


def amend(base: Path, supplement: Path, settings: Settings, name: str = "amended") -> Path:
    """The amended delivery."""
    target = base.with_name(name)
    amending.amend_delivery(base, supplement, target, settings, lambda _: None)
    return target


def counts(entry: TableLedger) -> dict[str, int]:
    """Where the rows went."""
    assert entry.balances
    places = ("delivered", "staged", "quarantined", "duplicates_removed", "replaced")
    return {place: getattr(entry, place) for place in places if getattr(entry, place)}


def staged(build: Build) -> pl.DataFrame:
    return pl.read_parquet(build.staged / SOURCE / f"{TABLE}.parquet")


def test_corrected_rows_replace_just_those_that_were_quarantined(
    base: Path, build: Build, deliver: Deliver, settings: Settings, tmp_path: Path
) -> None:
    supplement = deliver("second", {FILE: sound(3, 10)}, supplements="first")
    bytes_before = (base / FILE).read_bytes()
    target = tmp_path / "amended"
    done = amending.amend_delivery(base, supplement, target, settings, lambda _: None)
    assert done == [Amended(NAME, quarantined=5, replaced=2)]
    assert (target / FILE).read_bytes() == bytes_before == (base / FILE).read_bytes()
    whole = Build(tmp_path / "anew")
    entry = landed(target, whole, settings)
    assert counts(entry) == {
        "delivered": ROWS + 2,
        "staged": ROWS - 3,
        "quarantined": 3,
        "replaced": 2,
    }
    before, after = staged(build), staged(whole)
    assert (
        after.join(before, on=before.columns, how="semi", nulls_equal=True).height
        == before.height
        == ROWS - 5
    ), "no other row changed"
    assert (
        sum(
            rule.rows_failed
            for rule in entry.rules
            if rule.column_name in ("birth_date", "offender_id_display")
        )
        == 0
    )
    assert {rule.rows_checked for rule in entry.rules if rule.severity == "quarantine"} == {ROWS}


def test_everything_is_sound_once_all_is_corrected_and_nothing_is_left_over(
    base: Path, build: Build, deliver: Deliver, settings: Settings, tmp_path: Path
) -> None:
    held = quarantine.list_places(build, Wanted())
    repeat = held.filter(pl.col("reasons").str.contains("repeats"))["row_in_file"].item()
    rows = {3: 3, 10: 10, 20: 20, 30: 30, repeat: 40 if repeat == 40 else 39}
    exported = tmp_path / "export"
    quarantine.export_rows(build, Wanted(), exported, settings.workspace, outside=True)
    sent_back = pl.read_csv(exported / f"{NAME}.csv", infer_schema=False)
    cells = sound(*rows).with_columns(
        pl.col("custodial_journey_id").replace("journey-39", "journey-39-mended")
    )
    corrected = pl.concat(
        [
            sent_back.select("file", "row_in_file", "reasons").sort(
                pl.col("row_in_file").cast(int)
            ),
            cells,
        ],
        how="horizontal",
    )
    target = amend(base, deliver("second", {FILE: corrected}, supplements="first"), settings)
    entry = landed(target, Build(tmp_path / "anew"), settings)
    assert counts(entry) == {"delivered": ROWS + 5, "staged": ROWS, "replaced": 5}
    assert not [rule.rule for rule in entry.rules if rule.rows_failed], (
        "the columns that name rows are no data, and nothing to warn of"
    )
    assert entry.blocking == ()


def test_a_supplement_in_parquet_corrects_a_delivery_in_csv_and_a_second_corrects_the_first(
    base: Path, deliver: Deliver, settings: Settings, tmp_path: Path
) -> None:
    still_wrong = sound(3, 10).with_columns(last_name=pl.lit("X" * 200))
    once = amend(
        base,
        deliver("second", {f"{SOURCE}/{TABLE}.parquet": still_wrong}, supplements="first"),
        settings,
    )
    assert counts(landed(once, Build(tmp_path / "once"), settings)) == {
        "delivered": ROWS + 2,
        "staged": ROWS - 5,
        "quarantined": 5,
        "replaced": 2,
    }
    twice = amend(
        once, deliver("third", {FILE: sound(3, 10)}, supplements="first"), settings, "twice"
    )
    entry = landed(twice, Build(tmp_path / "twice-landed"), settings)
    assert counts(entry) == {
        "delivered": ROWS + 4,
        "staged": ROWS - 3,
        "quarantined": 3,
        "replaced": 4,
    }
    read = deliveries.read_delivery(twice)
    assert [next(iter(origin.values())) for origin in read.amended_from] == [
        "first",
        "second",
        "third",
    ]
    assert read.amended_from[0]["digest"] == deliveries.read_delivery(base).digest
    assert (
        len(
            {
                read.digest,
                deliveries.read_delivery(once).digest,
                deliveries.read_delivery(base).digest,
            }
        )
        == 3
    )
    deliveries.check_digests(read)
    with pytest.raises(DeliveryError, match="already"):
        amend(twice, tmp_path / "third", settings, "thrice")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"row": 5}, "of 1 rows of the supplement 1 would replace a row that was sound"),
        ({"row": 5, "file": FILE, "row_in_file": "5"}, "1 would replace a row that was sound"),
        ({"row": 5, "custodial_journey_id": "journey-unknown"}, "1 match no row of the delivery"),
        ({"row": 5, "file": FILE, "row_in_file": "1000"}, "1 match no row of the delivery"),
        (
            {"row": 5, "file": "prison/other.csv", "row_in_file": "3"},
            "1 match no row of the delivery",
        ),
        ({"row": 3, "file": FILE}, "1 give only one of `file` and `row_in_file`"),
    ],
)
def test_a_row_that_replaces_nothing_quarantined_is_refused_with_counts(
    base: Path, deliver: Deliver, settings: Settings, cells: dict[str, Any], said: str
) -> None:
    row = cells.pop("row")
    rows = sound(row).with_columns(**{name: pl.lit(value) for name, value in cells.items()})
    with pytest.raises(DeliveryError, match=said) as refused:
        amend(base, deliver("second", {FILE: rows}, supplements="first"), settings)
    assert "Quillfeather" not in str(refused.value)
    assert "journey-" not in str(refused.value)
    assert not base.with_name("amended").exists()


def test_two_rows_cannot_replace_one(base: Path, deliver: Deliver, settings: Settings) -> None:
    with pytest.raises(DeliveryError, match="1 replace a row that another one replaces too"):
        amend(
            base,
            deliver("second", {FILE: pl.concat([sound(3), sound(3)])}, supplements="first"),
            settings,
        )


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({}, "does not say what it supplements"),
        ({"supplements": "another"}, "supplements \\[another\\] and not \\[first\\]"),
        ({"supplements": "first", "synthetic": False}, "not both synthetic"),
    ],
)
def test_a_supplement_belongs_to_its_delivery(
    base: Path, deliver: Deliver, settings: Settings, stated: dict[str, Any], said: str
) -> None:
    with pytest.raises(DeliveryError, match=said):
        amend(base, deliver("second", {FILE: sound(3)}, **stated), settings)


def test_a_supplement_alone_is_no_delivery(deliver: Deliver) -> None:
    alone = deliveries.read_delivery(deliver("second", {FILE: sound(3)}, supplements="first"))
    with pytest.raises(DeliveryError, match="put both together with `journeys amend`"):
        deliveries.check_tables(alone, required=[], known=[(SOURCE, TABLE)])


def change_rows(folder: Path, replaced: list[int]) -> None:
    """Write other rows into the manifest than `amend` did."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][0]["replaced_rows"] = replaced
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("replaced", "said"),
    [([5], "1 of the rows that a supplement replaces were sound"), ([3], None)],
)
def test_landing_believes_no_manifest_that_replaces_sound_rows(
    base: Path,
    deliver: Deliver,
    settings: Settings,
    tmp_path: Path,
    replaced: list[int],
    said: str | None,
) -> None:
    target = amend(base, deliver("second", {FILE: sound(3)}, supplements="first"), settings)
    change_rows(target, replaced)
    entry = landed(target, Build(tmp_path / "anew"), settings)
    assert entry.balances
    assert (
        any(said in line for line in entry.blocking)
        if said
        else not any("sound" in line for line in entry.blocking)
    )


@pytest.mark.parametrize(
    ("replaced", "said"),
    [([3, 10], "bring 1 rows and 2 are replaced"), ([101], "has 100 rows"), ([0], "has 100 rows")],
)
def test_landing_refuses_replaced_rows_that_cannot_be(
    base: Path, deliver: Deliver, settings: Settings, tmp_path: Path, replaced: list[int], said: str
) -> None:
    target = amend(base, deliver("second", {FILE: sound(3)}, supplements="first"), settings)
    change_rows(target, replaced)
    with pytest.raises(DeliveryError, match=said):
        landed(target, Build(tmp_path / "anew"), settings)


def test_columns_of_place_are_known_in_supplements_alone(
    base: Path, deliver: Deliver, settings: Settings, tmp_path: Path
) -> None:
    placed = journeys({}).with_columns(file=pl.lit(FILE), row_in_file=pl.lit("1"))
    with pytest.raises(DeliveryError, match=r"2 columns .* are not in the contract"):
        landed(deliver("other", {FILE: placed}), Build(tmp_path / "anew"), settings)


def test_faults_are_what_the_tests_take_them_for(build: Build) -> None:
    assert quarantine.list_places(build, Wanted()).height == len(FAULTS)
