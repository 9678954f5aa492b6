"""Faults of links that came with the delivery; and the clean links that they spoil.

Belongs here: `linking/`. Does not belong here: what linkage of our own makes of records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from data_contracts.rules import Severity
from pipeline.linkage.delivered import link_checks
from tests.acceptance.faults.draft import MANIFEST, Draft, sha256, with_cells
from tests.acceptance.faults.fault import Fault, Found

PERSONS, CASES = "linking.person_links", "linking.case_links"
RECORDS = {
    "probation": ("probation_ndelius", "offenders", pl.col("offender_id"), pl.col("offender_id")),
    "prison": (
        "prison_nomis",
        "custodial_journeys",
        pl.col("custodial_journey_id"),
        pl.col("offender_id"),
    ),
    "crown_court": (
        "crown_xhibit",
        "defendants",
        pl.col("defendant_on_case_id"),
        pl.col("defendant_on_case_id"),
    ),
    "magistrates": (
        "magistrates_libra",
        "defendants",
        pl.concat_str("case_id", "defendant_id", separator="/"),
        pl.concat_str("case_id", "defendant_id", separator="/"),
    ),
}
"""By source: what the lookup calls it, its table of records, the record's key in the truth, and
what the lookup names a record by.
"""


def add(delivery: Path, truth: Path) -> None:
    """Put the true links into a delivery, as the ministry's lookups would have them."""
    stated = json.loads((delivery / MANIFEST).read_text())
    (delivery / "linking").mkdir()
    for table, rows in (("person_links", _persons(delivery, truth)), ("case_links", _cases(truth))):
        path = delivery / "linking" / f"{table}.parquet"
        rows.write_parquet(path)
        entry = {
            "source": "linking",
            "table": table,
            "path": f"linking/{table}.parquet",
            "rows": rows.height,
            "sha256": sha256(path),
        }
        stated["files"].append(entry)
    (delivery / MANIFEST).write_text(json.dumps(stated))


def _persons(delivery: Path, truth: Path) -> pl.DataFrame:
    people = pl.read_parquet(truth / "record_person.parquet")
    links = []
    for source, (dataset, table, key, name) in RECORDS.items():
        records = pl.read_parquet(delivery / source / f"{table}.parquet").select(
            key.alias("source_key"), name.alias("person_id")
        )
        theirs = people.filter(pl.col("source") == source).select("source_key", "true_person_id")
        links.append(
            records.join(theirs, on="source_key", how="inner", maintain_order="left").with_columns(
                source_dataset=pl.lit(dataset)
            )
        )
    whole = pl.concat(links).unique(
        ["source_dataset", "person_id"], keep="first", maintain_order=True
    )
    return whole.select(
        "person_id",
        "source_dataset",
        *(
            pl.col("true_person_id").alias(f"cluster_{level}")
            for level in ("high", "medium", "low")
        ),
    )


def _cases(truth: Path) -> pl.DataFrame:
    parts = pl.col("mc_source_key").str.split("/")
    return pl.read_parquet(truth / "case_links.parquet").select(
        parts.list.get(0).alias("mc_case_id"),
        parts.list.get(1).alias("mc_defendant_id"),
        pl.col("cc_source_key").alias("cc_defendant_on_case_id"),
        estimated_match_score=pl.lit(0.99),
    )


def _cells(
    table: str, column: str, value: Any, rows: Sequence[int]
) -> Callable[[Draft], Sequence[int]]:
    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, with_cells(draft.rows(table), column, value, rows))
        return rows

    return change


def _without(table: str, rows: int) -> Callable[[Draft], Sequence[int]]:
    """The first rows are not there."""

    def change(draft: Draft) -> Sequence[int]:
        draft.put(table, draft.rows(table).slice(rows))
        return []

    return change


def _torn(level: str) -> Callable[[Draft], Sequence[int]]:
    """One cluster of two records at this level is two at the next looser one."""

    def change(draft: Draft) -> Sequence[int]:
        links = draft.rows(PERSONS)
        row = _pair(links)[0]
        at = {"high": ("medium",), "medium": ("low",)}[level]
        for looser in at:
            links = with_cells(links, f"cluster_{looser}", "elsewhere", [row])
        draft.put(PERSONS, links)
        return [row]

    return change


def _pair(links: pl.DataFrame) -> list[int]:
    """Numbers of the two records of the first person who has two."""
    numbered = links.with_row_index("number", offset=1)
    pairs = numbered.filter(pl.len().over("cluster_high") == 2)
    return pairs.filter(pl.col("cluster_high") == pairs["cluster_high"][0])["number"].to_list()


def _two_clusters(draft: Draft) -> Sequence[int]:
    links = draft.rows(PERSONS)
    other = links.head(1).with_columns(
        pl.lit(f"other {level}").alias(f"cluster_{level}") for level in ("high", "medium", "low")
    )
    draft.put(PERSONS, pl.concat([links, other]))
    return [1, links.height + 1]


def _second_link(column: str) -> Callable[[Draft], Sequence[int]]:
    """The first link comes again with the other side of the second one."""

    def change(draft: Draft) -> Sequence[int]:
        links = draft.rows(CASES)
        names = ["cc_defendant_on_case_id"] if column == "cc" else ["mc_case_id", "mc_defendant_id"]
        draft.put(CASES, pl.concat([links, links.head(1).with_columns(links[[1]].select(names))]))
        return [links.height + 1]

    return change


