"""A waterfall of one pair's evidence: the prior, then each comparison, then its match weight.

Belongs here: how weights are drawn. Does not belong here: what they are (linkage), what stands
around the picture (review_page). The picture holds levels and weights, and no value of a record.
"""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import polars as pl

from pipeline.reports.charts import INK, PALETTE, QUIET, draw_svg

WIDTH = 400
STEP = 22
FOR, AGAINST, BASE = PALETTE[0], PALETTE[1], PALETTE[5]
TOTAL = "match weight"


def list_steps(evidence: pl.DataFrame) -> pl.DataFrame:
    """The bars from top to bottom.

    Each bar has a label, a weight, a start, an end and what it says (`for`, `against`, `base`).

    Args:
        evidence: place, comparison, level, weight and rarity of one pair, at place 0 the prior;
            what weighs nothing is no bar.
    """
    told = evidence.with_columns(
        pl.col("comparison").replace("prior", "before anything is compared")
    )
    levels = told.filter((pl.col("weight") != 0) | (pl.col("place") == 0)).select(
        "place",
        pl.lit(0).alias("part"),
        pl.concat_str(
            pl.col("comparison"),
            pl.when(pl.col("place") > 0)
            .then(pl.concat_str(pl.lit(": "), "level"))
            .otherwise(pl.lit("")),
        ),
        "weight",
    )
    rarities = told.filter(pl.col("rarity") != 0).select(
        "place",
        pl.lit(1).alias("part"),
        pl.concat_str("comparison", pl.lit(": how rare")),
        pl.col("rarity").alias("weight"),
    )
    bars = (
        pl.concat([levels, rarities])
        .sort("place", "part")
        .with_columns(pl.col("weight").cum_sum().alias("end"))
    )
    end = float(bars["end"][-1])
    bars = bars.select(
        pl.col("comparison").str.replace_all("_", " ", literal=True).alias("label"),
        "weight",
        (pl.col("end") - pl.col("weight")).alias("start"),
        "end",
        pl.when(pl.col("place") == 0)
        .then(pl.lit("base"))
        .when(pl.col("weight") < 0)
        .then(pl.lit("against"))
        .otherwise(pl.lit("for"))
        .alias("says"),
    )
    total = pl.DataFrame(
        {"label": [TOTAL], "weight": [end], "start": [0.0], "end": [end], "says": ["base"]}
    )
    return pl.concat([bars, total])


def draw_waterfall(
    evidence: pl.DataFrame, *, thresholds: Mapping[str, float], name: str, description: str
) -> str:
    """The bars of a pair as a picture, one below the other.

    The picture also shows the match-weight thresholds from which pairs are clustered.

    Args:
        evidence: see `list_steps`.
        thresholds: match weights by name.
        name: prefix of identifiers.
        description: what a screen reader says of the picture.
    """
    bars = list_steps(evidence)
    bars = bars.with_columns(
        pl.Series("text", [f"{weight:+.1f}" for weight in bars["weight"]]),
        pl.max_horizontal("start", "end").alias("right"),
    )
    axis = alt.Axis(domain=False, ticks=False, labelPadding=8, labelLimit=260)
    base = alt.Chart(bars).encode(
        y=alt.Y("label:N", sort=bars["label"].to_list(), title=None, axis=axis)
    )
    colour = alt.Color(
        "says:N",
        scale=alt.Scale(domain=["for", "against", "base"], range=[FOR, AGAINST, BASE]),
        legend=None,
    )
    bar = base.mark_bar(height=STEP - 8).encode(
        x=alt.X("start:Q", title="match weight (log2 of the odds)"), x2="end:Q", color=colour
    )
    text = base.mark_text(align="left", dx=5, fontSize=12, color=INK).encode(
        x="right:Q", text="text:N"
    )
    known = pl.DataFrame({"weight": list(thresholds.values()), "name": list(thresholds)})
    lines = alt.Chart(known).mark_rule(strokeDash=[3, 3], color=QUIET).encode(x="weight:Q")
    names = alt.Chart(known).mark_text(
        align="left", angle=270, dx=6, dy=-1, fontSize=11, color=QUIET, baseline="bottom"
    )
    names = names.encode(x="weight:Q", y=alt.value(0), text="name:N")
    return draw_svg(
        alt.layer(lines, bar, text, names).properties(width=WIDTH, height={"step": STEP}),
        name,
        description,
    )
