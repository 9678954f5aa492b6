"""Small lives for tests of tallies: every row is like its default but for what it says.

Belongs here: frames with the columns that tallies read. Does not belong here: any expectation.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, day_number
from pipeline.synthetic.calibration.tallies_sheet import Made, Sheet
from pipeline.synthetic.code_lists import OffenceClass, read_offences
from pipeline.synthetic.lives.sentencing import FINE
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import People

Tables = dict[tuple[str, str], pl.DataFrame]
CS, CE = OffenceClass.CS, OffenceClass.CE
CASE: dict[str, Any] = {
    "person": 0,
    "case": 0,
    "joint": 0,
    "offence": read_offences().is_breach.index_of(False),
    "offence_date": day_number(2019, 1, 5),
    "kind_of_offence": CE,
    "first_hearing_date": day_number(2019, 2),
    "receipt_date": NEVER,
    "main_hearing_date": NEVER,
    "verdict_date": day_number(2019, 3),
    "sentence_date": day_number(2019, 3),
    "age": 30.0,
    "region": 0,
    "crown": False,
    "committed": False,
    "plea_guilty": True,
    "convicted": True,
    "remanded": False,
    "disposal": FINE,
    "term_days": 0,
    "order_days": 0,
    "report_requested": NEVER,
    "report_required": NEVER,
    "report_completed": NEVER,
    "type_delivered": -1,
    "proposal": -1,
}
RECALL: dict[str, Any] = {
    "case": 0,
    "person": 0,
    "cycle": 1,
    "revocation_date": day_number(2016, 5),
    "return_date": day_number(2016, 5),
    "back_until": day_number(2016, 5, 28),
    "kind": 1,
    "hidden": False,
    "reasons": "OTHER",
}
CUSTODY: dict[str, Any] = {
    "case": 0,
    "person": 0,
    "is_sentence": True,
    "custody_from": day_number(2018, 8),
    "sentence_date": day_number(2018, 8),
    "release_date": day_number(2018, 12),
    "release_kind": 1,
    "age": 30.0,
    "term": 240,
    "under_12_months": True,
    "licence_end": day_number(2019, 4),
    "pss_end": 0,
}
RELEASE: dict[str, Any] = {"case": 0, "person": 0, "cycle": 0, "release_date": day_number(2018, 12)}
EVENTS = {"event_id_hash": pl.String, "disposal_termination_date": pl.Date}


def frame(defaults: dict[str, Any], *rows: dict[str, Any]) -> pl.DataFrame:
    """Rows that differ from the defaults where they say so; without rows an empty frame."""
    return pl.DataFrame([defaults | row for row in rows] or [defaults]).head(len(rows))


def made(
    *,
    cases: list[dict[str, Any]] | None = None,
    held: list[dict[str, Any]] | None = None,
    out: list[dict[str, Any]] | None = None,
    recalled: list[dict[str, Any]] | None = None,
    tables: Tables | None = None,
    group: list[int] | None = None,
) -> Made:
    """A part of the world that holds these rows and nothing else; ten White men unless groups are
    given.
    """
    lives = Lives(
        frame(CASE, *cases or []),
        frame(CUSTODY, *held or []),
        frame(RELEASE, *out or []),
        frame(RECALL, *recalled or []),
    )
    of = np.array(group or [0] * 10)
    people = SimpleNamespace(
        female=np.zeros(len(of), dtype=np.bool_), group=of, died=np.full(len(of), NEVER)
    )
    return Made(
        tables or {("probation", "events"): pl.DataFrame(schema=EVENTS)},
        lives,
        cast("People", people),
    )


def parts(topic: Any, part: Made, measure: str) -> dict[str, float]:
    """What a topic tallies of a measure, by part."""
    sheet = Sheet()
    topic.add_tallies(sheet, part)
    return dict(sheet.frame().filter(pl.col("measure") == measure).select("part", "n").iter_rows())


def bars(topic: Any, part: Made, measure: str) -> dict[int, float]:
    """A histogram of a topic."""
    sheet = Sheet()
    topic.add_tallies(sheet, part)
    return dict(
        sheet.frame()
        .filter((pl.col("measure") == measure) & (pl.col("part") == "value"))
        .select("value", "n")
        .iter_rows()
    )


def share_of(number: float, other: float) -> dict[str, float]:
    """The parts of a share."""
    return {"numerator": number, "denominator": other}
