"""Rows that a supplement has replaced: where they stand, and whether they were to be replaced.

Only rows that were quarantined are replaced, one by one. The manifest of an amended delivery says
which; landing believes it no further than the rows themselves bear out. Belongs here: what landing
has to know of supplements. Does not belong here: putting one together with a delivery (amend).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.delivery import typed_rows
from pipeline.delivery.manifest import DeliveredFile
from pipeline.errors import DeliveryError
from pipeline.landing import deduplicate
from pipeline.landing.deduplicate import Hashes, Positions


@dataclass(frozen=True)
class Replaced:
    """Positions in the table (`_row`), ascending."""

    rows: Positions = field(default_factory=lambda: np.empty(0, np.int64))
    sharing: Positions = field(default_factory=lambda: np.empty(0, np.int64))
    """Those of them that shared their key with another row when they were replaced.

    They may have been quarantined for that.
    """

    def sound(self, batch: pl.DataFrame, failed: pl.Series) -> int:
        """Number of replaced rows of a batch that break no rule: nothing was wrong with them."""
        return int(
            (
                deduplicate.locate_in_batch(self.rows, batch)
                & failed.not_()
                & deduplicate.locate_in_batch(self.sharing, batch).not_()
            ).sum()
        )


def find_replaced_rows(files: Sequence[DeliveredFile], hashes: Hashes, scratch: Path) -> Replaced:
    """Which rows of a table are replaced.

    Args:
        files: its files, those of supplements after those that they correct.
        hashes: of the keys of all rows, in order.
        scratch: as for `typed_rows.typed_file`.

    Raises:
        DeliveryError: rows are replaced that are not there, or not one by one.
    """
    if not any(file.replaced or file.supplement for file in files):
        return Replaced()
    sizes = [typed_rows.rows_in(file, scratch=scratch) for file in files]
    starts = np.cumsum([0, *sizes[:-1]])
    for file, size in zip(files, sizes, strict=True):
        if file.replaced and not 1 <= file.replaced[0] <= file.replaced[-1] <= size:
            raise DeliveryError(
                f"[{file.path}] has {size} rows and the manifest replaces others: "
                "make the delivery with `journeys amend`"
            )
    rows = np.concatenate(
        [
            np.asarray(file.replaced, np.int64) - 1 + start
            for file, start in zip(files, starts, strict=True)
        ]
    )
    corrected = sum(size for file, size in zip(files, sizes, strict=True) if file.supplement)
    if len(rows) != corrected:
        table = f"{files[0].source}.{files[0].table}"
        told = f"supplements bring {corrected} rows and {len(rows)} are replaced"
        raise DeliveryError(f"{table}: {told}: make the delivery with `journeys amend`")
    return Replaced(rows, _sharing(rows, np.repeat(_rounds(files), sizes), hashes))


def _rounds(files: Sequence[DeliveredFile]) -> list[int]:
    """For each file the round of deliveries in which it came.

    Round 0 is the first delivery, then there is one round for each supplement.
    """
    order = list(dict.fromkeys([None, *(file.supplement for file in files)]))
    return [order.index(file.supplement) for file in files]


def _sharing(rows: Positions, came: Positions, hashes: Hashes) -> Positions:
    """Those rows whose key another row has too.

    The other row came in the same round, or came before and was not replaced.
    """
    is_replaced = np.zeros(len(hashes), np.bool_)
    is_replaced[rows] = True
    found = []
    for each in np.unique(came[rows]):
        pool = np.flatnonzero((came == each) | ((came < each) & ~is_replaced))
        shared = pool[deduplicate.find_shared_hashes(hashes[pool])]
        found.append(shared[is_replaced[shared] & (came[shared] == each)])
    return np.sort(np.concatenate(found)) if found else np.empty(0, np.int64)
