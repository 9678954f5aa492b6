"""Whether the lookup of persons has every staged record once."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts.registry import list_contracts
from pipeline.landing import staged_files
from pipeline.release import warehouse
from pipeline.settings import Settings
from pipeline.workspace import Build


@pytest.fixture
def build(tmp_path: Path) -> Build:
    build = Build(tmp_path)
    for contract in list_contracts().values():
        if contract.facts.record_of_person:
            path = staged_files.find_staged_file(build, contract)
            path.parent.mkdir(parents=True, exist_ok=True)
            pl.DataFrame({"source_record_id": ["a"]}).write_parquet(path)
    build.linkage.mkdir()
    return build


@pytest.mark.parametrize(
    ("keys", "linked"),
    [
        ([("prison", "a"), ("probation", "a"), ("prison", "b")], 3),
        ([("prison", "a"), ("probation", "a"), ("prison", "a")], -1),
        ([], 0),
    ],
)
def test_records_of_the_lookup_are_counted_unless_one_repeats(
    build: Build, keys: list[tuple[str, str]], linked: int
) -> None:
    links = pl.DataFrame(
        keys, schema={"source_dataset": pl.String, "source_record_id": pl.String}, orient="row"
    )
    links.write_parquet(build.linkage / "person_links.parquet")
    tables = sum(contract.facts.record_of_person for contract in list_contracts().values())
    assert warehouse.count_records(build, Settings.from_environment(build.root)) == (linked, tables)
