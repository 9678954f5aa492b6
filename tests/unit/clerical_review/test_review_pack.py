from __future__ import annotations

import re
import shutil
import stat
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.clerical_review import review_pack
from pipeline.clerical_review.review_pack import PAGE, SHEET
from pipeline.cli.main import app
from pipeline.errors import DecisionError, ReviewError
from pipeline.linkage.review.decisions import read_decisions
from pipeline.reports.weight_waterfall import TOTAL, list_steps
from pipeline.workspace import Workspace
from tests.support.scored_pairs import PRIVATE, write_kept

RELEASE = "2021-09-30-abcdef01-1"
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def workspace(tmp_path: Path, kept: Path) -> Workspace:
    """A workspace with one build that kept pairs."""
    made = Workspace(tmp_path / "workspace")
    shutil.copytree(kept, made.build(RELEASE).review)
    linkage = made.build(RELEASE).linkage
    linkage.mkdir()
    pairs = pl.read_parquet(kept / "pairs.parquet")
    sides = [
        pairs.select(source_dataset=f"source_dataset_{side}", source_record_id=f"record_id_{side}")
        for side in "ab"
    ]
    pl.concat(sides).unique().write_parquet(linkage / "person_links.parquet")
    return made


def filled(workspace: Workspace, target: Path, decision: str = "must_link", rows: int = 2) -> Path:
    """The sheet with a decision in its first rows, as a clerk leaves it."""
    sheet = pl.read_csv(workspace.review / RELEASE / SHEET, infer_schema=False)
    decided = pl.when(pl.int_range(pl.len()) < rows)
    sheet.with_columns(
        decided.then(pl.lit(decision)).otherwise(pl.lit("")).alias("decision"),
        decided.then(pl.lit("one voice")).alias("why"),
    ).write_csv(target)
    return target


