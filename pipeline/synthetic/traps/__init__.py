"""Every trap that the made-up world plants, where, how often, and how to count it.

Traps are numbered, and sections named, as in the catalogue of the domain from which the world is
made; the source of each is in brackets. Grains, quirks and words are traps whether or not a system
errs; mistakes of identity and faults are there only where errors are asked for.

Belongs here: the list as a whole, and counting. Does not belong here: planting (extracts, errors).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from pipeline.synthetic.traps import (
    courts_traps,
    faulty_traps,
    identity_traps,
    prison_traps,
    probation_traps,
    supervision_traps,
)
from pipeline.synthetic.traps.trap import Tables, Trap

KEY = ("source", "table", "trap")

__all__ = ["Tables", "Trap", "count", "describe", "traps"]


@cache
def list_traps() -> tuple[Trap, ...]:
    """Every trap, in order of source, table and name."""
    every = [
        trap
        for module in (
            courts_traps,
            faulty_traps,
            identity_traps,
            prison_traps,
            probation_traps,
            supervision_traps,
        )
        for trap in module.list_traps()
    ]
    return tuple(sorted(every, key=lambda trap: (trap.source, trap.table, trap.name)))


def count_traps(tables: Tables) -> pl.DataFrame:
    """How often each trap is in a town's tables as delivered.

    Faults are included, and so are the columns for the truth.

    Returns:
        `trap, source, table, rows, table_rows`: a row each trap, 0 where it is not there. Numbers
            of towns add up.
    """
    held = []
    for (source, table), rows in sorted(tables.items()):
        mine = [trap for trap in list_traps() if (trap.source, trap.table) == (source, table)]
        asked = {trap.name: trap.found for trap in mine if isinstance(trap.found, pl.Expr)}
        seen = (
            rows.select(
                found.sum().cast(pl.Int64).alias(name) for name, found in asked.items()
            ).row(0, named=True)
            if asked
            else {}
        )
        seen |= {
            trap.name: trap.found(tables) for trap in mine if not isinstance(trap.found, pl.Expr)
        }
        held += [(trap.name, source, table, seen[trap.name] or 0, len(rows)) for trap in mine]
    schema = {
        "trap": pl.String,
        "source": pl.String,
        "table": pl.String,
        "rows": pl.Int64,
        "table_rows": pl.Int64,
    }
    return pl.DataFrame(held, schema=schema, orient="row")


def describe_traps(counts: pl.DataFrame) -> pl.DataFrame:
    """The list with its counts; the counts of several towns, one below the other, are added up.

    Returns:
        `source, table, trap, what, told_in, planted_rate, is_absent, rows, table_rows, found_rate`.
    """
    told = [
        (trap.source, trap.table, trap.name, trap.what, trap.told, trap.rate, trap.absent)
        for trap in list_traps()
    ]
    names = (*KEY, "what", "told_in", "planted_rate", "is_absent")
    listed = pl.DataFrame(told, schema=names, orient="row")
    added = counts.group_by(KEY).agg(pl.col("rows", "table_rows").sum())
    held = listed.join(added, on=KEY, how="left", maintain_order="left").with_columns(
        pl.col("rows", "table_rows").fill_null(0)
    )
    share = pl.when(pl.col("table_rows") > 0).then(pl.col("rows") / pl.col("table_rows"))
    return held.with_columns(found_rate=share)
