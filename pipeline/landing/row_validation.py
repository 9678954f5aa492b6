"""What the rows of a batch break, and the reasons in words for people.

A row breaks a rule of the contract, or has a value that could not be read.

Belongs here: judging rows one by one. Does not belong here: any rule (data_contracts), keys
(deduplicate), where rows go (land_table).
"""

from __future__ import annotations

from functools import reduce
from operator import or_

import polars as pl

from pipeline.contracts import registry
from pipeline.contracts.registry import Contract
from pipeline.delivery import typed_rows

Broken = dict[tuple[str, str], pl.Series]
"""By (column, rule): which rows of a batch break it."""


def broken_rules(contract: Contract, batch: pl.DataFrame) -> Broken:
    """Every rule that any row of a batch breaks.

    What cannot be read counts as such only, not as missing too: neither a value nor the values of a
    row that is none.
    """
    found, unreadable = _unreadable(batch)
    for (column, rule), rows in registry.find_broken_rules(contract, batch).items():
        found[column, rule] = (
            rows & unreadable.get(column, unreadable[typed_rows.WHOLE_ROW]).not_()
            if unreadable
            else rows
        )
    return {broken: rows for broken, rows in found.items() if rows.any()}


def _unreadable(batch: pl.DataFrame) -> tuple[Broken, dict[str, pl.Series]]:
    """Rows by the rule that they break as they are read, and rows by the column that says nothing.

    A row that says nothing as a whole is among the rows of each such column.
    """
    marks = batch[typed_rows.UNREADABLE]
    if marks.null_count() == batch.height:
        return {}, {}
    whole = marks.str.starts_with(f"{typed_rows.WHOLE_ROW} ").fill_null(value=False)
    names = batch.select(
        pl.when(whole.not_()).then(typed_rows.UNREADABLE).fill_null("").str.split(";")
    ).to_series()
    cells = {
        column: names.list.contains(column) for column in sorted(set(names.explode())) if column
    }
    found = {(typed_rows.WHOLE_ROW, typed_rows.SHAPE): whole} | {
        (column, "type"): rows for column, rows in cells.items()
    }
    return found, {typed_rows.WHOLE_ROW: whole} | {
        column: rows | whole for column, rows in cells.items()
    }


def find_failed_rows(batch: pl.DataFrame, broken: Broken) -> pl.Series:
    """Which rows of a batch break any rule."""
    return reduce(
        or_, broken.values(), pl.repeat(value=False, n=batch.height, dtype=pl.Boolean, eager=True)
    )


def join_reasons(batch: pl.DataFrame, broken: Broken) -> pl.Series:
    """All reasons of each row of a batch, in alphabetical order, with `; ` between them.

    The text is empty for a row that breaks nothing.
    """
    texts: dict[str, pl.Series] = {}
    for (column, rule), rows in broken.items():
        text = registry.describe_reason(column, rule)
        texts[text] = rows | texts[text] if text in texts else rows
    told = [pl.when(texts[text]).then(pl.lit(text)) for text in sorted(texts)]
    joined = (
        pl.concat_str(told, separator="; ", ignore_nulls=True)
        if told
        else pl.repeat("", batch.height)
    )
    whole = broken.get((typed_rows.WHOLE_ROW, typed_rows.SHAPE))
    if whole is not None:
        joined = (
            pl.when(whole)
            .then(pl.col(typed_rows.UNREADABLE).str.strip_suffix(";"))
            .otherwise(joined)
        )
    return batch.select(joined.alias("reasons")).to_series()
