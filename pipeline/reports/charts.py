"""Pictures of aggregate tables as inline SVG, with the same bytes each time.

They have no script, no font to load and no request.

Belongs here: how a table with rates, intervals and suppressed rows is drawn. Does not belong here:
which tables are drawn (release_sections.py), what is written around a picture (release_page.py). A
suppressed row is never drawn as zero: it is marked "c".
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl
import vl_convert

from pipeline.reports.html_tables import BOUNDS, FLAG, MISSING, SUPPRESSED, say_code

FONT = "system-ui, sans-serif"
INK, QUIET, GRID, EMPTY = "#1d1d1f", "#5b5f66", "#dfe2e6", "#f4f5f6"
PALETTE = (
    "#1d5fa8",
    "#c8553d",
    "#3a8f6b",
    "#8b6bb1",
    "#b8892b",
    "#4d5866",
    "#c06a9b",
    "#5aa3c7",
    "#8a5a3c",
)
WIDTH = 560
PADDING = {"left": 40, "top": 5, "right": 40, "bottom": 5}
"""Room for readers' fonts that are wider than the one that the picture was measured with."""
TEXT: dict[str, Any] = {
    "labelFontSize": 13,
    "titleFontSize": 13,
    "titleFontWeight": "normal",
    "labelLimit": 260,
}
_IDENTIFIER = re.compile(r'(\bid="|url\(#|href="#)([^")]+)')


def draw_intervals(
    frame: pl.DataFrame,
    *,
    by: str,
    series: str,
    order: Sequence[str],
    series_order: Sequence[str],
    title: str,
    description: str,
    name: str,
) -> str:
    """A band for each category, in it for each series a dot with its interval.

    Args:
        frame: rows with `by`, `series`, rate, its bounds and the suppression flag.
        by: column whose categories stand one below the other.
        series: column that is told apart by colour.
        order: categories from top to bottom; only those with a row are drawn.
        series_order: series from top to bottom within a category.
        title: what the rate is, below the axis.
        description: what a screen reader says of the picture.
        name: prefix of identifiers.
    """
    data = frame.filter(pl.col(FLAG) | pl.col("rate").is_not_null()).select(
        by, series, "rate", *BOUNDS, FLAG
    )
    present = [category for category in order if category in set(data[by])]
    base = alt.Chart(_told(data, by, series)).encode(
        y=alt.Y(
            f"{by}:N",
            sort=_told_names(present),
            title=None,
            axis=_bare(),
            scale=alt.Scale(paddingInner=0.25),
        ),
        yOffset=alt.YOffset(f"{series}:N", sort=_told_names(series_order)),
        color=_colours(series, series_order),
    )
    shown, hidden = base.transform_filter(f"!datum.{FLAG}"), base.transform_filter(f"datum.{FLAG}")
    lower = alt.X("rate_lower:Q", title=title, axis=_percent(), scale=alt.Scale(zero=True))
    line = shown.mark_rule(strokeWidth=2).encode(x=lower, x2="rate_upper:Q")
    dot = shown.mark_point(filled=True, size=60, opacity=1).encode(x="rate:Q")
    mark = hidden.mark_text(text=SUPPRESSED, fontSize=12, dx=8).encode(x=alt.datum(0))
    return draw_svg(
        alt.layer(line, dot, mark).properties(width=WIDTH, height={"step": 16, "for": "offset"}),
        name,
        description,
    )


def draw_curves(
    frame: pl.DataFrame,
    *,
    x: str,
    series: str,
    series_order: Sequence[str],
    x_title: str,
    title: str,
    description: str,
    name: str,
) -> str:
    """A stepped curve for each series, with its interval as a band; suppressed points leave a gap.

    Args:
        frame: rows with `x`, `series`, rate, its bounds and the suppression flag.
        x: whole-number column along the bottom.
        series: column that is told apart by colour.
        series_order: series as the legend lists them.
        x_title: what `x` is.
        title: what the rate is.
        description: what a screen reader says of the picture.
        name: prefix of identifiers.
    """
    data = frame.with_columns(
        pl.when(~pl.col(FLAG)).then(pl.col(column)).alias(column) for column in ("rate", *BOUNDS)
    )
    base = alt.Chart(_told(data.select(x, series, "rate", *BOUNDS).sort(series, x), series)).encode(
        x=alt.X(f"{x}:Q", title=x_title, axis=alt.Axis(tickMinStep=1)),
        color=_colours(series, series_order),
    )
    band = base.mark_area(opacity=0.14, invalid="break-paths-show-path-domains").encode(
        y="rate_lower:Q", y2="rate_upper:Q"
    )
    line = base.mark_line(
        strokeWidth=2, invalid="break-paths-show-path-domains", point=alt.OverlayMarkDef(size=22)
    ).encode(y=alt.Y("rate:Q", title=title, axis=_percent(), scale=alt.Scale(zero=True)))
    return draw_svg(alt.layer(band, line).properties(width=WIDTH, height=300), name, description)


