"""How right a release is, judged against the truth of a synthetic delivery.

Belongs here: counting what was linked, found and invented. Does not belong here: any rule by which
the marts were made (a score that shares its logic with what it judges proves nothing), and the
making of pseudonyms, which is handed in as a function.

How it counts
- Links: over all source records of the truth. A record that is missing from `person_link`
  (quarantined, say) stands alone, so every true pair with it counts as missed. By which groups they
  are told apart: link_score.
- Events: a linked person stands for the true person who has most of its records (the smaller id
  where two have as many). Events are then compared as multisets of (true person, date, kind).
  `found`: share of the observable events of the truth that the marts have. `invented`: share of the
  marts' events of a person that the truth, observable or not, does not have. Events whose person is
  unknown (the person's own row was quarantined) claim nothing of anybody: `without_person` counts
  them.
- Recalls that only the prison saw carry no revocation date of their own, and the mart flags them
  and dates them by the return to custody. Such a recall is not invented when the truth has that
  return; `invented_by_date_alone` counts without this, and `found` never uses it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipeline.errors import UsageError
from pipeline.evaluation import link_score, score_tables
from pipeline.evaluation.event_score import EVENTS, score_events
from pipeline.evaluation.score_tables import RecordIds
from pipeline.release.release_manifest import TABLES
from pipeline.storage import open_scratch

ETHNIC_GROUPS = {
    "W": "White",
    "M": "Mixed",
    "A": "Asian",
    "B": "Black",
    "O": "Other",
    "NS": "Not stated",
    "UN": "Unknown",
}


def score_release(
    release: Path,
    truth: Path,
    record_ids: RecordIds,
    *,
    threads: int | None = None,
    memory: str | None = None,
) -> dict[str, Any]:
    """Scores a release.

    Args:
        release: folder of the release.
        truth: folder of the truth that `journeys synthesise` wrote apart from the delivery.
        record_ids: gives the pseudonyms that the landing gives.
        threads: threads of DuckDB.
        memory: memory limit of DuckDB, such as "4GB".

    Returns:
        The object that `journeys score` prints: `links`, `case_links`, `recalls`, `sentences`,
            `pre_sentence_reports`, `releases`.

    Raises:
        UsageError: the truth folder is not one.
    """
    if not (truth / "record_person.parquet").is_file():
        raise UsageError(
            f"no record_person.parquet in {truth}: "
            "give the folder that `journeys synthesise --truth` wrote"
        )
    with open_scratch(threads, memory) as connection:
        score_tables.load_score_tables(connection, release, truth, record_ids, EVENTS)
        records = score_tables.number_records(connection)
        groups = score_tables.number_persons(connection, _groups(truth))
        links = {
            **link_scores(records, groups),
            "by_record": link_score.record_scores(records),
            "by_source_pair": link_score.source_pairs(records),
        }
        del records, groups
        events = {kind: score_events(connection, release, truth, kind) for kind in EVENTS}
    return {"links": links, "case_links": _score_case_links(release, truth, record_ids), **events}


def _groups(truth: Path) -> pl.DataFrame:
    """true_person_id and the attributes by which link scores are told apart."""
    path = truth / "persons.parquet"
    if not path.is_file():
        return pl.DataFrame(schema={"true_person_id": pl.String})
    persons = pl.read_parquet(path)
    ethnicity = pl.col("ethnicity_18").cast(pl.String)
    initial = (
        pl.when(ethnicity.is_in(["NS", "UN"])).then(ethnicity).otherwise(ethnicity.str.head(1))
    )
    return persons.select(
        pl.col("true_person_id").cast(pl.String),
        pl.col("sex").cast(pl.String),
        initial.replace_strict(ETHNIC_GROUPS, default=None).alias("ethnic_group"),
        pl.col("region").cast(pl.String),
        ((pl.col("birth_date").dt.year() // 10 * 10).cast(pl.String) + "s").alias("birth_decade"),
        *link_score.person_groups(persons),
    )


def link_scores(records: pl.DataFrame, groups: pl.DataFrame) -> dict[str, Any]:
    """Pairwise and B-cubed precision and recall, over all records and for each value of each group.

    A group's figures are those of its records: of the records that were joined to a record of the
    group, the share that truly belong with it (precision), and of those that truly belong with it,
    the share that were joined (recall).

    Args:
        records: source_dataset, and numbers for true_person_id and person_id (null where the record
            was never linked).
        groups: true_person_id and one column a group.
    """
    cells = (
        records.with_columns(link_score.person_or_alone())
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
    overall |= {
        "records_linked": records["person_id"].count(),
        "persons_linked": records["person_id"].drop_nulls().n_unique(),
    }
    by_group = {}
    for name in names:
        known = cells.with_columns(pl.col(name).cast(pl.String).fill_null("unknown"))
        by_group[name] = {
            row.pop(name): row
            for row in known.group_by(name).agg(*_link_measures()).sort(name).to_dicts()
        }
    return {
        **overall,
        "by_group": by_group,
        "gap": link_score.find_largest_gap(cells, _link_measures()),
    }


def _link_measures() -> list[pl.Expr]:
    """Over cells of records that share true person, linked person and source.

    Each record meets `both - 1` others rightly, out of `of_link - 1` joined to it and
    `of_truth - 1` that belong with it.
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


def _score_case_links(release: Path, folder: Path, record_ids: RecordIds) -> dict[str, Any]:
    found, truth = (
        pl.read_parquet(release / TABLES / "case_link.parquet"),
        pl.read_parquet(folder / "case_links.parquet"),
    )
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
