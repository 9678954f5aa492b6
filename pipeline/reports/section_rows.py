"""Which rows of a table are shown, in which order, and how they are drawn.

Belongs here: one choice of rows a table, one drawing a picture. Does not belong here: words
(release_sections.py), cells (html_tables.py), shapes (charts.py). Rows are chosen, never added up:
released cells are rounded and some are suppressed, so that a sum would be wrong.
"""

from __future__ import annotations

import polars as pl

from pipeline.reports import charts

ETHNIC_GROUPS = ("White", "Black", "Asian", "Mixed", "Other", "Not stated", "Unknown")
SEXES = ("female", "male", "unknown")
REPORT_TYPES = ("oral", "fast", "standard", "legacy", "other or missing")
SENTENCES = ("immediate_custody", "suspended_sentence", "community_order")
SENTENCE_LENGTHS = (
    "all",
    "up to 6 months",
    "over 6 to under 12 months",
    "12 months to under 2 years",
    "2 to under 4 years",
    "4 to under 5 years",
    "5 to under 7 years",
    "7 to under 10 years",
    "10 to under 14 years",
    "14 years or more",
    "extended determinate",
    "indeterminate",
    "length unknown",
)
RELEASES = ("first release", "re-release")
RECALL_AXES = (
    "sentence group",
    "recall length",
    "recall process",
    "home detention curfew",
    "return to custody",
)
SEVERITIES = ("exact", "community_tier", "more_severe", "less_severe")
LISTED_COURTS = 15
DRAWN_CURVES = 5
LISTED_MONTHS = (3, 6, 9, 12)


def in_order(frame: pl.DataFrame, **orders: tuple[str, ...]) -> pl.DataFrame:
    """Rows sorted by columns, each in its given order; values outside it come last, by name."""
    ranks = []
    for name, order in orders.items():
        rank = pl.col(name).replace_strict(
            order, list(range(len(order))), default=len(order), return_dtype=pl.Int64
        )
        ranks += [rank, pl.col(name)]
    return frame.sort(*ranks, nulls_last=True, maintain_order=True)


def all_release_years(frame: pl.DataFrame) -> pl.DataFrame:
    """Recall within a year of release, by length of sentence, over all years."""
    return in_order(
        frame.filter(pl.col("release_year") == "all"),
        release_order=RELEASES,
        length_class=SENTENCE_LENGTHS,
    )


def draw_recall_rates(frame: pl.DataFrame, name: str) -> str:
    """Share recalled within a year by length of sentence, first releases and re-releases apart."""
    return charts.draw_intervals(
        all_release_years(frame),
        by="length_class",
        series="release_order",
        order=SENTENCE_LENGTHS,
        series_order=RELEASES,
        title="Recalled within 12 months, share of releases on licence",
        description=(
            "Share recalled within 12 months of release by length of sentence, with intervals; "
            "the figures are in the table below."
        ),
        name=name,
    )


def months_listed(frame: pl.DataFrame) -> pl.DataFrame:
    """Cumulative incidence at a few months, for first releases."""
    rows = frame.filter(
        pl.col("month").is_in(LISTED_MONTHS) & (pl.col("release_order") == RELEASES[0])
    )
    return in_order(rows.sort("month"), length_class=SENTENCE_LENGTHS)


def draw_incidence(frame: pl.DataFrame, name: str) -> str:
    """Cumulative incidence by month for first releases.

    It is drawn for everybody, and for the lengths of sentence with most releases.
    """
    first = frame.filter(pl.col("release_order") == RELEASES[0])
    sizes = (
        first.group_by("length_class")
        .agg(pl.col("denominator").max())
        .drop_nulls()
        .sort("denominator", "length_class", descending=[True, False])
    )
    drawn = set(sizes["length_class"].head(DRAWN_CURVES))
    return charts.draw_curves(
        first.filter(pl.col("length_class").is_in(drawn)),
        x="month",
        series="length_class",
        series_order=[length for length in SENTENCE_LENGTHS if length in drawn],
        x_title="Months since release",
        title="Recalled by then",
        description=(
            "Cumulative incidence of recall by month since first release and length of sentence; "
            "figures are in the table below."
        ),
        name=name,
    )


