"""A table against the last accepted delivery: rows, shares of nulls and of codes, changed codes.

Changed codes are those that are new or gone.

Belongs here: judging two profiles against what the contract expects of rows and shares over time.
Does not belong here: counting (delivery_profile), which delivery to compare with
(delivery_profile.former).
"""

from __future__ import annotations

import polars as pl

from data_contracts.rules import Severity
from pipeline.contracts.registry import Contract
from pipeline.landing.row_ledger import TableLedger
from pipeline.quality.delivery_profile import Accepted
from pipeline.quality.findings import TableFinding, name_finding
from pipeline.quality.significance import (
    compute_bound,
    compute_effect,
    count_distance,
    share_distance,
)

_OF = ["fact", "column_name", "value"]
ADVICE = "say whether the source changed so, or deliver the table again"
RULES = {
    "null_share": "share of nulls",
    "code_share": "share of a code",
    "new_code": "new code",
    "lost_code": "lost code",
}
"""Rules of drift, and what people call them."""


def compare_rows(
    contract: Contract, entry: TableLedger, then: pl.DataFrame, former: Accepted
) -> list[TableFinding]:
    """A finding if far fewer or far more rows were delivered than then.

    `then` holds the former counts of this table.
    """
    expected = contract.facts.row_history
    before, now = _count(then, "delivered"), entry.delivered
    if not before or abs(count_distance(now, before, expected.clustering)) < compute_bound(
        expected.level
    ):
        return []
    change = now / before - 1
    limit = expected.growth if change > 0 else expected.fall
    if abs(change) <= limit:
        return []
    collapsed = -change > expected.collapse and (entry.is_present or entry.is_required)
    severity: Severity = "block" if collapsed else "warn"
    rule, told = ("row growth", "more") if change > 0 else ("row fall", "fewer")
    tolerated = expected.collapse if collapsed else limit
    text = (
        f"has {now:,} rows, {abs(change):.0%} {told} than the {before:,} of {former}; "
        f"tolerated are {tolerated:.0%}"
    )
    return [
        TableFinding(
            table=contract.name,
            column="",
            rule=rule,
            severity=severity,
            rows=now,
            text=text,
            advice=ADVICE,
        )
    ]


def compare_shares(contract: Contract, now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    """Every share of now and then, of one table.

    Returns:
        `column_name`, `value` (a code; null for the share of nulls), `rows_now`, `rows_then`,
        `share_now`, `share_then`, `effect` (Cohen's h), `distance` (in standard deviations), and
        `rule`: the key of `RULES` that is broken, or null.
    """
    columns = set(now["column_name"]) & set(then["column_name"])
    counts = [
        _counted(of.filter(pl.col("column_name").is_in(columns)), _count(of, "staged"))
        for of in (now, then)
    ]
    both = counts[0].join(
        counts[1], on=_OF, how="full", coalesce=True, nulls_equal=True, suffix="_then"
    )
    both = both.with_columns(
        _within("of", ["fact", "column_name"]), _within("of_then", ["fact", "column_name"])
    ).fill_null(0)
    known = both.filter((pl.col("of") > 0) & (pl.col("of_then") > 0))
    share_now, share_then = pl.col("rows") / pl.col("of"), pl.col("rows_then") / pl.col("of_then")
    judged = known.with_columns(
        share_now.alias("share_now"), share_then.alias("share_then")
    ).with_columns(compute_effect(pl.col("share_now"), pl.col("share_then")).alias("effect"))
    distance = share_distance(
        pl.col("effect"), pl.col("of"), pl.col("of_then"), contract.facts.drift.clustering
    )
    judged = judged.with_columns(distance.alias("distance")).with_columns(
        _rule(contract).alias("rule")
    )
    named_so = {"rows": "rows_now"}
    order = ["column_name", "fact", "value"]
    return (
        judged.sort(order, descending=[False, True, False])
        .rename(named_so)
        .select(
            "column_name",
            "value",
            "rows_now",
            "rows_then",
            "share_now",
            "share_then",
            "effect",
            "distance",
            "rule",
        )
        .with_columns(pl.when(pl.col("value") != "").then("value"))
    )


def judge_drift(contract: Contract, judged: pl.DataFrame, former: Accepted) -> list[TableFinding]:
    """What the contract warns of, one finding for each column and rule.

    The findings are made from the table that `compare_shares` gives.
    """
    found = []
    for (column, rule), broken in judged.filter(pl.col("rule").is_not_null()).group_by(
        "column_name", "rule", maintain_order=True
    ):
        text = f"{column} {_told(str(rule), broken)} {former}"
        count = int(broken["rows_then" if rule == "lost_code" else "rows_now"].sum())
        found.append(
            TableFinding(
                table=contract.name,
                column=str(column),
                rule=RULES[str(rule)],
                severity="warn",
                rows=count,
                text=text,
                advice=ADVICE,
            )
        )
    return found


def _count(facts: pl.DataFrame, place: str) -> int:
    counted = facts.filter((pl.col("fact") == "rows") & (pl.col("value") == place))["rows"]
    return int(counted.sum())


def _counted(facts: pl.DataFrame, staged: int) -> pl.DataFrame:
    """Nulls with all rows, and codes with the rows where the column is known, as `of`."""
    kept = facts.filter(pl.col("fact").is_in(["null", "code"])).select(
        pl.exclude("value"), pl.col("value").fill_null("")
    )
    known = kept.filter(pl.col("fact") == "null").select(
        "column_name", (staged - pl.col("rows")).alias("known")
    )
    of = pl.when(pl.col("fact") == "null").then(pl.lit(staged)).otherwise("known")
    return kept.join(known, on="column_name", how="left").select(
        *_OF, "rows", of.cast(pl.Int64).alias("of")
    )


def _within(column: str, of: list[str]) -> pl.Expr:
    """The denominator, which is the same for every code of a column.

    It is the same also for a code that a delivery lacks.
    """
    return pl.col(column).max().over(of)


def _rule(contract: Contract) -> pl.Expr:
    expected = contract.facts.drift
    by_chance = pl.col("distance").abs() < compute_bound(expected.level)
    is_new, is_lost = pl.col("rows_then") == 0, pl.col("rows") == 0
    matters = pl.max_horizontal("share_now", "share_then") >= expected.new_code_share
    return (
        pl.when(by_chance)
        .then(None)
        .when((pl.col("fact") == "null") & (pl.col("effect").abs() >= expected.null_effect))
        .then(pl.lit("null_share"))
        .when((pl.col("fact") == "code") & is_new & matters)
        .then(pl.lit("new_code"))
        .when((pl.col("fact") == "code") & is_lost & matters)
        .then(pl.lit("lost_code"))
        .when((pl.col("fact") == "code") & (pl.col("effect").abs() >= expected.code_effect))
        .then(pl.lit("code_share"))
    )


def _told(rule: str, broken: pl.DataFrame) -> str:
    largest = broken.sort(pl.col("effect").abs(), descending=True, maintain_order=True)
    change = [
        f"{row['share_now']:.2%} against {row['share_then']:.2%}"
        for row in largest.iter_rows(named=True)
    ]
    codes = [f"[{row['value']}]" for row in largest.iter_rows(named=True)]
    if rule == "null_share":
        return f"is empty in {change[0]} of the rows in"
    if rule == "new_code":
        return f"has {name_finding(codes)}, never seen in"
    if rule == "lost_code":
        return f"no longer has {name_finding(codes)}, seen in"
    shares = [f"{code} in {share}" for code, share in zip(codes, change, strict=True)]
    return f"has {name_finding(shares)} of its known values in"