def _no_record(draft: Draft) -> Sequence[int]:
    links = draft.rows(PERSONS)
    draft.put(PERSONS, links.with_columns(person_id=pl.concat_str(pl.lit("0"), "person_id")))
    return range(1, links.height + 1)


def _fault(
    name: str,
    what: str,
    change: Callable[[Draft], Sequence[int]],
    *found: Found,
    table: str = PERSONS,
    held: int = 0,
    blocked: str = "",
) -> Fault:
    return Fault(
        name=name,
        what=what,
        gate="delivered links",
        table=table,
        change=change,
        found=found,
        held=held,
        blocked=blocked,
        linked=True,
    )


def _links(draft: Draft) -> int:
    return int(draft.entry(PERSONS)["rows"])


def _records(source: str) -> Callable[[Draft], int]:
    _, table, _, _ = RECORDS[source]
    return lambda draft: pl.read_parquet(draft.clean / source / f"{table}.parquet").height


def _told(
    column: str,
    rule: str,
    rows: int | Callable[[Draft], int],
    severity: Severity = "warn",
    table: str = "",
) -> Found:
    return Found(column=column, rule=rule, rows=rows, severity=severity, table=table)


def _alone(more: int) -> Found:
    """Crown Court records without a case link: those that are so in a clean delivery, and some
    more.
    """

    def count(draft: Draft) -> int:
        records = pl.read_parquet(draft.clean / "crown_court" / "defendants.parquet").height
        return records - draft.rows(CASES)["cc_defendant_on_case_id"].n_unique() + more

    return Found(
        table=CASES, column="crown_court", rule=link_checks.UNLINKED, severity="warn", rows=count
    )


MAGISTRATES_SIDE, CROWN_SIDE = "mc_case_id, mc_defendant_id", "cc_defendant_on_case_id"
FAULTS = (
    _fault(
        "links to nobody",
        "Two links name records that are not there, so two records have none.",
        _cells(PERSONS, "person_id", pl.concat_str(pl.lit("0"), "person_id"), (4, 40)),
        _told("person_id", link_checks.ORPHAN, 2),
        _told("probation", link_checks.UNLINKED, 2),
    ),
    _fault(
        "records without a link",
        "The first three links are missing.",
        _without(PERSONS, 3),
        _told("probation", link_checks.UNLINKED, 3),
    ),
    _fault(
        "links of another delivery",
        "Not one link names a record that is there.",
        _no_record,
        _told("person_id", link_checks.ORPHAN, _links),
        _told("person_id", link_checks.NO_RECORD, _links, "block"),
        *(_told(source, link_checks.UNLINKED, _records(source)) for source in RECORDS),
    ),
    _fault(
        "strict cluster torn by the middle one",
        "Two records are one person at the strictest threshold and two at the next.",
        _torn("high"),
        _told("cluster_high", link_checks.NOT_NESTED.format("cluster_medium"), 2, "block"),
    ),
    _fault(
        "middle cluster torn by the loosest",
        "Two records are one person at the middle threshold and two at the loosest.",
        _torn("medium"),
        _told("cluster_medium", link_checks.NOT_NESTED.format("cluster_low"), 2, "block"),
    ),
    _fault(
        "record in two clusters",
        "A record is linked to two persons.",
        _two_clusters,
        _told("source_dataset, person_id", "unique", 1, "quarantine"),
        held=1,
        blocked=(
            r"linking\.person_links: the key \[source_dataset, person_id\] "
            r"repeats in 1 of \d+ rows"
        ),
    ),
    _fault(
        "dataset that nobody knows",
        "Two links are of a dataset that the list does not have.",
        _cells(PERSONS, "source_dataset", "nomis", (4, 40)),
        _told("source_dataset", "isin", 2, "quarantine"),
        _told("probation", link_checks.UNLINKED, 2),
        held=2,
    ),
    _fault(
        "link to no magistrates' case",
        "Two links name a case that is not there.",
        _cells(CASES, "mc_case_id", "nowhere", (4, 40)),
        _told(MAGISTRATES_SIDE, link_checks.ORPHAN, 2),
        table=CASES,
    ),
    _fault(
        "link to no Crown Court case",
        "Two links name a record that is not there.",
        _cells(
            CASES,
            "cc_defendant_on_case_id",
            pl.concat_str(pl.lit("0"), "cc_defendant_on_case_id"),
            (4, 40),
        ),
        _told(CROWN_SIDE, link_checks.ORPHAN, 2),
        _alone(2),
        table=CASES,
    ),
    _fault(
        "magistrates' case linked twice",
        "A magistrates' case leads to two Crown Court cases, one of which has another link.",
        _second_link("cc"),
        _told(MAGISTRATES_SIDE, link_checks.TWO_CROWN, 2),
        _told(CROWN_SIDE, link_checks.TWO_MAGISTRATES, 2),
        table=CASES,
    ),
    _fault(
        "probability above one",
        "A link is surer than sure: quarantined, and its Crown Court record has none.",
        _cells(CASES, "estimated_match_score", 1.7, (4, 40)),
        _told("estimated_match_score", "less_than_or_equal_to", 2, "quarantine"),
        _alone(2),
        table=CASES,
        held=2,
    ),
)
