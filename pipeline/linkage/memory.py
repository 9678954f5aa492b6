"""How much memory a linkage needs: what its arrays take beside DuckDB, and the least that DuckDB can work with.

Belongs here: what follows from the number of records. Does not belong here: what there is, and what is done where it is too little (the
caller, before it starts).

DuckDB keeps to its limit and puts aside what does not fit; arrays of numpy and Arrow come on top of that, and cannot be put aside.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from pipeline.linkage.sources import LOOKUPS, RECORD

ARRAYS = 900_000_000
ARRAYS_A_RECORD = 150
LEAST_DATABASE = 500_000_000
LEAST_DATABASE_A_RECORD = 30


def arrays(records: int) -> int:
    """Bytes that a linkage of so many records takes at most beside DuckDB's own memory."""
    return ARRAYS + ARRAYS_A_RECORD * records


def least(records: int) -> int:
    """Bytes without which a linkage of so many records should not start: its arrays, and the least that DuckDB works with."""
    return arrays(records) + LEAST_DATABASE + LEAST_DATABASE_A_RECORD * records


def records_of(identity: Path) -> int:
    """The number of records of an identity side, from the feet of its files."""
    files = (pq.ParquetFile(path) for path in sorted(identity.glob("*/*.parquet")) if path.parent.name != LOOKUPS)
    return sum(file.metadata.num_rows for file in files if RECORD in file.schema_arrow.names)
