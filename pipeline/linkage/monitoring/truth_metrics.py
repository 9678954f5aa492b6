"""Quality of links, given the truth: pairwise and B-cubed measures, over all and by group.

Pairwise measures have Wilson intervals.

Belongs here: counting against a truth. Does not belong here: where a truth comes from, and anything
a scheduled run needs. All counts come from one table of (true person, linked person) with its
sizes; nothing grows with the square of records.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import polars as pl

Z = 1.959964
"""95% of a normal distribution."""


def evaluate_links(
    links: pl.DataFrame, truth: pl.DataFrame, *, person: str = "person_id", group: str | None = None
) -> pl.DataFrame:
    """Quality of links, one row overall (`category` null) and one a value of `group`.

    Args:
        links: source_dataset, source_record_id and the column `person`.
        truth: source_dataset, source_record_id, true_person_id and the column `group`.
        person: which column of `links` is the person.
        group: column of `truth`, a property of the record. A pair counts half for each of its
            records' groups.

    Returns:
        category, records, persons, pair_precision and pair_recall with `_low` and `_high`,
        bcubed_precision, bcubed_recall. A record of the truth that has no link stands alone. A
        share without cases is null.
    """
    joined = truth.join(
        links.select("source_dataset", "source_record_id", person),
        on=["source_dataset", "source_record_id"],
        how="left",
    )
    alone = pl.concat_str([pl.lit("alone"), "source_dataset", "source_record_id"], separator="/")
    sized = joined.with_columns(pl.coalesce(person, alone).alias("_linked")).with_columns(
        pl.len().over("true_person_id").alias("_true"),
        pl.len().over("_linked").alias("_found"),
        pl.len().over("true_person_id", "_linked").alias("_both"),
    )
    rows = [_measures(sized, None)]
    if group:
        parts = sized.with_columns(pl.col(group).cast(pl.String).fill_null("unknown")).partition_by(
            group, as_dict=True
        )
        rows += [_measures(part, str(name[0])) for name, part in sorted(parts.items(), key=str)]
    return pl.DataFrame(rows, schema_overrides={"category": pl.String}, infer_schema_length=None)


def _measures(sized: pl.DataFrame, category: str | None) -> dict[str, Any]:
    both, found, true = (int((sized[name] - 1).sum()) for name in ("_both", "_found", "_true"))
    return {
        "category": category,
        "records": sized.height,
        "persons": sized["_linked"].n_unique(),
        **_share("pair_precision", both / 2, found / 2),
        **_share("pair_recall", both / 2, true / 2),
        "bcubed_precision": _mean(sized["_both"] / sized["_found"]),
        "bcubed_recall": _mean(sized["_both"] / sized["_true"]),
    }


def _mean(values: pl.Series) -> float | None:
    return float(values.sum()) / len(values) if len(values) else None


def _share(name: str, part: float, whole: float) -> dict[str, float | None]:
    """A share with its Wilson interval."""
    if not whole:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    share, spread = part / whole, Z * Z / whole
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return {
        name: share,
        f"{name}_low": max(0.0, middle - half),
        f"{name}_high": min(1.0, middle + half),
    }
