"""No identifier of the delivery is in anything that leaves the identity side: every value of every
direct column is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import dbt.task.docs
import duckdb
import polars as pl
import pytest

from data_contracts import LOOKUPS
from pipeline.contracts.registry import Contract, list_contracts
from tests.support.published_world import World, files

TOKEN = re.compile(rb"[A-Za-z0-9][A-Za-z0-9/'_\-]{4,}")
"""In files of bytes: runs of five and more; shorter ones occur by chance in binary files and are
looked for in cells only.
"""
DOCS_TEMPLATE = Path(dbt.task.docs.__file__).parent / "index.html"
"""The page that dbt ships for its documents: its own words (GRANT, CROSS) are names of people too,
and no leak.
"""
RESTRICTED = {"identity", "quarantine", "review", "spill"}


def contracts() -> list[Contract]:
    return [
        contract for contract in list_contracts().values() if contract.facts.source not in LOOKUPS
    ]


@pytest.fixture(scope="module")
def forbidden(world: World) -> set[str]:
    """Every value of every direct column, and every word of those of several words.

    Initials, names of two letters and the year of a police number are also codes and years
    elsewhere, and name nobody.
    """
    values: set[str] = set()
    for contract in contracts():
        frame = pl.scan_parquet(files(world.delivery, contract.facts.source, contract.facts.name))
        for name, column in contract.columns.items():
            if column.privacy == "direct" and contract.types[name] == pl.String:
                values |= set(
                    frame.select(pl.col(name).drop_nulls().unique()).collect().to_series()
                )
    words = {
        word
        for value in values
        for word in re.split(r"[ ;]", value)
        if len(word) > 3 and not word.isdigit()
    }
    assert len(values) > 5_000
    return {value for value in values | words if len(value) > 2}


def open_files(world: World) -> Iterator[Path]:
    """Every file of the workspace outside the restricted folders, and what the commands printed."""
    yield world.log
    for path in sorted(world.workspace.rglob("*")):
        parts = path.relative_to(world.workspace).parts
        if (
            path.is_file()
            and not path.is_symlink()
            and "registry" not in parts
            and not RESTRICTED & set(parts)
        ):
            yield path


def cells(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Distinct texts of every text column of a Parquet or DuckDB file."""
    with duckdb.connect() as database:
        if path.suffix == ".parquet":
            tables = [f"read_parquet('{path}')"]
        else:
            database.execute(f"attach '{path}' as looked (read_only)")
            names = database.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'looked'"
            ).fetchall()
            tables = [f'looked."{schema}"."{name}"' for schema, name in names]
        for table in tables:
            for name, kind, *_ in database.execute(f"describe select * from {table}").fetchall():
                if kind == "VARCHAR":
                    found = database.execute(
                        f'select distinct "{name}" from {table} where "{name}" is not null'
                    ).fetchall()
                    yield f"{path.name} {table} {name}", {row[0] for row in found}


def test_no_direct_value_is_in_any_table(world: World, forbidden: set[str]) -> None:
    looked = 0
    for path in open_files(world):
        if path.suffix in {".parquet", ".duckdb"}:
            for where, found in cells(path):
                looked += len(found)
                assert not len(found & forbidden), (
                    f"{len(found & forbidden)} values of direct columns in {where}"
                )
    assert looked > 100_000


def test_no_direct_value_is_in_any_file_of_text(world: World, forbidden: set[str]) -> None:
    tokens = {value.encode() for value in forbidden if len(value) > 4}
    looked = 0
    for path in open_files(world):
        if path.suffix not in {".parquet", ".duckdb"}:
            looked += 1
            found = set(TOKEN.findall(path.read_bytes())) & tokens
            if path.name in {"index.html", "static_index.html"}:
                found -= set(TOKEN.findall(DOCS_TEMPLATE.read_bytes()))
            assert not found, (
                f"{len(found)} values of direct columns in {path.relative_to(world.workspace)}"
            )
    assert looked > 20


def test_no_row_keeps_its_own_birth_date(world: World) -> None:
    checked = 0
    for contract in contracts():
        if not contract.facts.record_of_person:
            continue
        file = f"{contract.facts.source}/{contract.facts.name}.parquet"
        staged, identity = (
            pl.read_parquet(world.build / "staged" / file),
            pl.read_parquet(world.build / "identity" / file),
        )
        days = [name for name, kind in staged.schema.items() if kind == pl.Date]
        both = staged.join(
            identity.select("source_record_id", "date_of_birth"), on="source_record_id"
        )
        same = both.filter(
            pl.any_horizontal(pl.col(day) == pl.col("date_of_birth") for day in days)
        )
        assert same.filter(pl.col("date_of_birth").dt.year() > 1970).is_empty(), contract.name
        checked += both.height
    assert checked > 5_000


def test_private_folders_are_the_owners_alone(world: World) -> None:
    for folder in (
        *(world.build / name for name in ("identity", "quarantine", "registry", "review")),
        world.workspace / "registry",
    ):
        assert folder.stat().st_mode & 0o077 == 0, folder


def test_the_search_finds_what_it_should(tmp_path: Path, forbidden: set[str]) -> None:
    value = max(forbidden, key=len)
    leaked = tmp_path / "leak.parquet"
    pl.DataFrame({"note": [value]}).write_parquet(leaked)
    assert any(found & forbidden for _, found in cells(leaked))
