"""Links that came with the delivery: held against the records beside them, counted, told, and never
lost.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.linkage.delivered import contract_results, link_checks
from pipeline.quality.supplier_findings import Finding
from pipeline.settings import Settings
from pipeline.supplier import check as checking
from pipeline.workspace import Build
from tests.support.landing import rows_of
from tests.support.supplier import Deliver, journeys, landed

PERSON_LINKS, CASE_LINKS = "linking/person_links.parquet", "linking/case_links.parquet"
Link = tuple[str, str, str, str]


def person_links(*links: Link) -> pl.DataFrame:
    """Links of prison records as (offender, high, medium, low)."""
    records, high, medium, low = (list(column) for column in zip(*links, strict=True))
    return rows_of(
        "linking.person_links",
        person_id=records,
        source_dataset=["prison_nomis"] * len(links),
        cluster_high=high,
        cluster_medium=medium,
        cluster_low=low,
    )


def case_links(*links: tuple[str, str]) -> pl.DataFrame:
    """Links as (magistrates' case, Crown record); one defendant a case."""
    return rows_of(
        "linking.case_links",
        mc_case_id=[case for case, _ in links],
        mc_defendant_id=["d1"] * len(links),
        cc_defendant_on_case_id=[crown for _, crown in links],
        estimated_match_score=[0.9] * len(links),
    )


def courts() -> dict[str, pl.DataFrame]:
    """Three magistrates' cases and three Crown records."""
    return {
        "magistrates/defendants.parquet": rows_of(
            "magistrates.defendants", case_id=["m1", "m2", "m3"], defendant_id=["d1"] * 3
        ),
        "crown_court/defendants.parquet": rows_of(
            "crown_court.defendants", defendant_on_case_id=["c1", "c2", "c3"]
        ),
    }


@pytest.fixture
def found(deliver: Deliver, settings: Settings, tmp_path: Path) -> Any:
    """Findings of a check about links, by (column, rule); and those of a run's build, which are the
    same.
    """

    def check(files: dict[str, pl.DataFrame]) -> dict[tuple[str, str], Finding]:
        folder = deliver("linked", {"prison/custodial_journeys.parquet": _typed(3)} | files)
        build = Build(tmp_path / "build")
        for path in (
            "prison/custodial_journeys",
            *(path.removesuffix(".parquet") for path in files),
        ):
            source, _, table = path.partition("/")
            entry = landed(folder, build, settings, (source, table))
            assert entry.balances
        of_run = [
            rule for rule in contract_results.judge_links(build, settings) if rule.rows_failed
        ]
        findings = [
            finding
            for finding in checking.examine_delivery(folder, settings, lambda _: None).findings
            if finding.table.startswith("linking.")
        ]
        told = {(finding.column, finding.rule): finding for finding in findings if finding.rule}
        for rule in of_run:
            assert told[rule.column_name, rule.rule].rows == rule.rows_failed
        written = pl.read_parquet(build.ledger / "contract_results" / "linking.parquet")
        assert written.filter(pl.col("rows_failed") > 0).height == len(of_run)
        return told

    return check


def _typed(rows: int) -> pl.DataFrame:
    return rows_of(
        "prison.custodial_journeys",
        custodial_journey_id=[f"journey-{row}" for row in range(1, rows + 1)],
        offender_id=journeys({}, rows=rows)["offender_id"].to_list(),
    )


def test_links_to_nothing_and_records_without_a_link_warn_with_counts(found: Any) -> None:
    told = found(
        {
            PERSON_LINKS: person_links(
                ("offender-1", "h1", "m1", "l1"),
                ("elsewhere", "h2", "m2", "l2"),
                ("nobody", "h3", "m3", "l3"),
            )
        }
    )
    assert set(told) == {("person_id", link_checks.ORPHAN), ("prison", link_checks.UNLINKED)}
    orphans, alone = told["person_id", link_checks.ORPHAN], told["prison", link_checks.UNLINKED]
    assert (orphans.rows, orphans.rows_checked, orphans.severity) == (2, 3, "warn")
    assert (alone.rows, alone.rows_checked, alone.severity) == (2, 3, "warn")


def test_links_that_fit_are_told_of_by_nothing(found: Any) -> None:
    links = [
        ("offender-1", "h1", "m1", "l1"),
        ("offender-2", "h2", "m1", "l1"),
        ("offender-3", "h3", "m2", "l1"),
    ]
    assert found({PERSON_LINKS: person_links(*links)}) == {}


def test_clusters_that_are_not_nested_block(found: Any) -> None:
    links = [
        ("offender-1", "h1", "m1", "l1"),
        ("offender-2", "h1", "m2", "l1"),
        ("offender-3", "h3", "m2", "l2"),
    ]
    told = found({PERSON_LINKS: person_links(*links)})
    assert {(column, finding.rows, finding.severity) for (column, _), finding in told.items()} == {
        ("cluster_high", 2, "block"),
        ("cluster_medium", 2, "block"),
    }


def test_links_that_name_not_one_record_block(found: Any) -> None:
    told = found({PERSON_LINKS: person_links(("elsewhere", "h", "m", "l"))})
    assert told["person_id", link_checks.NO_RECORD].severity == "block"


def test_a_record_in_two_clusters_breaks_the_key_and_is_quarantined(
    found: Any, deliver: Deliver, settings: Settings
) -> None:
    links = [
        ("offender-1", "h1", "m1", "l1"),
        ("offender-1", "h2", "m2", "l2"),
        ("offender-2", "h2", "m2", "l2"),
        ("offender-3", "h3", "m3", "l3"),
    ]
    told = found({PERSON_LINKS: person_links(*links)})
    repeat = told["source_dataset, person_id", "unique"]
    assert repeat.rows == 1
    assert repeat.samples[0].file == PERSON_LINKS
    folder = deliver(
        "again",
        {"prison/custodial_journeys.parquet": _typed(3), PERSON_LINKS: person_links(*links)},
    )
    blocking = [
        f
        for f in checking.examine_delivery(folder, settings, lambda _: None).findings
        if (f.table, f.severity) == ("linking.person_links", "block")
    ]
    assert any("repeats in 1 of 4 rows" in finding.reason for finding in blocking)


def test_case_links_at_odds_and_to_nothing_are_counted_by_side(found: Any) -> None:
    links = [("m1", "c1"), ("m2", "c1"), ("m3", "c2"), ("m3", "c9"), ("m9", "c3")]
    told = found(courts() | {CASE_LINKS: case_links(*links)})
    mc, cc = "mc_case_id, mc_defendant_id", "cc_defendant_on_case_id"
    assert {where: finding.rows for where, finding in told.items()} == {
        (mc, link_checks.ORPHAN): 1,
        (cc, link_checks.ORPHAN): 1,
        (cc, link_checks.TWO_MAGISTRATES): 2,
        (mc, link_checks.TWO_CROWN): 2,
    }
    assert {finding.severity for finding in told.values()} == {"warn"}


def test_crown_records_without_a_case_link_are_counted(found: Any) -> None:
    told = found(courts() | {CASE_LINKS: case_links(("m1", "c1"))})
    assert told["crown_court", link_checks.UNLINKED].rows == 2


def test_without_delivered_links_nothing_is_asked(
    deliver: Deliver, settings: Settings, tmp_path: Path
) -> None:
    folder = deliver("plain", {"prison/custodial_journeys.parquet": _typed(3)})
    build = Build(tmp_path / "build")
    landed(folder, build, settings)
    assert contract_results.judge_links(build, settings) == ()
    assert pl.read_parquet(build.ledger / "contract_results" / "linking.parquet").height == 0