def draw_grid(
    frame: pl.DataFrame,
    *,
    x: str,
    y: str,
    order: Sequence[str],
    x_title: str,
    y_title: str,
    description: str,
    name: str,
) -> str:
    """A grid of cells, each with its count, and shaded by its share of the row.

    Suppressed cells say "c" and have no shade.

    Args:
        frame: rows with `x`, `y`, numerator, rate and the suppression flag.
        x: column of the categories from left to right.
        y: column of the categories from top to bottom.
        order: categories in order, on both sides.
        x_title: what stands across.
        y_title: what stands down.
        description: what a screen reader says of the picture.
        name: prefix of identifiers.
    """
    count = pl.col("numerator").cast(pl.Int64).cast(pl.String).fill_null(MISSING)
    cells = frame.select(
        x,
        y,
        pl.when(pl.col(FLAG)).then(pl.lit(SUPPRESSED)).otherwise(count).alias("text"),
        pl.when(~pl.col(FLAG)).then(pl.col("rate")).alias("shade"),
    )
    base = alt.Chart(_told(cells, x, y)).encode(
        x=alt.X(f"{x}:N", sort=_told_names(order), title=x_title, axis=_bare(orient="top")),
        y=alt.Y(f"{y}:N", sort=_told_names(order), title=y_title, axis=_bare()),
    )
    legend = alt.Legend(format="%", title="Share of row", gradientLength=150)
    shade = alt.Color("shade:Q", scale=alt.Scale(scheme="blues", domain=[0, 1]), legend=legend)
    tiles = base.mark_rect(stroke=GRID, invalid=None).encode(
        color=alt.condition("isValid(datum.shade)", shade, alt.value(EMPTY))
    )
    texts = base.mark_text(fontSize=14).encode(
        text="text:N", color=alt.condition("datum.shade > 0.55", alt.value("white"), alt.value(INK))
    )
    return draw_svg(
        alt.layer(tiles, texts).properties(width={"step": 120}, height={"step": 48}),
        name,
        description,
    )


def _told(frame: pl.DataFrame, *categories: str) -> pl.DataFrame:
    """Rows with their categories as a reader says them."""
    return frame.with_columns(
        pl.col(name).cast(pl.String).str.replace_all("_", " ", literal=True) for name in categories
    )


def _told_names(names: Sequence[str]) -> list[str]:
    return [say_code(name) for name in names]


def _colours(series: str, order: Sequence[str]) -> alt.Color:
    names = _told_names(order)
    colours = [PALETTE[position % len(PALETTE)] for position in range(len(names))]
    return alt.Color(
        f"{series}:N", sort=names, scale=alt.Scale(domain=names, range=colours), title=None
    )


def _bare(**more: Any) -> alt.Axis:
    """An axis of names alone."""
    return alt.Axis(domain=False, ticks=False, labelAngle=0, labelPadding=8, **more)


def _percent() -> alt.Axis:
    return alt.Axis(format="%", tickCount=6)


def draw_svg(chart: Any, name: str, description: str) -> str:
    """Draws a chart.

    Identifiers inside are numbered anew after the chart's name: several charts stand in one page,
    and the renderer numbers by what it drew before in this process. To a screen reader the picture
    is one image with its description; the figures are in the table beside it.

    Args:
        chart: a chart of altair.
        name: prefix of identifiers.
        description: what a screen reader says of the picture.
    """
    styled = chart.configure(font=FONT, background="transparent", padding=PADDING).configure_view(
        stroke=None
    )
    styled = styled.configure_axis(
        **TEXT, titleColor=QUIET, labelColor=INK, gridColor=GRID, domainColor=GRID, tickColor=GRID
    )
    styled = styled.configure_legend(
        **TEXT,
        labelColor=INK,
        titleColor=QUIET,
        orient="bottom",
        columns=3,
        columnPadding=44,
        symbolOpacity=1,
    )
    made: str = vl_convert.vegalite_to_svg(styled.to_dict())
    label = html.escape(description, quote=True)
    known = {
        old: f"{name}-{number}"
        for number, old in enumerate(
            dict.fromkeys(found[2] for found in _IDENTIFIER.finditer(made)), start=1
        )
    }
    return _IDENTIFIER.sub(lambda found: found[1] + known[found[2]], made).replace(
        "<svg ", f'<svg role="img" aria-label="{label}" ', 1
    )
