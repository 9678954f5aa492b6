"""Scores of links by groups of people and of records, and the gap between groups.

The groups are those that the truth of a synthetic delivery knows.

Belongs here: which groups there are, and scores of records and of pairs of sources. Does not belong
here: scores over all (release_score), and any rule by which links were made.

People are told apart by what they are (sex, ethnic group, age, region, the origin of their names)
and by what makes them hard to link (twins, fathers and sons of one name, a name changed by
marriage, an alias); records by the mistakes of identity in them, by their circumstances, and by the
year of their first event.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import polars as pl

AGE_ON = 2015
"""Age bands are of the age at the end of this year, the middle of the window."""
AGE_BANDS = {"under 18": 18, "18-24": 25, "25-34": 35, "35-44": 45, "45-54": 55, "55 and over": 200}
"""Band -> first age above it."""
MIN_PEOPLE = 500
"""People of a group below whom a gap says little."""
GAP_BY = ("sex", "ethnic_group", "age_band")
LISTS = ("errors", "circumstances")
"""Columns of the truth's records that name several things, apart by semicolons."""
NONE = "none"


def person_groups(persons: pl.DataFrame) -> list[pl.Expr]:
    """Columns that tell people apart, from the truth's `persons`.

    They come besides those that `score` has always told.
    """
    known = set(persons.columns)
    groups = []
    if "birth_date" in known:
        age = AGE_ON - pl.col("birth_date").dt.year()
        groups.append(
            pl.coalesce(
                pl.when(age < above).then(pl.lit(band)) for band, above in AGE_BANDS.items()
            ).alias("age_band")
        )
    for link in ("twin", "namesake"):
        if f"{link}_of" in known:
            other = persons[f"{link}_of"].drop_nulls().unique().implode()
            groups.append(
                _said(
                    pl.col(f"{link}_of").is_not_null() | pl.col("true_person_id").is_in(other),
                    link,
                    f"no {link}",
                )
            )
    if "name_origin" in known:
        groups.append(pl.col("name_origin").cast(pl.String))
    if "married_name_from" in known:
        groups.append(
            _said(pl.col("married_name_from").is_not_null(), "changed", "not changed").alias(
                "married_name"
            )
        )
    if "has_alias" in known:
        groups.append(_said(pl.col("has_alias"), "alias", "no alias"))
    return groups


def _said(condition: pl.Expr, yes: str, no: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(yes)).otherwise(pl.lit(no)).alias(yes)


def person_or_alone() -> pl.Expr:
    """`person_id`, as a number.

    A record that was never linked is alone, with a number below zero of its own.
    """
    return pl.coalesce(
        pl.col("person_id").cast(pl.Int64), -1 - pl.int_range(pl.len(), dtype=pl.Int64)
    ).alias("person_id")


def record_scores(records: pl.DataFrame) -> dict[str, Any]:
    """Precision and recall of pairs of records, by error, circumstance and year.

    The pairs of a group are those that a record of the group is in.

    Args:
        records: true_person_id and person_id as numbers (the latter null where never linked), and
            any of `LISTS` and `year`.
    """
    sized = records.with_columns(person_or_alone()).with_columns(
        pl.len().over("true_person_id", "person_id").alias("both"),
        pl.len().over("true_person_id").alias("of_truth"),
        pl.len().over("person_id").alias("of_link"),
    )
    found = {}
    for name in (*LISTS, "year"):
        if name in records.columns:
            # Lists are taken apart once each, not once a record.
            column = (
                pl.col(name)
                .cast(pl.String)
                .replace("", None)
                .fill_null(NONE if name in LISTS else "unknown")
            )
            split = (
                sized.group_by(name)
                .agg(*_pair_sums())
                .with_columns(column.str.split(";"))
                .explode(name)
            )
            rows = (
                split.group_by(name)
                .agg(pl.exclude(name).sum())
                .select(name, *_pair_shares(), "records")
                .sort(name)
                .to_dicts()
            )
            found[name] = {row.pop(name): row for row in rows}
    return found


