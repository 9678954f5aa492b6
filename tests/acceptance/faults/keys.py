"""Faults of keys and of references between tables.

Belongs here: rows that are judged against other rows. Does not belong here: keys that are wrong
alone (cells).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from tests.acceptance.faults.draft import Draft, typed, with_cells
from tests.acceptance.faults.fault import Fault, Found

EVENTS, RECALLS, MAGISTRATES, OFFENDERS = (
    "probation.events",
    "probation.recalls",
    "magistrates.defendants",
    "probation.offenders",
)
CONTACTS, MOVEMENTS = "probation.contacts", "prison.movements"


def _again(
    table: str, rows: Sequence[int], column: str = "", value: object = None
) -> Callable[[Draft], Sequence[int]]:
    """Some rows come a second time at the end, with another value in one column if one is given."""

    def change(draft: Draft) -> Sequence[int]:
        frame = draft.rows(table)
        more = frame[[row - 1 for row in rows]]
        if column:
            more = more.with_columns(pl.lit(value).cast(frame.schema[column]).alias(column))
        draft.put(table, pl.concat([frame, more]))
        added = range(frame.height + 1, frame.height + 1 + len(rows))
        return [*(rows if column else ()), *added]

    return change


def _again_in_text(draft: Draft) -> Sequence[int]:
    """The second part, in other words, has two rows of the first."""
    frame = draft.rows(EVENTS)
    other_words = frame[[3, 39]].with_columns(
        pl.col("referral_date").dt.strftime("%d/%m/%Y"), soft_deleted=pl.lit("N")
    )
    draft.parts(EVENTS, [(frame, "csv", None), (other_words, "csv", None)])
    return (1, 2)


def _faulty_again(draft: Draft) -> Sequence[int]:
    """A row comes again, and the second time it has a fault of its own."""
    frame = draft.rows(RECALLS)
    draft.put(
        RECALLS,
        pl.concat([frame, frame[[3]].with_columns(recall_length_days=pl.lit(90, pl.Int64))]),
    )
    return [frame.height + 1]


def _repeat(
    name: str,
    what: str,
    table: str,
    change: Callable[[Draft], Sequence[int]],
    key: str,
    **outcome: int | str,
) -> Fault:
    held, removed = int(outcome.get("held", 0)), int(outcome.get("removed", 0))
    found = Found(
        column=key, rule="unique", severity="quarantine" if held else "warn", rows=held + removed
    )
    rows = 2 * held + removed
    blocked = str(outcome.get("blocked", ""))
    return Fault(
        name=name,
        what=what,
        gate="key",
        table=table,
        change=change,
        rows=rows,
        found=(found,),
        held=held,
        removed=removed,
        blocked=blocked,
    )


REPEATS = (
    _repeat(
        "row delivered twice",
        "Two events come again to the letter.",
        EVENTS,
        _again(EVENTS, (4, 40)),
        "event_id_hash",
        removed=2,
    ),
    _repeat(
        "row in two parts",
        "Two events come again in another part, otherwise spelt.",
        EVENTS,
        _again_in_text,
        "event_id_hash",
        removed=2,
    ),
    _repeat(
        "key of another row",
        "Two events come again with another age.",
        EVENTS,
        _again(EVENTS, (4, 40), "age_at_offence", 109),
        "event_id_hash",
        held=2,
    ),
    _repeat(
        "row delivered twice where none may be",
        "A recall comes again to the letter, and no recall may.",
        RECALLS,
        _again(RECALLS, (4,)),
        "recall_id",
        removed=1,
        blocked=r"probation\.recalls: the key \[recall_id\] repeats in 1 of \d+ rows",
    ),
    _repeat(
        "key of two columns repeated",
        "A defendant stands twice in a case, with two ages.",
        MAGISTRATES,
        _again(MAGISTRATES, (4,), "age_at_first_hearing", 109),
        "case_id, defendant_id",
        held=1,
        blocked=r"the key \[case_id, defendant_id\] repeats in 1 of \d+ rows",
    ),
    _repeat(
        "more repeats than the source is known for",
        "Fifty events come again: more than one in a hundred.",
        EVENTS,
        _again(EVENTS, range(1, 51)),
        "event_id_hash",
        removed=50,
        blocked=(
            r"probation\.events: the key \[event_id_hash\] repeats in 50 of \d+ rows, "
            r"more than the tolerated share of 0\.01"
        ),
    ),
    Fault(
        name="repeat that is faulty itself",
        what="A recall comes again with an impossible length: quarantined for that, and no repeat.",
        gate="range",
        table=RECALLS,
        change=_faulty_again,
        rows=1,
        found=(Found(column="recall_length_days", rule="less_than_or_equal_to", rows=1),),
        held=1,
    ),
)


def _orphan(name: str, what: str, table: str, column: str, rows: Sequence[int] = (4, 40)) -> Fault:
    found = Found(column=column, rule="reference", severity="warn", rows=len(rows))
    change = typed(table, column, "nowhere", rows)
    return Fault(
        name=name,
        what=what,
        gate="reference",
        table=table,
        change=change,
        rows=len(rows),
        found=(found,),
    )


def _events_of(draft: Draft) -> int:
    """Events of the fourth offender."""
    return draft.rows(EVENTS).filter(pl.col("offender_id") == _fourth(draft)).height


def _fourth(draft: Draft) -> str:
    return str(pl.read_parquet(draft.clean / "probation" / "offenders.parquet")["offender_id"][3])


def _without_fourth(draft: Draft) -> Sequence[int]:
    draft.put(OFFENDERS, draft.rows(OFFENDERS).filter(pl.col("offender_id") != _fourth(draft)))
    return []


def _nameless_fourth(draft: Draft) -> Sequence[int]:
    draft.put(OFFENDERS, with_cells(draft.rows(OFFENDERS), "offender_id", None, (4,)))
    return (4,)


LOST = Found(table=EVENTS, column="offender_id", rule="reference", severity="warn", rows=_events_of)
ORPHANS = (
    _orphan(
        "recall of no release",
        "A recall names a release that is not there.",
        RECALLS,
        "release_id",
        (4,),
    ),
    _orphan(
        "release from no custody",
        "A release names a custody that no event has.",
        "probation.releases",
        "custody_id",
    ),
    _orphan(
        "supervision of no custody",
        "A requirement names a custody that no event has.",
        "probation.pss_requirements",
        "custody_id",
    ),
    _orphan(
        "movement of no journey",
        "A movement names a booking that no journey has.",
        MOVEMENTS,
        "offender_book_id",
    ),
    _orphan(
        "report of no event",
        "A report names an event that is not there.",
        "probation.court_reports",
        "event_id_hash",
    ),
    Fault(
        name="record that others refer to left out",
        what="An offender is not delivered, and the events of that record are.",
        gate="reference",
        table=OFFENDERS,
        change=_without_fourth,
        found=(LOST,),
    ),
    Fault(
        name="record without its key",
        what="An offender's id is blank: the row is quarantined, and its events lead nowhere.",
        gate="null",
        table=OFFENDERS,
        change=_nameless_fourth,
        rows=1,
        found=(Found(column="offender_id", rule="not_nullable", rows=1), LOST),
        held=1,
    ),
    Fault(
        name="more orphans than the source is known for",
        what="Every tenth contact belongs to no event that is there.",
        gate="reference",
        table=CONTACTS,
        change=typed(CONTACTS, "event_id_hash", "nowhere", range(1, 1_001)),
        rows=1_000,
        found=(Found(column="event_id_hash", rule="reference", severity="block", rows=1_000),),
    ),
)
FAULTS = (*REPEATS, *ORPHANS)