def recalls_of_all_years(frame: pl.DataFrame) -> pl.DataFrame:
    """Recalls by each way of sorting them, over all years, the most frequent kind first."""
    rows = frame.filter((pl.col("revocation_year") == "all") & pl.col("axis").is_in(RECALL_AXES))
    return in_order(
        rows.sort("numerator", "category", descending=[True, False], nulls_last=True),
        axis=RECALL_AXES,
    )


def busiest_year(frame: pl.DataFrame) -> pl.DataFrame:
    """The report pairs of the year with most reports (the later one of two equal ones)."""
    asked = (
        frame.unique(["completed_year", "requested_type"])
        .group_by("completed_year")
        .agg(pl.col("denominator").sum())
    )
    year = asked.sort("denominator", "completed_year")["completed_year"].last()
    return in_order(
        frame.filter(pl.col("completed_year") == year),
        requested_type=REPORT_TYPES,
        delivered_type=REPORT_TYPES,
    )


def draw_requested_delivered(frame: pl.DataFrame, name: str) -> str:
    """Requested by delivered type, shaded by share of what was requested."""
    return charts.draw_grid(
        busiest_year(frame),
        x="delivered_type",
        y="requested_type",
        order=REPORT_TYPES,
        x_title="Delivered",
        y_title="Requested",
        description=(
            "Grid of reports by requested and delivered type; the figures are in the table below."
        ),
        name=name,
    )


def sentenced_to_main_disposals(frame: pl.DataFrame) -> pl.DataFrame:
    """The three disposals that the page tells of, for women and men."""
    rows = frame.filter(pl.col("disposal_class").is_in(SENTENCES) & pl.col("sex").is_in(SEXES[:2]))
    return in_order(rows, disposal_class=SENTENCES, sex=SEXES, ethnic_group=ETHNIC_GROUPS)


def draw_custody_rates(frame: pl.DataFrame, name: str) -> str:
    """Share sentenced to immediate custody by ethnic group and sex."""
    return charts.draw_intervals(
        frame.filter(
            (pl.col("disposal_class") == "immediate_custody") & pl.col("sex").is_in(SEXES[:2])
        ),
        by="ethnic_group",
        series="sex",
        order=ETHNIC_GROUPS,
        series_order=SEXES[:2],
        title="Sentenced to immediate custody, share of those sentenced",
        description=(
            "Share sentenced to immediate custody by ethnic group and sex, with intervals; "
            "the figures are in the table below."
        ),
        name=name,
    )


def national_then_largest_courts(frame: pl.DataFrame) -> pl.DataFrame:
    """All measures for England and Wales, then the exact measure of the largest courts.

    The largest courts are those with most reports.
    """
    national = in_order(frame.filter(pl.col("geography") == "national"), measure=SEVERITIES)
    courts = frame.filter(
        (pl.col("geography") == "court")
        & (pl.col("measure") == "exact")
        & pl.col("denominator").is_not_null()
    )
    return pl.concat(
        [
            national,
            courts.sort("denominator", "court_name", descending=[True, False]).head(LISTED_COURTS),
        ]
    )


def whole_tables(frame: pl.DataFrame) -> pl.DataFrame:
    """Coverage of each table as a whole, without its months."""
    return frame.filter(pl.col("period_kind") == "table").sort("source_dataset", "table_name")


def whole_links(frame: pl.DataFrame) -> pl.DataFrame:
    """Linkage measures over everybody and by threshold."""
    kinds = ("all", "threshold")
    return frame.filter(pl.col("category_kind").is_in(kinds)).sort(
        "measure", "source_pair", "category"
    )


def first_of_each_report(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a report table: how many cells it has and how many are suppressed."""
    return frame.unique("report_table", keep="first", maintain_order=True).sort("report_table")
