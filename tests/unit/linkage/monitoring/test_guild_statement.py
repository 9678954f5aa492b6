from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from pipeline.linkage.monitoring import guild_statement
from pipeline.linkage.scoring.model import find_newest_model

FACTS = {"delivery_id": "d-1", "extract_date": "2021-09-30", "synthetic": True}
RATE = {"rate": None, "rate_lower": None, "rate_upper": None}


def cell(
    measure: str, category: str = "all", numerator: int | None = None, **more: Any
) -> dict[str, Any]:
    row = {
        "measure": measure,
        "source_pair": "all",
        "category_kind": "stated",
        "category": category,
        "numerator": numerator,
    }
    return row | {"denominator": None} | RATE | more


def shares(numerator: int, denominator: int) -> dict[str, Any]:
    rate = numerator / denominator
    return {
        "denominator": denominator,
        "rate": rate,
        "rate_lower": rate / 2,
        "rate_upper": rate * 2,
    }


QUALITY = [
    cell("linkage_records", "prison", 13_000),
    cell("linkage_records", "probation", 19_000),
    cell("linkage_identifier_known", "pnc", 12_000, source_pair="prison"),
    cell("linkage_identifier_known", "prison_number", 13_005, source_pair="prison"),
    cell("linkage_identifier_known", "pnc", 17_100, source_pair="probation"),
    cell("linkage_persons", "medium", 50_000),
    cell("linkage_persons", "high", None),
    cell("linkage_cluster_size", "11-20", 40),
    cell("linkage_cluster_size", "2", 400),
    cell("linkage_persons_between_releases", "this release", 50_000),
    *(
        cell(
            f"{error}_links_at_{side}",
            "all",
            320,
            category_kind="all",
            **(shares(320, 32_000) if side == "most" else {"denominator": 32_000}),
        )
        for error in ("missed", "false")
        for side in ("least", "most")
    ),
    *(
        cell(
            f"{error}_links_at_{side}", "Other", 20, category_kind="ethnic_group", **shares(20, 400)
        )
        for error in ("missed", "false")
        for side in ("least", "most")
    ),
    cell(
        "crown_cases_without_magistrates_row", "all", 65, category_kind="all", **shares(65, 9_870)
    ),
    cell(
        "crown_cases_without_magistrates_row", "male", 60, category_kind="sex", **shares(60, 8_000)
    ),
]
COVERAGE = [
    {
        "source_dataset": "prison",
        "table_name": "journeys",
        "period_kind": "table",
        "is_required": True,
    },
    {
        "source_dataset": "prison",
        "table_name": "journeys",
        "period_kind": "month",
        "is_required": True,
    },
]
LEDGER = [
    {"source_dataset": "prison", "table_name": "journeys", "delivered": 13_010, "quarantined": None}
]


@pytest.fixture
def frames() -> dict[str, pl.DataFrame]:
    covered = pl.DataFrame(COVERAGE).with_columns(
        coverage_from=pl.lit(date(2011, 1, 1)), coverage_to=pl.lit(None, pl.Date)
    )
    return {
        "rpt_linkage_quality": pl.DataFrame(QUALITY, infer_schema_length=None),
        "rpt_coverage": covered,
        "rpt_row_ledger": pl.DataFrame(LEDGER),
    }


def rows_of(text: str) -> list[list[str]]:
    return [
        [part.strip() for part in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]


def test_the_three_steps_of_guild_are_told_with_the_counts_of_the_reports(
    frames: dict[str, pl.DataFrame],
) -> None:
    text = guild_statement.render_statement(frames, FACTS, find_newest_model())
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Step 1: what the data providers did",
        "## Step 2: what the linkers did",
        "## Step 3: what analysts should do",
    ]
    rows = rows_of(text)
    assert ["prison", "journeys", "2011-01-01", "not stated", "13,010", "suppressed"] in rows
    assert ["pnc", "92%", "90%"] in rows
    assert ["prison_number", "100%", "none"] in rows
    assert ["people at the medium threshold", "50,000"] in rows
    assert ["people at the high threshold", "suppressed"] in rows
    assert ["everybody", "32,000", "suppressed", "1.00%", "suppressed", "1.00%"] in rows
    assert [
        "Crown Court cases without a magistrates' record",
        "65",
        "9,870",
        "0.66% (0.33% to 1.32%)",
    ] in rows
    assert ["this release", "50,000"] in rows
    sizes = [row[0] for row in rows if row[0].startswith("people by number")]
    assert sizes == ["people by number of records: 2", "people by number of records: 11-20"]
    assert "made up" in text
    assert find_newest_model().stem in text


def test_groups_too_small_to_say_anything_are_left_out(frames: dict[str, pl.DataFrame]) -> None:
    assert "ethnic group: Other" not in guild_statement.render_statement(
        frames, FACTS, find_newest_model()
    )


def test_delivered_links_are_said_to_be_so(frames: dict[str, pl.DataFrame]) -> None:
    text = guild_statement.render_statement(frames, FACTS | {"synthetic": False}, None)
    assert "The links came with the delivery" in text
    assert "made up" not in text
    assert "No measurement against a truth is known" in text
