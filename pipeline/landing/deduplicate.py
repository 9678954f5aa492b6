"""Rows whose key another row has: which of them stays, which are removed and which are quarantined.

A key is judged over the whole table, so it is read once before anything is written: as one 64-bit
hash a row. Rows whose hashes meet (nearly always: whose keys are the same) are read again and
compared by key and content. Belongs here: the uniqueness of keys. Does not belong here: rules that
a row breaks alone (contracts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.contracts.registry import Contract
from pipeline.delivery import batches, typed_rows
from pipeline.delivery.batches import Part
from pipeline.landing import row_validation
from pipeline.settings import Settings
from pipeline.storage import open_database

Positions = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


def _nowhere() -> Positions:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Repeats:
    """Positions in the table (`_row`), ascending."""

    removed: Positions = field(default_factory=_nowhere)
    """The same row again."""
    held: Positions = field(default_factory=_nowhere)
    """The same key with other content."""

    @property
    def count(self) -> int:
        """Rows beyond the first of their key."""
        return len(self.removed) + len(self.held)


def key_hashes(contract: Contract, parts: Sequence[Part]) -> Hashes:
    """One hash a row, of the typed key; equal keys have equal hashes.

    Raises:
        DeliveryError: a file breaks off while it is read.
    """
    key = pl.struct(*contract.facts.key).hash().alias("hash")
    found = [frame["hash"].to_numpy() for part in parts for frame in part.batches([key])]
    return np.concatenate(found) if found else np.empty(0, np.uint64)


def find_repeats(
    contract: Contract,
    parts: Sequence[Part],
    hashes: Hashes,
    *,
    settings: Settings,
    spill: Path,
    without: Positions | None = None,
) -> Repeats:
    """Which rows repeat the key of another row.

    Only sound rows count: a row that is quarantined anyway repeats nothing.

    Of rows with one key the first by digest of content stays, whatever the order of delivery. Of
    the others those that are the same row are removed and those that are not are held.

    Args:
        contract: the table's contract.
        parts: the table.
        hashes: of the keys of all rows, in order.
        settings: limits of DuckDB.
        spill: a private folder for DuckDB.
        without: positions, ascending, of rows that a supplement has replaced: they repeat nothing
            either.
    """
    suspects = np.setdiff1d(
        find_shared_hashes(hashes), _nowhere() if without is None else without, assume_unique=True
    )
    if not len(suspects):
        return Repeats()
    with open_database(config=settings.duckdb(spill)) as database:
        _collect(database, contract, parts, suspects)
        places = f"""
            select _row,
                row_number() over (partition by {", ".join(contract.facts.key)}
                    order by digest, _row) as place,
                digest = min(digest) over (partition by {", ".join(contract.facts.key)}) as is_same
            from suspect
        """
        removed, held = (
            database.execute(
                f"select _row from ({places}) where place > 1 and {which} order by _row"
            ).fetchnumpy()["_row"]
            for which in ("is_same", "not is_same")
        )
    return Repeats(np.asarray(removed, np.int64), np.asarray(held, np.int64))


def find_shared_hashes(hashes: Hashes) -> Positions:
    """Positions of the rows whose hash another row has."""
    ordered = np.sort(hashes)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.flatnonzero(np.isin(hashes, np.unique(repeated))) if len(repeated) else _nowhere()


def _collect(
    database: duckdb.DuckDBPyConnection,
    contract: Contract,
    parts: Sequence[Part],
    suspects: Positions,
) -> None:
    """Make table `suspect`: position, key and content digest of every sound suspect row."""
    digest = f"md5(cast(row({', '.join(contract.types)}) as varchar)) as digest"
    query = f"select {typed_rows.ROW}, {', '.join(contract.facts.key)}, {digest} from batch"
    database.register("batch", batches.no_rows(contract).to_arrow())
    database.execute(f"create table suspect as {query}")
    for frame in batches.read_batches(contract, parts):
        some = frame.filter(locate_in_batch(suspects, frame))
        if some.height:
            sound = some.filter(
                row_validation.find_failed_rows(
                    some, row_validation.broken_rules(contract, some)
                ).not_()
            )
            database.register("batch", sound.to_arrow())
            database.execute(f"insert into suspect {query}")


def locate_in_batch(positions: Positions, batch: pl.DataFrame) -> pl.Series:
    """Which rows of a batch stand at these positions of the table."""
    rows = batch[typed_rows.ROW].to_numpy()
    low, high = np.searchsorted(positions, [rows[0], rows[-1] + 1]) if len(rows) else (0, 0)
    found = np.zeros(len(rows), np.bool_)
    found[positions[low:high] - rows[0] if low < high else []] = True
    return pl.Series(found)
