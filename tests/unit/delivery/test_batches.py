"""How a table passes in pieces makes no difference to what lands."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.contracts import registry as contracts
from pipeline.contracts.registry import list_contracts
from pipeline.delivery import batches, manifest
from pipeline.errors import DeliveryError
from pipeline.landing import deduplicate
from pipeline.settings import Settings
from tests.support.landing import Landed, rows_of

Land = Callable[..., Landed]
EVENTS = "probation.events"
CONTRACT = list_contracts()["probation", "events"]
COPIES = 7


def events(seed: int = 1, *, height: int = 60) -> pl.DataFrame:
    """Events with repeats (the same row, the same key with other content), values out of bounds and
    missing keys.
    """
    draws = np.random.default_rng(seed)
    keys: list[Any] = [f"e{i}" for i in range(height)]
    frame = rows_of(EVENTS, event_id_hash=keys, offender_id=[str(i % 9) for i in range(height)])
    again = frame[draws.integers(height, size=COPIES)]
    other = frame[draws.integers(height, size=COPIES)].with_columns(
        pl.lit("another").alias("offender_id")
    )
    rows = pl.concat([frame, again, again.head(2), other])
    spoilt = {name: _spoilt(kind) for name, kind in CONTRACT.types.items()}
    for name in draws.choice(list(spoilt), size=4, replace=False):
        hit = pl.Series(draws.random(rows.height) < 0.05)
        rows = rows.with_columns(
            pl.when(hit)
            .then(pl.lit(spoilt[name], rows.schema[name]))
            .otherwise(pl.col(name))
            .alias(name)
        )
    return rows[draws.permutation(rows.height)]


def _spoilt(kind: pl.DataType) -> Any:
    return {
        "String": "x" * 300,
        "Date": date(1800, 1, 1),
        "Int64": -5,
        "Float64": float("nan"),
    }.get(str(kind))


def everything(landed: Landed) -> dict[str, Any]:
    """All that landing wrote of a table and what it said."""
    found: dict[str, Any] = {"entry": asdict(landed.entry)}
    for path in sorted(landed.build.root.rglob("*.parquet")):
        frame = pl.read_parquet(path)
        found[str(path.relative_to(landed.build.root))] = (frame.schema, frame.rows())
    return found


@pytest.mark.parametrize("ending", ["parquet", "csv"])
@pytest.mark.parametrize("size", [1, 7, 40])
def test_small_batches_land_as_one(
    land: Land, monkeypatch: pytest.MonkeyPatch, ending: str, size: int
) -> None:
    rows = events()
    files = {f"probation/events/part-{i}.{ending}": rows.slice(i * 25, 25) for i in range(4)}
    whole = everything(land(EVENTS, files))
    assert whole["entry"]["quarantined"] > COPIES
    assert whole["entry"]["duplicates_removed"] >= 1
    assert whole["staged/probation/events.parquet"][1]
    monkeypatch.setattr(batches, "BATCH_ROWS", size)
    assert everything(land(EVENTS, files)) == whole


@pytest.mark.parametrize("seed", range(5))
def test_every_row_is_in_one_place(land: Land, seed: int) -> None:
    rows = events(seed, height=300)
    landed = land(EVENTS, {"probation/events.parquet": rows})
    assert landed.entry.balances
    assert landed.frame("staged").height == landed.entry.staged
    assert landed.frame("quarantine").height == landed.entry.quarantined
    assert landed.frame("quarantine")["row_in_file"].cast(pl.Int64).is_sorted()


def test_rows_whose_hashes_meet_are_judged_by_their_keys(
    tmp_path: Path, settings: Settings, land: Land
) -> None:
    rows = events(3)
    expected = land(EVENTS, {"probation/events.parquet": rows}).entry
    files = manifest.read_delivery(tmp_path / "delivery").of_table("probation", "events")
    parts = batches.prepare_parts(CONTRACT, files, tmp_path)
    honest = deduplicate.key_hashes(CONTRACT, parts)
    assert len(np.unique(honest)) < len(honest) == rows.height
    for hashes in (honest, np.zeros_like(honest), honest % 3):
        found = deduplicate.find_repeats(
            CONTRACT, parts, hashes, settings=settings, spill=tmp_path / "spill"
        )
        assert len(found.removed) == expected.duplicates_removed
        assert found.count == next(
            rule.rows_failed for rule in expected.rules if rule.rule == "unique"
        )


def test_files_are_read_together_up_to_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, land: Land
) -> None:
    rows = events()
    land(EVENTS, {f"probation/events/part-{i}.parquet": rows.slice(i * 10, 10) for i in range(7)})
    files = manifest.read_delivery(tmp_path / "delivery").of_table("probation", "events")
    monkeypatch.setattr(batches, "BATCH_ROWS", 25)
    parts = batches.prepare_parts(CONTRACT, files, tmp_path)
    assert [len(part.files) for part in parts] == [2, 2, 2, 1]
    read = list(batches.read_batches(CONTRACT, parts))
    assert [frame.height for frame in read] == [20, 20, 20, 10]
    assert pl.concat(read)["_row"].to_list() == list(range(70))


def test_a_file_that_breaks_off_on_the_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, land: Land
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 20)
    buffer = io.BytesIO()
    events(height=400).write_parquet(buffer, row_group_size=20, compression="uncompressed")
    content = bytearray(buffer.getvalue())
    middle = len(content) // 2
    content[middle : middle + 2_000] = b"\xff" * 2_000
    with pytest.raises(DeliveryError, match="cut off or damaged"):
        land(EVENTS, {"probation/events.parquet": bytes(content)}, rows=416)
    assert [path for path in (tmp_path / "build").rglob("*") if path.is_file()] == []


def test_an_error_while_writing_is_not_lost(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1]})
    with ThreadPoolExecutor(1) as thread:
        output = batches.Output(tmp_path / "x.parquet", frame, thread)
        output.append(pl.DataFrame({"another": ["x"]}))
        with pytest.raises(ValueError, match="schema"):
            output.close()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Rows of every batch that is judged."""
    seen: list[int] = []
    judge = contracts.find_broken_rules

    def judged(
        contract: contracts.Contract, rows: pl.DataFrame
    ) -> dict[tuple[str, str], pl.Series]:
        seen.append(rows.height)
        return judge(contract, rows)

    monkeypatch.setattr(contracts, "find_broken_rules", judged)
    yield seen


