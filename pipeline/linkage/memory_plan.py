"""How much memory a linkage needs: its arrays beside DuckDB, and the least for DuckDB itself.

Belongs here: what follows from the number of records. Does not belong here: what there is, and what
is done where it is too little (the caller, before it starts).

DuckDB keeps to its limit and puts aside what does not fit; arrays of numpy and Arrow come on top of
that, and cannot be put aside.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from pipeline.linkage.prepare.identity_tables import LOOKUPS, RECORD

ARRAYS_A_RECORD = 110
"""Bytes that arrays take for each record, beside some 1.1 GB at any volume (Python with its
libraries, and two parts of a million records being collapsed or scored), which
`pipeline.memory_size.PROGRAMS` allows for. Measured with two threads on a made-up nation of 17.2
million records: at most 4.2 GB of resident memory beyond DuckDB's limit, of which the programs have
2.5 GB. Collections with many times as many candidate pairs take more: up to 3.4 GB for 13 million
pairs of 8.7 million records.
"""
MIN_DATABASE = 400_000_000
"""Bytes with which DuckDB linked those, in a tenth more processor time than with eight times as
much.
"""
MIN_DATABASE_A_RECORD = 60
"""Bytes a record beside them: an estimate of what one join of all records by number holds."""


def estimate_arrays(records: int) -> int:
    """Bytes that arrays of a linkage take for so many records beside DuckDB and the programs."""
    return ARRAYS_A_RECORD * records


def estimate_least(records: int) -> int:
    """Bytes without which a linkage of so many records should not start, the programs left out."""
    return estimate_arrays(records) + MIN_DATABASE + MIN_DATABASE_A_RECORD * records


def records_of(identity: Path) -> int:
    """The number of records of an identity side, from the feet of its files."""
    files = (
        pq.ParquetFile(path)
        for path in sorted(identity.glob("*/*.parquet"))
        if path.parent.name != LOOKUPS
    )
    return sum(file.metadata.num_rows for file in files if RECORD in file.schema_arrow.names)
