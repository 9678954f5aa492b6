"""How many bytes a row of a file takes: what decides how many rows fit into memory at once.

Belongs here: widths of rows, found without reading all of them. Does not belong here: batches made
by them (batches).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.delivery import csv_normalise, typed_rows
from pipeline.delivery.manifest import DeliveredFile, describe_unreadable

SAMPLES, SAMPLE_ROWS = 8, 500
"""Row groups of a Parquet file that are looked into, and rows of each.

Rows are read, since what repeats is stored once and takes less room in the file.
"""


def row_bytes(file: DeliveredFile, scratch: Path) -> int:
    """Bytes of a row where rows are widest, on average over some thousands of them.

    Args:
        file: one that `reading` could open.
        scratch: the folder in which it did.

    Raises:
        DeliveryError: the file cannot be read where it was looked into.
    """
    if file.file_format != "parquet":
        return max(1, csv_normalise.open_csv(file, scratch).row_bytes)
    try:
        with pq.ParquetFile(file.path) as stored:
            groups = [
                stored.metadata.row_group(place) for place in range(stored.metadata.num_row_groups)
            ]
            sizes = [
                (group.num_rows, group.total_byte_size) for group in groups if group.num_rows > 0
            ]
    except (pa.ArrowException, OSError, ValueError):
        sizes = []  # another reader may know better
    stated = max((size // rows for rows, size in sizes), default=1)
    try:
        return max(1, stated, _sampled(file, [rows for rows, _ in sizes], scratch))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise describe_unreadable(file) from error


def _sampled(file: DeliveredFile, groups: list[int], scratch: Path) -> int:
    """Bytes of text in the widest sample."""
    frame, widest, start = typed_rows.scan_file(file, scratch=scratch), 0, 0
    texts = frame.collect_schema()
    every = max(1, len(groups) // SAMPLES)
    size = pl.sum_horizontal(
        *(
            pl.col(name).cast(pl.String).str.len_bytes()
            for name, kind in texts.items()
            if kind in (pl.String, pl.Categorical, pl.Enum)
        ),
        *(pl.col(name).bin.size() for name, kind in texts.items() if kind == pl.Binary),
        pl.lit(0, pl.UInt32),
    )
    for place, rows in enumerate(groups):
        if place % every == 0:
            middle = start + max(0, rows - SAMPLE_ROWS) // 2
            sample = (
                frame.slice(middle, SAMPLE_ROWS)
                .select(size.mean().cast(pl.Int64))
                .collect(engine="streaming")
                .item()
            )
            widest = max(widest, sample or 0)
        start += rows
    return widest
