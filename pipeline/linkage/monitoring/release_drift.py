"""Drift of the links since the last release: distributions and volumes that moved too far.

Belongs here: what is compared and when it is too much; the counts of the last release, kept in the
registry. Does not belong here: making the counts (link_quality), telling people (orchestration).

Distributions are compared by the population stability index, the sum of (share now - share then) *
ln(share now / share then): under 0.1 nothing moved, from 0.25 it is another population (N. Siddiqi,
Credit Risk Scorecards, 2006). Volumes are compared as shares of what they are a part of, so that a
larger delivery alone raises no alarm. Differences that chance alone may bring raise none either.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.storage import make_folder, replace_file

KEPT = "link_quality.parquet"
DISTRIBUTIONS = ("records", "cluster_size", "weight_band", "case_links", "cases_sent")
MAX_INDEX = 0.1
"""Population stability index from which a distribution has moved."""
MIN_SHARE = 1e-4
"""A class that one side lacks counts as this share of it, else the index would be infinite."""
MAX_CHANGE = 0.2
"""Relative change from which a volume has moved."""
CHANCE = 4.0
"""Standard deviations of a count that chance may bring.

With some dozens of volumes, three would raise a false alarm now and then.
"""
VOLUMES = {
    "candidate_pairs": "nodes",
    "nodes": "records",
    "persons": "records",
    "persons_in_both": "persons",
    "implausible": "persons",
    "signs": "records",
}
"""Volume -> what it is counted for.

Pairs of records are left out: a few people with many records make most of them.
"""
PERSONS = "medium"
"""Threshold of the people that volumes are counted for."""


@dataclass(frozen=True)
class Alarm:
    """A measure that moved."""

    measure: str
    statistic: str
    moved: float
    limit: float
    detail: str

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.measure}: {self.statistic} {self.moved:.2f}, limit {self.limit:.2f} "
            f"({self.detail})"
        )


def kept_file(registry: Path) -> Path:
    """Where the registry keeps the counts of the last release."""
    return registry / KEPT


def remember_counts(linkage: Path, registry: Path) -> None:
    """Keep the counts of a release, in one atomic move; for when it is out, not before."""
    make_folder(registry, mode=0o700)
    with replace_file(kept_file(registry)) as partial:
        shutil.copyfile(linkage / KEPT, partial)


def find_alarms(now: pl.DataFrame, then: pl.DataFrame) -> list[Alarm]:
    """What moved between two tables of link quality (measure, source_pair, category, value)."""
    return [*_distributions(now, then), *_volumes(now, then)]


def stability_index(now: pl.Series, then: pl.Series) -> float:
    """Population stability index of two counts by class; 0 where one side has nothing.

    Both sides have their classes in the same order.
    """
    if not now.sum() or not then.sum():
        return 0.0
    share_now, share_then = (
        (counts / counts.sum()).clip(MIN_SHARE)
        for counts in (now.cast(pl.Float64), then.cast(pl.Float64))
    )
    return float(((share_now - share_then) * (share_now / share_then).log()).sum())


def _distributions(now: pl.DataFrame, then: pl.DataFrame) -> list[Alarm]:
    both = _side_by_side(now, then).filter(pl.col("measure").is_in(DISTRIBUTIONS))
    found = []
    for (measure,), classes in both.group_by("measure", maintain_order=True):
        index = stability_index(classes["now"], classes["then"])
        # By chance alone the index is about (classes - 1) * (1 / n + 1 / n').
        chance = (
            CHANCE
            * (classes.height - 1)
            * sum(1 / max(float(classes[side].sum()), 1.0) for side in ("now", "then"))
        )
        if index > max(MAX_INDEX, chance):
            share_now, share_then = (pl.col(side) / pl.col(side).sum() for side in ("now", "then"))
            told = classes.with_columns(
                share_now.alias("share_now"), share_then.alias("share_then")
            )
            most = told.sort(
                (pl.col("share_now") - pl.col("share_then")).abs(),
                descending=True,
                maintain_order=True,
            ).row(0, named=True)
            detail = (
                f"[{most['category']}] {most['share_now']:.1%} "
                f"against {most['share_then']:.1%} in the last release"
            )
            found.append(
                Alarm(str(measure), "population stability index", index, MAX_INDEX, detail)
            )
    return found


def _volumes(now: pl.DataFrame, then: pl.DataFrame) -> list[Alarm]:
    both = _side_by_side(now, then)
    found = []
    for row in both.filter(pl.col("measure").is_in(list(VOLUMES))).iter_rows(named=True):
        size_now, size_then = (
            _size(both, VOLUMES[row["measure"]], side) for side in ("now", "then")
        )
        if not size_now or not size_then:
            continue
        expected = row["then"] / size_then * size_now
        spread = CHANCE * (max(expected, 1.0) + expected * expected / max(row["then"], 1.0)) ** 0.5
        change = row["now"] / expected - 1 if expected else float("inf")
        if abs(row["now"] - expected) > spread and abs(change) > MAX_CHANGE:
            name = " ".join(
                part
                for part in (row["measure"], row["source_pair"], row["category"])
                if part != "all"
            )
            detail = (
                f"{row['now'] / size_now:.4g} against {row['then'] / size_then:.4g} "
                f"for one of {VOLUMES[row['measure']]}"
            )
            found.append(Alarm(name, "relative change", change, MAX_CHANGE, detail))
    return found


def _side_by_side(now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    """Columns measure, source_pair, category, now and then, for the measures of both sides only.

    A count is 0 where its side lacks the class.
    """
    key = ["measure", "source_pair", "category"]
    counts = [
        side.select(*key, pl.col("value").alias(name))
        for side, name in ((now, "now"), (then, "then"))
    ]
    known = set(now["measure"]) & set(then["measure"])
    joined = (
        counts[0]
        .join(counts[1], on=key, how="full", coalesce=True)
        .with_columns(pl.col("now", "then").fill_null(0.0))
    )
    return joined.filter(pl.col("measure").is_in(known)).sort(key)


def _size(both: pl.DataFrame, measure: str, side: str) -> float:
    rows = both.filter(pl.col("measure") == measure)
    rows = rows.filter(pl.col("category") == PERSONS) if measure == "persons" else rows
    return float(rows[side].sum())
