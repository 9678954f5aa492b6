"""Stages that are finished are not done again; a kill in between costs the stage and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from pipeline.landing.row_ledger import RuleCount, TableLedger
from pipeline.release import checkpoints
from pipeline.release.checkpoints import Begun
from pipeline.workspace import Build

RULE = RuleCount(
    source="prison",
    table_name="movements",
    column_name="movement_id",
    rule="unique",
    severity="block",
    rows_failed=0,
    rows_checked=7,
)
ENTRY = TableLedger(
    source="prison",
    table_name="movements",
    is_present=True,
    is_required=False,
    delivered=7,
    staged=6,
    quarantined=1,
    duplicates_removed=0,
    coverage_from=date(2014, 1, 1),
    coverage_to=None,
    rules=(RULE,),
    blocking=("prison.movements: too many rows are in quarantine",),
)


@dataclass
class Stage:
    """A stage that counts how often it is done."""

    done: int = 0
    breaks: bool = False

    def __call__(self) -> TableLedger:
        self.done += 1
        if self.breaks:
            raise OSError("the disk is full")
        return ENTRY


def test_a_finished_stage_is_read_back_as_it_was(tmp_path: Path) -> None:
    build, stage = Build(tmp_path), Stage()
    for _ in range(2):
        entry = checkpoints.run_once(build, "landing.prison.movements", stage, TableLedger)
        assert entry == ENTRY
    assert stage.done == 1


def test_a_failed_stage_is_done_again(tmp_path: Path) -> None:
    build, stage = Build(tmp_path), Stage(breaks=True)
    with pytest.raises(OSError, match="full"):
        checkpoints.run_once(build, "landing.prison.movements", stage, TableLedger)
    assert not checkpoints.is_finished(build, "landing.prison.movements")
    stage.breaks = False
    checkpoints.run_once(build, "landing.prison.movements", stage, TableLedger)
    assert stage.done == 2


def test_a_node_whose_record_a_kill_cut_short_runs_again(tmp_path: Path) -> None:
    build = Build(tmp_path)
    events = [{"data": {"node_info": {"node_name": name}}} for name in ("first", "second")]
    for event in events:
        checkpoints.record_node(build, event)
    assert checkpoints.finished_nodes(build) == events
    file = build.finished / checkpoints.NODES
    file.write_bytes(file.read_bytes()[:-3])
    assert checkpoints.finished_nodes(build) == events[:1]


def test_what_is_recorded_after_a_line_cut_short_is_not_lost(tmp_path: Path) -> None:
    build = Build(tmp_path)
    for name in ("first", "second"):
        checkpoints.record_node(build, {"name": name})
    file = build.finished / checkpoints.NODES
    file.write_bytes(file.read_bytes()[:-3])
    checkpoints.drop_cut_line(build)
    checkpoints.record_node(build, {"name": "third"})
    assert checkpoints.finished_nodes(build) == [{"name": "first"}, {"name": "third"}]


def test_what_a_build_began_with_says_nothing_about_the_key(tmp_path: Path) -> None:
    build, begun = Build(tmp_path), Begun(delivery="/d", delivery_digest="a", code="b", key="c")
    assert checkpoints.read_begun(build) is None
    checkpoints.write_begun(build, begun)
    assert checkpoints.read_begun(build) == begun


def test_the_code_is_told_by_every_source_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in checkpoints.SOURCE_FOLDERS:
        (tmp_path / folder / "deep" / "target").mkdir(parents=True)
        (tmp_path / folder / "deep" / "file.sql").write_text("select 1")
    monkeypatch.setattr(checkpoints, "PROJECT", tmp_path)
    digests = [checkpoints.code_digest()]
    for folder in checkpoints.SOURCE_FOLDERS:
        (tmp_path / folder / "deep" / "file.sql").write_text("select 2")
        digests.append(checkpoints.code_digest())
    assert len(set(digests)) == 4
    (tmp_path / "dbt_project" / "deep" / "target" / "manifest.json").write_text("{}")
    assert checkpoints.code_digest() == digests[-1]
