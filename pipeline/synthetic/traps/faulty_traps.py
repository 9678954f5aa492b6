"""Traps that break a contract: values that no system should hold, counted where they were planted.

Belongs here: how to count faults. Does not belong here: planting them (contract_faults).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.corruption.contract_faults import (
    FAR_DATE,
    FAULT_SHARE,
    FAULTS,
    IMPOSSIBLE_AGE,
    MALFORMED_DATE,
    UNKNOWN_CODE,
)
from pipeline.synthetic.traps.trap import Trap

WHAT = {
    "age": ("impossible_age", f"an age of {IMPOSSIBLE_AGE}", "trap 7 (public R analysis)"),
    "code": ("unknown_code", f"a code that no list holds: {UNKNOWN_CODE}", "section 9"),
    "date": ("impossible_date", f"{FAR_DATE}, or in text also {MALFORMED_DATE}", "section 7"),
}


def list_traps() -> list[Trap]:
    """Faults in each table that has them."""
    listed = []
    for (source, table), columns in FAULTS.items():
        for kind, (name, what, told) in WHAT.items():
            names = [column for column, fault in columns.items() if fault == kind]
            if names:
                found = pl.any_horizontal(_faulty(column, kind) for column in names)
                rate = FAULT_SHARE * len(names) / len(columns)
                listed.append(
                    Trap(
                        name=name,
                        source=source,
                        table=table,
                        what=what,
                        told=told,
                        rate=rate,
                        found=found,
                    )
                )
    return listed


def _faulty(column: str, kind: str) -> pl.Expr:
    if kind == "age":
        return pl.col(column) == IMPOSSIBLE_AGE
    if kind == "code":
        return pl.col(column) == UNKNOWN_CODE
    return pl.col(column).cast(pl.String).is_in([FAR_DATE, MALFORMED_DATE])
