"""Clerical review: pairs that linkage kept are written out, and decisions on them are read back.

Clerks decide; what they decide becomes overrides of the next run.

Belongs here: the sheet and the page in the restricted folder, reading a sheet back. Does not belong
here: which pairs and why (linkage.review), what a file of decisions is (linkage.decisions), how the
page looks (reports.review_page). Names leave for the restricted folder alone; what is given back to
the terminal is counts and paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline import workspace_lock
from pipeline.errors import ReviewError
from pipeline.linkage.review import decisions
from pipeline.reports.review_page import BETWEEN, PLACES, render_page
from pipeline.storage import make_folder, new_folder
from pipeline.workspace import Build, Workspace

SHEET, PAGE = "pairs.csv", "pairs.html"
TO_FILL_IN = ("decision", "who", "when", "why")
IDS = tuple(name for name in decisions.COLUMNS if name not in TO_FILL_IN)
MAX_TOLD = 6
"""Values of a list that are told."""


@dataclass(frozen=True)
class Written:
    """What was written out; may be shown."""

    folder: Path
    pairs: dict[str, int]
    """Pairs by what they ask."""
    decided: int
    """Pairs left out since they are decided already."""


@dataclass(frozen=True)
class Taken:
    """What was read back; may be shown."""

    read: int
    added: int
    """Without those that stood there already."""
    unknown: int
    """Decisions that name a record which the last linkage does not hold."""


def last_build(workspace: Workspace, release: str | None = None) -> Build:
    """The build of a release, or the last one, whose linkage kept pairs for review.

    Raises:
        ReviewError: there is none.
    """
    there = [
        build
        for build in workspace.list_builds()
        if release in (None, build.root.name) and (build.review / "pairs.parquet").is_file()
    ]
    if not there:
        what = (
            f"of [{release}] are not kept: only the last run and the current release keep theirs"
            if release
            else "were kept yet"
        )
        raise ReviewError(
            f"no pairs for review {what}: "
            "run `journeys run --delivery DIR` on a delivery without links of its own"
        )
    return there[-1]


def write_review_pack(build: Build, workspace: Workspace, *, most: int) -> Written:
    """Write the best pairs that are not decided yet, as a sheet and a page.

    They go into a folder of the release in the restricted folder.

    Args:
        build: whose pairs.
        workspace: has the restricted folder and the decisions.
        most: pairs at most.

    Raises:
        ReviewError: the folder is there already: it may hold decisions.
    """
    folder = workspace.review / build.root.name
    if folder.exists():
        raise ReviewError(
            f"[{folder}] exists already and may hold decisions: "
            "read it back with --decisions, then move it away"
        )
    kept = pl.read_parquet(build.review / "pairs.parquet")
    answered = {
        decision.pair
        for decision in decisions.in_force(decisions.read_decisions(workspace.overrides))
    }
    open_pairs = kept.filter([_pair(row) not in answered for row in kept.select(IDS).iter_rows()])
    pairs = open_pairs.head(most)
    members = pl.read_parquet(build.review / "members.parquet").join(
        pairs.select("pair"), on="pair", how="semi", maintain_order="left"
    )
    evidence = pl.read_parquet(build.review / "evidence.parquet").join(
        pairs.select("pair"), on="pair", how="semi", maintain_order="left"
    )
    pairs, members = (
        pairs.join(_shared_days(members), on="pair", maintain_order="left"),
        format_members(members),
    )
    files = {
        SHEET: build_sheet(pairs, members).write_csv(),
        PAGE: render_page(build.root.name, pairs, members, evidence),
    }
    _write(folder, files)
    asked = pairs.group_by("question", maintain_order=True).len()
    return Written(folder, dict(asked.iter_rows()), kept.height - open_pairs.height)


def _pair(row: Sequence[str]) -> tuple[decisions.Record, decisions.Record]:
    left, right = sorted((tuple(row[:2]), tuple(row[2:])))
    return (left[0], left[1]), (right[0], right[1])


def format_members(members: pl.DataFrame) -> pl.DataFrame:
    """Every value of a member as a text, empty where there is none, lists last.

    Of its days, only how many there are is told.
    """
    columns = []
    for name, kind in sorted(
        members.drop(PLACES).schema.items(), key=lambda item: isinstance(item[1], pl.List)
    ):
        is_list = isinstance(kind, pl.List) and name != "days"
        column = (
            _told(name) if is_list else pl.col(name).list.len() if name == "days" else pl.col(name)
        )
        columns.append(column.cast(pl.String).fill_null("").alias(name))
    return members.select(*PLACES, *columns)


def _told(name: str) -> pl.Expr:
    """A list as a text: its first values, and how many more there are."""
    told = pl.col(name).list.head(MAX_TOLD).cast(pl.List(pl.String)).list.join(BETWEEN)
    more = pl.col(name).list.len().cast(pl.Int64) - MAX_TOLD
    return (
        pl.when(more > 0)
        .then(pl.format("{}{}and {} more", told, pl.lit(BETWEEN), more))
        .otherwise(told)
    )


def _shared_days(members: pl.DataFrame) -> pl.DataFrame:
    """The days that both of the compared sets of identifiers hold, by pair."""
    left, right = (
        members.filter((pl.col("side") == side) & (pl.col("place") == 0)).select("pair", "days")
        for side in "ab"
    )
    both = left.join(right, on="pair").select(
        "pair", pl.col("days").list.set_intersection("days_right").list.sort().alias("days")
    )
    return both.select("pair", _told("days").fill_null("").alias("shared_days"))


def build_sheet(pairs: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The sheet, one row a pair.

    Its columns are what is to be filled in, what is asked, the two sides column by column, and the
    ids that decisions name.
    """
    facts = [name for name in members.columns if name not in (*PLACES, "records")]
    rows = pairs
    for side in "ab":
        compared = members.filter((pl.col("side") == side) & (pl.col("place") == 0))
        rows = rows.join(
            compared.select("pair", pl.col(facts).name.suffix(f"_{side}")),
            on="pair",
            maintain_order="left",
        )
    today = (
        pl.when(pl.col("is_linked"))
        .then(pl.lit("one person"))
        .otherwise(pl.lit("two people"))
        .alias("today")
    )
    return rows.select(
        "pair",
        *(pl.lit("").alias(name) for name in TO_FILL_IN),
        "question",
        today,
        "records_a",
        "records_b",
        pl.col("match_weight").round(2),
        *(f"{name}_{side}" for name in facts for side in "ab"),
        "shared_days",
        *IDS,
    )


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write a folder for its owner alone, all or nothing."""
    make_folder(folder.parent, mode=0o700).chmod(0o700)
    with new_folder(folder, mode=0o700) as partial:
        for name, text in files.items():
            (partial / name).touch(mode=0o600)
            (partial / name).write_text(text, encoding="utf-8")


def read_back(sheet_file: Path, workspace: Workspace, *, who: str | None, today: date) -> Taken:
    """Read a sheet that was filled in and add its decisions to the overrides, all or none.

    Args:
        sheet_file: the sheet.
        workspace: has the overrides; no run writes to it meanwhile.
        who: decided wherever the sheet does not say.
        today: day of the decision wherever the sheet does not say.

    Raises:
        DecisionError: a line cannot be taken, or contradicts what was decided before.
        ReviewError: there is no decision in the sheet.
        WorkspaceBusyError: a run is using the workspace.
    """
    found = decisions.read_sheet(sheet_file, who=who, today=today)
    if not found:
        raise ReviewError(
            f"[{sheet_file}] holds no decision: "
            "write must_link or must_not_link into the column decision"
        )
    workspace_lock.hold_workspace(workspace)
    added = decisions.append_decisions(workspace.overrides, found)
    return Taken(len(found), added, _unknown(found, workspace))


def _unknown(found: Sequence[decisions.Decision], workspace: Workspace) -> int:
    """Number of decisions that name a record which the last linkage does not hold.

    It is 0 where there was no linkage.
    """
    linked = [build.linkage / "person_links.parquet" for build in workspace.list_builds()]
    there = [file for file in linked if file.is_file()]
    if not there:
        return 0
    named = pl.DataFrame(
        sorted({record for decision in found for record in decision.pair}),
        schema=["source_dataset", "source_record_id"],
        orient="row",
    )
    known = (
        named.lazy()
        .join(pl.scan_parquet(there[-1]), on=["source_dataset", "source_record_id"], how="semi")
        .collect(engine="streaming")
    )
    records = set(known.iter_rows())
    return sum(not records.issuperset(decision.pair) for decision in found)
