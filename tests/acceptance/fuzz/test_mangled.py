"""A damaged file ends in an error that says what to do or in rows that are counted; the full number
is for `make prove`.
"""

from __future__ import annotations

from tests.acceptance.fuzz import batch

SAMPLE = range(60)


def test_damaged_files_end_in_an_error_or_are_counted() -> None:
    told = list(batch.run(SAMPLE))
    assert [
        f"{one.seed} {one.table} {one.done}: {one.problems}" for one in told if one.problems
    ] == []
    assert [one.seed for one in told] == list(SAMPLE)
    assert {one.outcome for one in told} == {"error", "quarantine", "staged"}