def review(workspace: Workspace, *arguments: str) -> str:
    """What the command shows, and that it went well."""
    result = CliRunner().invoke(
        app, ["review", "--workspace", str(workspace.root), *arguments], catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.output


def test_names_are_in_the_restricted_folder_and_nowhere_else(workspace: Workspace) -> None:
    shown = review(workspace)
    folder = workspace.review / RELEASE
    assert str(folder) in shown
    assert "they name people" in shown
    assert not [value for value in PRIVATE if value in shown]
    for place, mode in (
        (workspace.review, 0o700),
        (folder, 0o700),
        (folder / SHEET, 0o600),
        (folder / PAGE, 0o600),
    ):
        assert stat.S_IMODE(place.stat().st_mode) == mode
    assert workspace.review in workspace.restricted
    for file in (SHEET, PAGE):
        text = (folder / file).read_text(encoding="utf-8")
        assert [value for value in PRIVATE if value not in text] == []


def test_the_sheet_holds_both_sides_and_the_ids_that_decisions_name(
    workspace: Workspace, kept: Path
) -> None:
    review(workspace)
    sheet = pl.read_csv(workspace.review / RELEASE / SHEET, infer_schema=False)
    pairs = pl.read_parquet(kept / "pairs.parquet")
    assert sheet.height == pairs.height > 3
    assert sheet.columns[:5] == ["pair", "decision", "who", "when", "why"]
    assert sheet.select(review_pack.IDS).equals(pairs.select(review_pack.IDS))
    assert sheet["today"].to_list() == [
        "one person" if linked else "two people" for linked in pairs["is_linked"]
    ]
    first = sheet.row(0, named=True)
    assert first["surname_a"] == first["surname_b"] == "QUILLFEATHER"
    assert "2015-01-02" in sheet["shared_days"].to_list(), (
        "of the person who has two police numbers"
    )


def test_the_page_asks_nothing_of_anybody_and_shows_each_pair(workspace: Workspace) -> None:
    review(workspace)
    page = (workspace.review / RELEASE / PAGE).read_text(encoding="utf-8")
    pairs = pl.read_csv(workspace.review / RELEASE / SHEET).height
    assert page.count("<article") == page.count("<svg") == pairs > 2
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<img|@import|url\((?!#)|(?:src|href)=\"(?!#)", page)
    identifiers = re.findall(r'\bid="([^"]+)"', page)
    assert len(identifiers) == len(set(identifiers))


def test_a_sheet_is_not_written_over(workspace: Workspace) -> None:
    review(workspace, "--most", "1")
    build = review_pack.last_build(workspace)
    with pytest.raises(ReviewError, match="exists already and may hold decisions"):
        review_pack.write_review_pack(build, workspace, most=5)


def test_decisions_are_taken_over_and_their_pairs_not_asked_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    review(workspace, "--most", "4")
    sheet = filled(workspace, tmp_path / "filled.csv")
    assert "2 of 2 decisions are new" in review(
        workspace, "--decisions", str(sheet), "--who", "J. Clerk"
    )
    standing = read_decisions(workspace.overrides)
    assert [(decision.is_link, decision.who, decision.why) for decision in standing] == [
        (True, "J. Clerk", "one voice")
    ] * 2
    assert stat.S_IMODE(workspace.overrides.stat().st_mode) == 0o600
    assert "0 of 2 decisions are new" in review(
        workspace, "--decisions", str(sheet), "--who", "J. Clerk"
    )
    (workspace.review / RELEASE).rename(tmp_path / "done")
    assert "2 more are decided already" in review(workspace, "--most", "4")
    again = pl.read_csv(workspace.review / RELEASE / SHEET)
    assert again["pair"].min() == 3


def test_decisions_about_records_of_another_workspace_are_told(
    workspace: Workspace, tmp_path: Path
) -> None:
    review(workspace, "--most", "4")
    sheet = filled(workspace, tmp_path / "filled.csv")
    pl.read_csv(sheet, infer_schema=False).with_columns(
        record_id_a=pl.lit("elsewhere") + pl.col("pair")
    ).write_csv(sheet)
    assert review_pack.read_back(sheet, workspace, who="J. Clerk", today=TODAY).unknown == 2


def test_a_sheet_with_a_fault_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    review(workspace, "--most", "2")
    with pytest.raises(DecisionError, match="line 2, column decision must be"):
        review_pack.read_back(
            filled(workspace, tmp_path / "wrong.csv", "yes"), workspace, who="J. Clerk", today=TODAY
        )
    with pytest.raises(DecisionError, match="line 2, column who is empty"):
        review_pack.read_back(
            filled(workspace, tmp_path / "nobody.csv"), workspace, who=None, today=TODAY
        )
    with pytest.raises(ReviewError, match="holds no decision"):
        review_pack.read_back(
            workspace.review / RELEASE / SHEET, workspace, who="J. Clerk", today=TODAY
        )
    assert not workspace.overrides.exists()


def test_without_pairs_it_is_told_what_to_do(tmp_path: Path, workspace: Workspace) -> None:
    with pytest.raises(ReviewError, match="no pairs for review were kept yet: run"):
        review_pack.last_build(Workspace(tmp_path / "none"))
    with pytest.raises(ReviewError, match=r"of \[2020-1\] are not kept"):
        review_pack.last_build(workspace, "2020-1")
    assert review_pack.last_build(workspace, RELEASE).root.name == RELEASE


def test_long_lists_are_cut_and_say_so() -> None:
    members = pl.DataFrame(
        {
            "pair": [1],
            "side": ["a"],
            "place": [0],
            "asns": [[f"A{n}" for n in range(9)]],
            "days": [[TODAY]],
            "sex": [None],
            "birth": [TODAY],
        },
        schema_overrides={"sex": pl.String},
    )
    told = review_pack.format_members(members).row(0, named=True)
    assert (told["asns"], told["days"]) == ("A0; A1; A2; A3; A4; A5; and 3 more", "1")
    assert (told["sex"], told["birth"]) == ("", "2026-11-23")
    assert list(told) == ["pair", "side", "place", "sex", "birth", "asns", "days"]


def test_a_waterfall_starts_at_the_prior_and_ends_at_the_weight() -> None:
    evidence = pl.DataFrame(
        {
            "place": [0, 1, 2, 3, 4],
            "comparison": ["prior", "name", "birth", "middle_name", "sex"],
            "level": [None, "same", "other", None, "other"],
            "weight": [-14.0, 15.0, -8.0, 0.0, 0.0],
            "rarity": [0.0, 2.5, 0.0, 0.0, 0.0],
        }
    )
    bars = list_steps(evidence)
    assert bars["label"].to_list() == [
        "before anything is compared",
        "name: same",
        "name: how rare",
        "birth: other",
        TOTAL,
    ]
    assert bars["start"].to_list() == [0.0, -14.0, 1.0, 3.5, 0.0]
    assert bars["end"].to_list() == [-14.0, 1.0, 3.5, -4.5, -4.5]
    assert bars["says"].to_list() == ["base", "for", "for", "against", "base"]
