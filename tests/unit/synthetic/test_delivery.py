"""A delivery of the made-up world: its bytes, shape and faults, and that it is all or nothing."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

from data_contracts.fields import facts
from pipeline.errors import UsageError
from pipeline.synthetic import partitions, world
from pipeline.synthetic.corruption import contract_faults
from pipeline.synthetic.truth import world_truth

SOURCES = ("probation", "prison", "crown_court", "magistrates")
RECORD_TABLES = {
    "magistrates": "defendants",
    "crown_court": "defendants",
    "prison": "custodial_journeys",
    "probation": "offenders",
}


def contracts() -> dict[tuple[str, str], type[pa.DataFrameModel]]:
    modules = [importlib.import_module(f"data_contracts.{source}") for source in SOURCES]
    classes = [
        each
        for module in modules
        for _, each in inspect.getmembers(module, inspect.isclass)
        if each.__module__ == module.__name__
    ]
    return {
        (facts(each).source, facts(each).name): each
        for each in classes
        if issubclass(each, pa.DataFrameModel)
    }


def manifest(delivery: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((delivery / "manifest.json").read_text())
    return held


def failures(rows: pl.DataFrame, model: type[pa.DataFrameModel]) -> pl.DataFrame:
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            model.to_schema().validate(rows.lazy(), lazy=True).collect()
        except SchemaErrors as broken:
            return pl.DataFrame(broken.failure_cases.select("column", "index"))
    return pl.DataFrame(schema={"column": pl.String, "index": pl.Int64})


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_same_seed_same_bytes_and_other_seed_other_people(
    small_delivery: tuple[Path, Path], tmp_path: Path
) -> None:
    for seed in (1, 2):
        world.synthesise_world(
            tmp_path / f"{seed}", tmp_path / f"{seed}-truth", people=3_000, seed=seed
        )
    assert digests(tmp_path / "1") == digests(small_delivery[0])
    assert digests(tmp_path / "1-truth") == digests(small_delivery[1])
    first, second = digests(tmp_path / "1"), digests(tmp_path / "2")
    assert [name for name in first if first[name] == second[name]] == ["README.md"]


def test_manifest_says_what_is_there(small_delivery: tuple[Path, Path]) -> None:
    held = manifest(small_delivery[0])
    assert held["synthetic"] is True
    assert {(each["source"], each["table"]) for each in held["files"]} == set(contracts())
    for each in held["files"]:
        path = small_delivery[0] / each["path"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == each["sha256"]
        assert len(pl.read_parquet(path)) == each["rows"]
        assert each["coverage_from"] < each["coverage_to"] <= held["extract_date"]


@pytest.mark.parametrize("name", sorted(contracts()))
def test_without_errors_every_row_keeps_its_contract(
    name: tuple[str, str], clean_delivery: tuple[Path, Path]
) -> None:
    rows = pl.read_parquet(clean_delivery[0] / name[0] / f"{name[1]}.parquet")
    model = contracts()[name]
    assert rows.columns == list(model.to_schema().columns)
    assert failures(rows, model).is_empty()
    repeated = 1 - rows.select(facts(model).key).n_unique() / len(rows)
    assert repeated <= facts(model).duplicate_tolerance
    assert rows.height > 0


def test_faults_break_the_contract_in_a_few_rows_only(
    default_tables: dict[tuple[str, str], pl.DataFrame],
) -> None:
    for name, spoilt in contract_faults.FAULTS.items():
        rows = contract_faults.plant_faults(
            partitions.list_towns(1, world.DEFAULT_PEOPLE)[0],
            *name,
            default_tables[name],
            as_text=False,
        ).drop([each for each in default_tables[name].columns if each.startswith("_")])
        broken = failures(rows, contracts()[name])
        assert set(broken["column"]) == set(spoilt)
        assert 0.001 < broken["index"].n_unique() / len(rows) < 0.006


def test_text_delivery_has_the_same_rows_and_malformed_dates(
    tmp_path: Path, small_delivery: tuple[Path, Path]
) -> None:
    world.synthesise_world(
        tmp_path / "csv", tmp_path / "truth", people=3_000, seed=1, file_format="csv"
    )
    as_text = manifest(tmp_path / "csv")["files"]
    assert [each["rows"] for each in as_text] == [
        each["rows"] for each in manifest(small_delivery[0])["files"]
    ]
    text = "".join(path.read_text() for path in sorted((tmp_path / "csv").rglob("*.csv")))
    assert "31/02/2016" in text
    assert "_person" not in text


def test_every_record_of_a_person_has_exactly_one_person(small_delivery: tuple[Path, Path]) -> None:
    owners = pl.read_parquet(small_delivery[1] / "record_person.parquet")
    assert owners.select("source", "table_name", "source_key").is_unique().all()
    models = contracts()
    for source, table in RECORD_TABLES.items():
        rows = pl.read_parquet(small_delivery[0] / source / f"{table}.parquet")
        keys = rows.select(
            pl.concat_str(facts(models[source, table]).key, separator="/")
        ).to_series()
        assert set(keys) == set(owners.filter(pl.col("source") == source)["source_key"])


def test_truth_lies_apart_and_a_world_has_people(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="apart"):
        world.synthesise_world(tmp_path / "d", tmp_path / "d" / "truth", people=500)
    with pytest.raises(UsageError, match="too small"):
        world.synthesise_world(tmp_path / "d", tmp_path / "t", people=3)
    assert not (tmp_path / "d").exists()


def test_a_folder_that_is_no_delivery_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(FileExistsError):
        world.synthesise_world(tmp_path / "mine", tmp_path / "truth", people=500)
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"


def test_a_failed_run_leaves_the_former_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.synthesise_world(tmp_path / "d", tmp_path / "t", people=500)
    before = digests(tmp_path / "d")

    def fails(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("pipeline.synthetic.write_delivery._digest", fails)
    with pytest.raises(OSError, match="disk full"):
        world.synthesise_world(tmp_path / "d", tmp_path / "t", people=600)
    assert digests(tmp_path / "d") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d", "t"]


def test_names_are_upper_case_and_homes_cannot_exist(small_delivery: tuple[Path, Path]) -> None:
    rows = pl.read_parquet(small_delivery[0] / "magistrates" / "defendants.parquet")
    for name in ("forename", "middle_names", "surname"):
        held = rows[name].drop_nulls()
        assert (held == held.str.to_uppercase()).all()
    assert (
        rows["postcode"]
        .drop_nulls()
        .str.contains(r"^(Q[A-Z]\d{1,2} \d[A-Z]{2}|NF1 1(NF|FA))$")
        .all()
    )


def test_truth_reader_finds_every_file_named(small_delivery: tuple[Path, Path]) -> None:
    text = (small_delivery[1] / "README.md").read_text()
    held = {path.name for path in small_delivery[1].glob("*.parquet")}
    assert all(f"`{name}`" in text for name in held)
    assert text == world_truth.README
