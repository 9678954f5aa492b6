"""What a user gets: a release that answers, verifies, and is right against the truth."""

from __future__ import annotations

import json

import pytest

from tests.support.published_world import World, journeys

PUBLISHED = [
    "person_link",
    "person_link_draw",
    "person_confidence",
    "record_confidence",
    "case_link",
    "person_crosswalk",
    "dim_person",
    "journey_event",
    "journey_layer",
    "journey_state",
    "fct_court_case",
    "fct_sentence",
    "fct_order",
    "fct_requirement",
    "fct_custody_spell",
    "fct_release",
    "fct_licence_period",
    "fct_recall",
    "fct_recall_reason",
    "fct_release_cohort",
    "fct_pre_sentence_report",
    "fct_reconviction",
    "fct_referral",
    "fct_contact_month",
    "fct_officer_spell",
    "fct_intervention",
    "rpt_coverage",
    "rpt_row_ledger",
    "rpt_linkage_quality",
    "rpt_disclosure_audit",
]


@pytest.fixture(scope="module")
def scored(world: World) -> dict[str, dict[str, float]]:
    done = journeys("score", "--truth", world.truth, workspace=world.workspace)
    assert done.returncode == 0, done.stderr
    answer: dict[str, dict[str, float]] = json.loads(done.stdout)
    return answer


def test_links_are_right(scored: dict[str, dict[str, float]]) -> None:
    assert scored["links"]["pair_precision"] >= 0.99
    assert scored["links"]["pair_recall"] >= 0.93


@pytest.mark.parametrize("kind", ["recalls", "sentences", "pre_sentence_reports"])
def test_what_happened_is_found_and_nothing_invented(
    scored: dict[str, dict[str, float]], kind: str
) -> None:
    assert scored[kind]["truth"] > 0
    assert scored[kind]["found"] >= 0.98
    assert scored[kind]["invented"] <= 0.01


def test_every_promised_table_is_there_with_its_grain(world: World) -> None:
    done = journeys("tables", "--format", "json", workspace=world.workspace)
    tables = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(PUBLISHED) <= set(tables)
    assert not [name for name, row in tables.items() if not row["grain"].startswith("One row per")]


def test_the_linkage_statement_is_filled_in(world: World) -> None:
    text = (world.release / "docs" / "linkage_statement.md").read_text()
    assert [line[:9] for line in text.splitlines() if line.startswith("## ")] == [
        "## Step 1",
        "## Step 2",
        "## Step 3",
    ]
    assert "| everybody |" in text


def test_a_release_verifies_and_a_changed_one_does_not(world: World) -> None:
    assert journeys("verify", world.release, workspace=world.workspace).returncode == 0
    page = world.release / "reports" / "index.html"
    before = page.read_bytes()
    page.write_bytes(before + b" ")
    try:
        done = journeys("verify", world.release, workspace=world.workspace)
    finally:
        page.write_bytes(before)
    assert done.returncode == 1
    assert "index.html" in done.stdout


@pytest.mark.parametrize(
    "attack",
    ["drop table fct_recall", "select * from read_csv('/etc/passwd')", "attach '/tmp/x.duckdb'"],
)
def test_a_query_can_only_read_the_release(world: World, attack: str) -> None:
    done = journeys("query", attack, workspace=world.workspace)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_the_ledger_balances(world: World) -> None:
    sql = "select count(*) as n from rpt_row_ledger"
    assert (
        json.loads(journeys("query", sql, "--format", "json", workspace=world.workspace).stdout)[0][
            "n"
        ]
        > 0
    )


def test_the_page_asks_for_nothing(world: World) -> None:
    page = (world.release / "reports" / "index.html").read_text()
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert not [
        mark
        for mark in ('src="http', "src='http", "url(http", "@import", '<link rel="stylesheet"')
        if mark in page
    ]
