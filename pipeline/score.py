"""How right a release is, judged against the truth of a synthetic delivery.

Belongs here: counting what was linked, found and invented. Does not belong here: any rule by which the marts were made (a score that
shares its logic with what it judges proves nothing), and the making of pseudonyms, which is handed in as a function.

How it counts
- Links: over all source records of the truth. A record that is missing from `person_link` (quarantined, say) stands alone, so every true
  pair with it counts as missed. By which groups they are told apart: link_groups.
- Events: a linked person stands for the true person who has most of its records (the smaller id where two have as many).
  Events are then compared as multisets of (true person, date, kind). `found`: share of the observable events of the truth that the marts
  have. `invented`: share of the marts' events of a person that the truth, observable or not, does not have. Events whose person is
  unknown (the person's own row was quarantined) claim nothing of anybody: `without_person` counts them.
- Recalls that only the prison saw carry no revocation date of their own, and the mart flags them and dates them by the return to custody.
  Such a recall is not invented when the truth has that return; `invented_by_date_alone` counts without this, and `found` never uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline import link_groups
from pipeline.verify import TABLES

RecordIds = Callable[[str, str, pl.Series], pl.Series]
"""(source, table name, source keys) -> source record ids, in the same order."""

ETHNIC_GROUPS = {"W": "White", "M": "Mixed", "A": "Asian", "B": "Black", "O": "Other", "NS": "Not stated", "UN": "Unknown"}
KEY = "event_key"


def score(release: Path, truth: Path, record_ids: RecordIds) -> dict[str, Any]:
    """Scores a release.

    Args:
        release: folder of the release.
        truth: folder of the truth that `journeys synthesise` wrote apart from the delivery.
        record_ids: gives the pseudonyms that the landing gives.

    Returns:
        The object that `journeys score` prints: `links`, `case_links`, `recalls`, `sentences`, `pre_sentence_reports`, `releases`.

    Raises:
        ValueError: the truth folder is not one.
    """
    if not (truth / "record_person.parquet").is_file():
        raise ValueError(f"no record_person.parquet in {truth}: give the folder that `journeys synthesise --truth` wrote")
    links = _mart(release, "person_link").select("source_dataset", "source_record_id", "person_id")
    records = _true_records(truth, record_ids)
    persons = _true_persons(links, records)
    linked = records.join(links, on=["source_dataset", "source_record_id"], how="left")
    dated = linked.join(
        link_groups.years(release / TABLES / "journey_event.parquet"), on=["source_dataset", "source_record_id"], how="left"
    )
    return {
        "links": {
            **link_scores(linked, _groups(truth)),
            "by_record": link_groups.record_scores(dated),
            "by_source_pair": link_groups.source_pairs(linked),
        },
        "case_links": _case_link_scores(_mart(release, "case_link"), pl.read_parquet(truth / "case_links.parquet"), record_ids),
        **{kind: _event_scores(release, truth, persons, kind) for kind in EVENTS},
    }


def _mart(release: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(release / TABLES / f"{name}.parquet")


def _true_records(truth: Path, record_ids: RecordIds) -> pl.DataFrame:
    """source_dataset, source_record_id, true_person_id, and what the truth says of the record: one row a source record."""
    raw = pl.read_parquet(truth / "record_person.parquet").unique(["source", "table_name", "source_key"], maintain_order=True)
    parts = [
        part.select(
            pl.lit(source, pl.String).alias("source_dataset"),
            record_ids(str(source), str(table), part["source_key"]).alias("source_record_id"),
            pl.col("true_person_id").cast(pl.String),
            *(name for name in link_groups.LISTS if name in raw.columns),
        )
        for (source, table), part in raw.sort("source", "table_name").group_by("source", "table_name", maintain_order=True)
    ]
    return pl.concat(parts)


def _true_persons(links: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """person_id -> true_person_id, by plurality of records."""
    return (
        links.join(records, on=["source_dataset", "source_record_id"])
        .group_by("person_id", "true_person_id")
        .len()
        .sort("person_id", "len", "true_person_id", descending=[False, True, False])
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "true_person_id")
    )


def _groups(truth: Path) -> pl.DataFrame:
    """true_person_id and the attributes by which link scores are told apart."""
    path = truth / "persons.parquet"
    if not path.is_file():
        return pl.DataFrame(schema={"true_person_id": pl.String})
    persons = pl.read_parquet(path)
    ethnicity = pl.col("ethnicity_18").cast(pl.String)
    initial = pl.when(ethnicity.is_in(["NS", "UN"])).then(ethnicity).otherwise(ethnicity.str.head(1))
    return persons.select(
        pl.col("true_person_id").cast(pl.String),
        pl.col("sex").cast(pl.String),
        initial.replace_strict(ETHNIC_GROUPS, default=None).alias("ethnic_group"),
        pl.col("region").cast(pl.String),
        ((pl.col("birth_date").dt.year() // 10 * 10).cast(pl.String) + "s").alias("birth_decade"),
        *link_groups.person_groups(persons),
    )


def link_scores(records: pl.DataFrame, groups: pl.DataFrame) -> dict[str, Any]:
    """Pairwise and B-cubed precision and recall, over all records and for each value of each group.

    A group's figures are those of its records: of the records that were joined to a record of the group, the share that truly belong
    with it (precision), and of those that truly belong with it, the share that were joined (recall).

    Args:
        records: source_dataset, source_record_id, true_person_id, person_id (null where the record was never linked).
        groups: true_person_id and one column a group.
    """
    alone = pl.concat_str(pl.lit("alone"), "source_dataset", "source_record_id", separator="/")
    cells = (
        records.with_columns(pl.coalesce("person_id", alone).alias("person_id"))
        .group_by("true_person_id", "person_id", "source_dataset")
        .len("records")
        .with_columns(
            pl.col("records").sum().over("true_person_id", "person_id").alias("both"),
            pl.col("records").sum().over("true_person_id").alias("of_truth"),
            pl.col("records").sum().over("person_id").alias("of_link"),
        )
        .join(groups, on="true_person_id", how="left")
    )
    names = ["source_dataset", *(name for name in groups.columns if name != "true_person_id")]
    overall = cells.select(*_link_measures()).to_dicts()[0]
    overall |= {"records_linked": records["person_id"].count(), "persons_linked": records["person_id"].drop_nulls().n_unique()}
    by_group = {
        name: {
            row.pop(name): row
            for row in cells.with_columns(pl.col(name).fill_null("unknown")).group_by(name).agg(*_link_measures()).sort(name).to_dicts()
        }
        for name in names
    }
    return {**overall, "by_group": by_group, "gap": link_groups.gap(cells, _link_measures())}


def _link_measures() -> list[pl.Expr]:
    """Over cells of records that share true person, linked person and source.

    Each record meets `both - 1` others rightly, out of `of_link - 1` joined to it and `of_truth - 1` that belong with it.
    """
    weight, both = pl.col("records"), pl.col("both")
    right = (weight * (both - 1)).sum()
    return [
        _share(right, (weight * (pl.col("of_link") - 1)).sum()).alias("pair_precision"),
        _share(right, (weight * (pl.col("of_truth") - 1)).sum()).alias("pair_recall"),
        _share((weight * both / pl.col("of_link")).sum(), weight.sum()).alias("bcubed_precision"),
        _share((weight * both / pl.col("of_truth")).sum(), weight.sum()).alias("bcubed_recall"),
        weight.sum().alias("records"),
        pl.col("true_person_id").n_unique().alias("persons"),
    ]


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """The part of the whole; null where there is nothing to have a share of."""
    return pl.when(whole > 0).then(part / whole)


def _case_link_scores(found: pl.DataFrame, truth: pl.DataFrame, record_ids: RecordIds) -> dict[str, Any]:
    keys = ["mc_source_record_id", "cc_source_record_id"]
    true_links = pl.DataFrame(
        {
            keys[0]: record_ids("magistrates", "defendants", truth["mc_source_key"]),
            keys[1]: record_ids("crown_court", "defendants", truth["cc_source_key"]),
        }
    ).unique()
    made = found.select(keys).drop_nulls().unique()
    right = made.join(true_links, on=keys).height
    return {
        "precision": right / made.height if made.height else None,
        "recall": right / true_links.height if true_links.height else None,
        "made": made.height,
        "true": true_links.height,
    }


@dataclass(frozen=True)
class Event:
    """How one kind of event is named in the marts and in the truth.

    Attributes:
        mart: table of the release.
        columns: date and then kind, named the same on both sides.
        counted: which rows of the mart are events; the others were kept with the reason why they are none.
        stand_in: for events with another date in place of their own: flag of the mart, the mart's other date, the truth's other date.
    """

    mart: str
    columns: tuple[str, ...]
    counted: pl.Expr
    stand_in: tuple[str, str, str] | None = None


EVENTS = {
    "recalls": Event("fct_recall", ("revocation_date",), pl.col("is_counted"), ("is_prison_only", "return_to_custody_date", "return_date")),
    "sentences": Event("fct_sentence", ("sentence_date", "disposal_group"), pl.col("exclude_reason").is_null()),
    "pre_sentence_reports": Event("fct_pre_sentence_report", ("requested_date", "delivered_type"), pl.lit(value=True)),
    "releases": Event("fct_release", ("release_date",), pl.col("is_counted")),
}


def _event_scores(release: Path, truth: Path, persons: pl.DataFrame, kind: str) -> dict[str, Any]:
    event = EVENTS[kind]
    mart = _mart(release, event.mart).filter(event.counted)
    stated = pl.read_parquet(truth / f"{kind}.parquet").with_columns(pl.col("true_person_id").cast(pl.String))
    made = mart.filter(pl.col("person_id").is_not_null()).join(persons, on="person_id", how="left")

    def compared(events: pl.DataFrame, columns: Sequence[str]) -> dict[str, Any]:
        return multiset_scores(_keys(events, columns), _keys(stated, columns), stated["is_observable"])

    scores = compared(made, event.columns) | {"without_person": mart.height - made.height}
    if len(event.columns) > 1:
        scores["found_by_date_alone"] = compared(made, event.columns[:1])["found"]
    if event.stand_in:
        dated = _with_true_dates(made, stated, event.columns[0], event.stand_in)
        scores |= {"invented": compared(dated, event.columns)["invented"], "invented_by_date_alone": scores["invented"]}
    return scores


def _with_true_dates(made: pl.DataFrame, stated: pl.DataFrame, date: str, stand_in: tuple[str, str, str]) -> pl.DataFrame:
    """Events that carry another date in place of their own, given the date that the truth has for the event of that other date."""
    flag, mart_date, true_date = stand_in
    known = (
        stated.filter(pl.col(true_date).is_not_null())
        .sort("true_person_id", true_date, date)
        .unique(["true_person_id", true_date], keep="first", maintain_order=True)
        .select("true_person_id", pl.col(true_date).alias(mart_date), pl.col(date).alias("true_date"))
    )
    joined = made.join(known, on=["true_person_id", mart_date], how="left")
    return joined.with_columns(pl.when(pl.col(flag)).then(pl.coalesce("true_date", date)).otherwise(pl.col(date)).alias(date))


def _keys(events: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """One text an event, from person, date and kind; equal exactly when these are equal, missing values included."""
    parts = [pl.col(name).cast(pl.String).fill_null("(missing)") for name in ["true_person_id", *columns]]
    return events.select(pl.concat_str(parts, separator="\x1f").alias(KEY))[KEY]


def multiset_scores(made: pl.Series, stated: pl.Series, observable: pl.Series) -> dict[str, Any]:
    """Compares two multisets of event keys.

    Args:
        made: keys of the marts' events.
        stated: keys of the truth's events.
        observable: for each of `stated`, whether the delivery records it.
    """
    counts = (
        pl.concat(
            [
                pl.DataFrame({KEY: made}).with_columns(made=1, true=0, observable=0),
                pl.DataFrame({KEY: stated, "observable": observable.cast(pl.Int32)}).select(
                    KEY, made=pl.lit(0), true=pl.lit(1), observable="observable"
                ),
            ],
            how="vertical_relaxed",
        )
        .group_by(KEY)
        .agg(pl.col("made", "true", "observable").sum())
        .select(
            pl.min_horizontal("made", "observable").sum().alias("found"),
            (pl.col("made") - pl.col("true")).clip(lower_bound=0).sum().alias("invented"),
            pl.col("made", "true", "observable").sum(),
        )
    ).to_dicts()[0]
    return {
        "found": counts["found"] / counts["observable"] if counts["observable"] else None,
        "invented": counts["invented"] / counts["made"] if counts["made"] else None,
        "truth": counts["observable"],
        "truth_unobservable": counts["true"] - counts["observable"],
        "in_marts": counts["made"],
    }