def test_no_more_than_a_batch_is_judged_at_once(
    land: Land, monkeypatch: pytest.MonkeyPatch, counted: list[int]
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 16)
    land(EVENTS, {"probation/events.parquet": events()})
    assert max(counted) <= 16
    assert sum(counted) >= 76


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz"])
def test_wide_rows_pass_in_smaller_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, land: Land, ending: str
) -> None:
    wide = events(height=400).with_columns(pl.lit("x" * 2_000).alias("offender_id"))
    content: pl.DataFrame | bytes = (
        gzip.compress(wide.write_csv().encode()) if ending == "csv.gz" else wide
    )
    files = {f"probation/events.{ending}": content}
    whole = everything(land(EVENTS, files, rows=wide.height))
    monkeypatch.setattr(batches, "BATCH_BYTES", 50_000)
    monkeypatch.setattr(batches, "MIN_ROWS", 1)
    delivered = manifest.read_delivery(tmp_path / "delivery").of_table("probation", "events")
    parts = batches.prepare_parts(CONTRACT, delivered, tmp_path / "scratch")
    heights = [frame.height for frame in batches.read_batches(CONTRACT, parts)]
    assert sum(heights) == wide.height
    assert max(heights) <= 50_000 / 2_000
    assert everything(land(EVENTS, files, rows=wide.height)) == whole


def test_a_few_huge_cells_do_not_make_a_table_slow(tmp_path: Path, land: Land) -> None:
    rows = events(height=3_000).with_columns(
        pl.when(pl.int_range(pl.len()) < 2).then(pl.lit("x" * 900_000)).alias("offender_id")
    )
    land(EVENTS, {"probation/events.csv": rows})
    parts = batches.prepare_parts(
        CONTRACT,
        manifest.read_delivery(tmp_path / "delivery").of_table("probation", "events"),
        tmp_path / "scratch",
    )
    assert len(list(batches.read_batches(CONTRACT, parts))) == 1