def _pair_sums() -> list[pl.Expr]:
    """Sums over records: pairs right, made and true, and the shares that B-cubed averages."""
    right, linked, true = (
        (pl.col(name) - 1).cast(pl.Int64).sum() for name in ("both", "of_link", "of_truth")
    )
    shares = [
        (pl.col("both") / pl.col(of)).sum().alias(f"share_{of}") for of in ("of_link", "of_truth")
    ]
    return [
        right.alias("right"),
        linked.alias("linked"),
        true.alias("true"),
        *shares,
        pl.len().alias("records"),
    ]


def _pair_shares() -> list[pl.Expr]:
    right, linked, true = (pl.col(name) for name in ("right", "linked", "true"))
    return [
        pl.when(linked > 0).then(right / linked).alias("pair_precision"),
        pl.when(true > 0).then(right / true).alias("pair_recall"),
        (pl.col("share_of_link") / pl.col("records")).alias("bcubed_precision"),
        (pl.col("share_of_truth") / pl.col("records")).alias("bcubed_recall"),
    ]


def source_pairs(records: pl.DataFrame) -> dict[str, dict[str, float | int | None]]:
    """Precision and recall of pairs of records, by the two sources that they are of.

    A record without a link has no pair.
    """
    sources = sorted(records["source_dataset"].unique())
    counts = {
        what: _by_source(records.drop_nulls("person_id") if "person_id" in keys else records, keys)
        for what, keys in {
            "right": ["true_person_id", "person_id"],
            "linked": ["person_id"],
            "true": ["true_person_id"],
        }.items()
    }
    found: dict[str, dict[str, float | int | None]] = {}
    for one, other in [*combinations(sources, 2), *((source, source) for source in sources)]:
        pairs = {what: _pairs(of, one, other) for what, of in counts.items()}
        found[f"{one} x {other}"] = {
            "pair_precision": pairs["right"] / pairs["linked"] if pairs["linked"] else None,
            "pair_recall": pairs["right"] / pairs["true"] if pairs["true"] else None,
            "true_pairs": pairs["true"],
        }
    return dict(sorted(found.items()))


def _by_source(records: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Records of each group of the keys, a column a source."""
    sources = sorted(records["source_dataset"].unique())
    counts = [
        (pl.col("source_dataset") == source).sum().cast(pl.Int64).alias(source)
        for source in sources
    ]
    return records.group_by(keys).agg(counts)


def _pairs(counts: pl.DataFrame, one: str, other: str) -> int:
    if not {one, other} <= set(counts.columns):
        return 0
    pairs = pl.col(one) * (pl.col(one) - 1) // 2 if one == other else pl.col(one) * pl.col(other)
    return int(counts.select(pairs.sum()).item())


def find_largest_gap(cells: pl.DataFrame, measures: list[pl.Expr]) -> dict[str, Any]:
    """The largest difference in missed links between two groups of `GAP_BY`.

    Only groups of at least `MIN_PEOPLE` people count.

    Args:
        cells: records with their sizes and the columns of `GAP_BY`.
        measures: give pair_recall, bcubed_recall and persons of such cells.
    """
    if not set(GAP_BY) <= set(cells.columns):
        return {}
    groups = (
        cells.drop_nulls(GAP_BY)
        .group_by(GAP_BY)
        .agg(measures)
        .filter(pl.col("persons") >= MIN_PEOPLE)
        .sort(GAP_BY)
    )
    told: dict[str, Any] = {
        "groups": groups.height,
        "least_people": MIN_PEOPLE,
        "by": " x ".join(GAP_BY),
    }
    for measure in ("pair_recall", "bcubed_recall"):
        ordered = groups.drop_nulls(measure).sort(measure, *GAP_BY)
        if ordered.height > 1:
            worst, best = ordered.row(0, named=True), ordered.row(-1, named=True)
            told[measure] = {
                "gap": best[measure] - worst[measure],
                **{
                    name: {
                        "group": ", ".join(str(row[by]) for by in GAP_BY),
                        measure: row[measure],
                        "persons": row["persons"],
                    }
                    for name, row in (("best", best), ("worst", worst))
                },
            }
    return told
