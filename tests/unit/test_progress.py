"""Reports reach whoever listens, and nobody when nobody does."""

from __future__ import annotations

import time

import pytest

from pipeline import progress
from pipeline.cli import terminal
from pipeline.progress import Report


def test_a_report_reaches_listeners_only_while_they_listen() -> None:
    heard: list[Report] = []
    progress.report_progress("landing prison.movements")
    with progress.listen_to_progress(heard.append):
        progress.report_progress("dbt dim_person", done=3, total=9)
    progress.report_progress("publish dim_person")
    assert heard == [Report("dbt dim_person", 3, 9)]


def test_without_a_terminal_each_stage_is_a_line_and_a_long_one_a_few(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with terminal.show_progress("starting"):
        progress.report_progress("landing prison.movements", rows=30862)
        progress.report_progress("landing probation.recalls", rows=7)
        for done in range(100):
            now[0] += 1.0
            progress.report_progress(f"dbt model_{done}", done=done, total=100)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].strip() == "0:00 landing prison.movements, 30,862 rows"
    assert lines[1].strip() == "0:00 landing probation.recalls, 7 rows"
    told = [line for line in lines if "dbt" in line]
    assert told[0].strip() == "0:01 dbt model_0 (0 of 100)"
    assert told[1].strip() == "0:16 dbt model_15 (15 of 100)"
    assert len(told) == 7
