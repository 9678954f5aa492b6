"""How near the made-up world comes to published figures of England and Wales.

Belongs here: the targets, adding up tallies, and judging them. Does not belong here: what each
measure counts (tallies), or the constants of the world that decide it.

Left out of the targets, because this world cannot say or the published figure counts something
else:

- defendants prosecuted, convictions overall, and magistrates' cases received: they hold cases of
  the single-justice procedure, which no system here delivers;
- reoffending of all adults, reoffences a reoffender, and rates by previous offences: cautions begin
  and count in them, and a case here is one offence;
- recalls, their reasons and stocks after the world's end in September 2021, or in a mean over years
  that are mostly after it. Three ratios of structure are kept all the same (reasons a recall,
  second fixed-term recalls, returns for each revocation): nothing earlier is known;
- reports of 2013 and before, and falls from then: before probation's window;
- reports of 2019/20 as a number: three publications give three totals (98,154; 103,004 for 2019;
  109,952), so calendar years stand for it;
- quality of reports, which nothing records, and completion of orders by report, which is published
  for matched cohorts: planted effects are checked by regression;
- how much likelier a community order is with a report ("more than ten times"): its denominator is
  not stated;
- average custodial length by ethnic group: only at third hand. Expected custody of White and Asian
  offenders stands for it;
- sentences under six months: the published count leaves out offences that it does not list;
- cases received by the Crown Court in 2020: approximate, and the records of the extract stand for
  it;
- relative rates of custody for drug offences by ethnic group: one effect of ethnicity is planted
  for all offences, so that its size can be checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.synthetic.calibration import (
    tallies_courts,
    tallies_custody,
    tallies_recalls,
    tallies_records,
    tallies_reoffending,
    tallies_reports,
)
from pipeline.synthetic.calibration.tallies_sheet import (
    BASE_DENOMINATOR,
    BASE_NUMERATOR,
    DENOMINATOR,
    NUMERATOR,
    SQUARES,
    VALUE,
    Made,
    Sheet,
    Tables,
)
from pipeline.synthetic.code_lists import DATA
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import Floats

FILE = "calibration.csv"
COLUMNS = (
    "topic",
    "measure",
    "description",
    "period",
    "target",
    "low",
    "high",
    "achieved",
    "passes",
    "is_essential",
    "source",
)
ERRORS = 2.0
"""A measure is judged if so many standard errors fit between the target and its bounds."""


def read_targets() -> pl.DataFrame:
    """Published figures with the bounds that the world must keep to."""
    texts = dict.fromkeys(
        ("measure", "topic", "description", "kind", "period", "source", "confidence"), pl.String
    )
    numbers = dict.fromkeys(("divisor", "target", "low", "high"), pl.Float64)
    return pl.read_csv(
        DATA / "targets.csv", schema_overrides={**texts, **numbers, "is_essential": pl.Boolean}
    )


def tally_partition(tables: Tables, lives: Lives, people: People) -> pl.DataFrame:
    """What one part of the world adds to each measure.

    Returns:
        `measure, part, value, n`: add `n` over parts of the world, by the other three columns.
    """
    sheet, made = Sheet(), Made(tables, lives, people)
    for topic in (
        tallies_records,
        tallies_recalls,
        tallies_custody,
        tallies_reports,
        tallies_courts,
        tallies_reoffending,
    ):
        topic.add_tallies(sheet, made)
    return sheet.frame()


def judge_tallies(tallies: pl.DataFrame, share: float) -> pl.DataFrame:
    """Compares the sum of all tallies with the targets.

    Args:
        tallies: One frame of `tally_partition`, or several one below the other.
        share: How much of the nation the world is; counts are divided by it.

    Returns:
        One row a target in the order of the list. `passes` is null where the world holds too few to
        tell: where two standard errors of chance are more than half the width of the bounds.
    """
    added = (
        tallies.group_by("measure", "part", "value")
        .agg(pl.col("n").sum())
        .sort("measure", "part", "value")
    )
    held = {name[0]: part for name, part in added.partition_by("measure", as_dict=True).items()}
    listed = read_targets()
    found = [
        _measure(held.get(row["measure"]), row["kind"], row["divisor"], row["target"], share)
        for row in listed.iter_rows(named=True)
    ]
    judged = listed.with_columns(
        achieved=pl.Series([each.achieved for each in found], dtype=pl.Float64),
        error=pl.Series([each.error for each in found], dtype=pl.Float64),
    )
    enough = pl.col("achieved").is_not_null() & (
        ERRORS * pl.col("error") <= (pl.col("high") - pl.col("low")) / 2
    )
    return judged.with_columns(
        passes=pl.when(enough).then(pl.col("achieved").is_between("low", "high"))
    ).select(COLUMNS)


@dataclass(frozen=True)
class _Measured:
    achieved: float | None
    error: float


NOTHING = _Measured(None, float("inf"))


def _measure(
    rows: pl.DataFrame | None, kind: str, divisor: float, target: float, share: float
) -> _Measured:
    """A measure with its standard error."""
    if rows is None:
        return NOTHING
    if kind in ("mean", "median"):
        bars = rows.filter(pl.col("part") == VALUE)
        value, number = bars["value"].to_numpy() / divisor, bars["n"].to_numpy()
        return _mean(value, number) if kind == "mean" else _median(value, number)
    parts: dict[str, float] = dict(rows.select("part", "n").iter_rows())
    if kind == "count":
        return _Measured(
            parts[NUMERATOR] / share, float(np.sqrt(parts.get(SQUARES, target * share))) / share
        )
    if any(number <= 0 for part, number in parts.items() if part != NUMERATOR):
        return NOTHING
    if kind == "share":
        return _Measured(
            parts[NUMERATOR] / parts[DENOMINATOR],
            float(np.sqrt(target * (1 - target) / parts[DENOMINATOR])),
        )
    return _ratio(parts)


def _ratio(parts: dict[str, float]) -> _Measured:
    """Two counts, or two shares; its error from that of its logarithm."""
    over, under = parts[NUMERATOR], parts[DENOMINATOR]
    if over == 0:
        return _Measured(0.0, float("inf"))
    if BASE_NUMERATOR not in parts:
        return _Measured(over / under, over / under * float(np.sqrt(1 / over + 1 / under)))
    base, all_base = parts[BASE_NUMERATOR], parts[BASE_DENOMINATOR]
    ratio = (over / under) / (base / all_base)
    return _Measured(ratio, ratio * float(np.sqrt(1 / over - 1 / under + 1 / base - 1 / all_base)))


def _mean(value: Floats, number: Floats) -> _Measured:
    total = float(number.sum())
    if total < MIN_CASES:
        return NOTHING
    mean = float((value * number).sum() / total)
    return _Measured(mean, float(np.sqrt((number * (value - mean) ** 2).sum() / total / total)))


def _median(value: Floats, number: Floats) -> _Measured:
    """The median and its error.

    The error is half the distance between the values two standard errors of rank above and below
    the median, halved.
    """
    total = float(number.sum())
    if total < MIN_CASES:
        return NOTHING
    ranks = total * np.clip(0.5 + np.array([-1.0, 0.0, 1.0]) * ERRORS * 0.5 / np.sqrt(total), 0, 1)
    low, middle, high = value[np.minimum(np.searchsorted(np.cumsum(number), ranks), len(value) - 1)]
    return _Measured(float(middle), float(high - low) / 2 / ERRORS)


MIN_CASES = 10
"""Fewer have no mean or median worth telling."""


@dataclass(frozen=True)
class Headline:
    """What the terminal says of a calibration."""

    targets: int
    judged: int
    passing: int
    failing: tuple[str, ...]
    essential_failing: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """Share of the judged targets that pass."""
        return self.passing / self.judged if self.judged else None


def summarise_judged(judged: pl.DataFrame) -> Headline:
    """The numbers of a judged calibration."""
    failing = judged.filter(~pl.col("passes"))
    return Headline(
        targets=judged.height,
        judged=judged["passes"].count(),
        passing=int(judged["passes"].sum()),
        failing=tuple(failing["measure"]),
        essential_failing=tuple(failing.filter("is_essential")["measure"]),
    )


def write_table(folder: Path, judged: pl.DataFrame) -> Path:
    """Writes the table beside a delivery, six figures a number."""
    path = folder / FILE
    judged.with_columns(pl.col("achieved").round_sig_figs(6)).write_csv(path)
    return path
