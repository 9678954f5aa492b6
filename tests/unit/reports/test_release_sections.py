"""The page and the dbt models agree: every table and column that a section names is promised by a
model's contract.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.reports.html_tables import FLAG
from pipeline.reports.release_sections import SECTIONS, Section

MODELS = Path(__file__).resolve().parents[3] / "dbt_project" / "models"


def contracts() -> dict[str, set[str]]:
    """Columns that each report promises."""
    files = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted((MODELS / "reports").rglob("*.yml"))
    ]
    return {
        model["name"]: {column["name"] for column in model["columns"]}
        for file in files
        for model in file.get("models", [])
    }


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_section_shows_what_the_model_promises(section: Section) -> None:
    promised = contracts()[section.table]
    assert set(section.columns) <= promised
    assert set(section.headings or {}) <= promised
    assert set(section.counts) <= set(section.columns)
    assert not section.draw or FLAG in promised


def test_sections_have_words_and_names_of_their_own() -> None:
    assert len({section.name for section in SECTIONS}) == len(SECTIONS)
    for section in SECTIONS:
        assert section.about
        assert section.counted
        assert section.limits
        assert bool(section.caption) == bool(section.draw)


def test_headline_tables_are_on_the_page() -> None:
    assert {
        "rpt_recall_by_sentence_band",
        "rpt_recall_by_type",
        "rpt_report_requested_delivered",
        "rpt_concordance_by_court",
        "rpt_disposal_by_ethnicity_sex",
        "rpt_coverage",
        "rpt_row_ledger",
        "rpt_linkage_quality",
    } <= {section.table for section in SECTIONS}
