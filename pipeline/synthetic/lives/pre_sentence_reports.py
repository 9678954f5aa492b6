"""Pre-sentence reports: for whom one is asked, of which type, and what it proposes.

They also say what is delivered, and when.

Belongs here: the report as it truly was. Does not belong here: the sentence that followed
(sentencing), rows of nDelius (extracts).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, year_of
from pipeline.synthetic.code_lists import REGIONS
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.random_draws import (
    Bools,
    Floats,
    Ints,
    draw_chance,
    draw_places,
    open_stream,
    pick_each,
    whole_days,
)

TYPES = ("oral", "fast", "standard", "legacy")
MIX_BY_YEAR: dict[int, tuple[float, float, float, float]] = {
    2013: (0.12, 0.45, 0.33, 0.10),
    2014: (0.45, 0.47, 0.055, 0.025),
    2015: (0.455, 0.47, 0.06, 0.015),
    2016: (0.48, 0.47, 0.05, 0.0),
    2017: (0.50, 0.46, 0.04, 0.0),
    2018: (0.51, 0.46, 0.03, 0.0),
    2019: (0.508, 0.468, 0.024, 0.0),
    2020: (0.50, 0.476, 0.024, 0.0),
}
"""Types delivered, by year.
2019/20 is as HM Inspectorate of Probation reports (52, 45, 3 percent), earlier years follow the
Welsh series.
"""
VOLUME_BY_YEAR = {
    2014: 1.13,
    2015: 1.335,
    2016: 1.29,
    2017: 1.165,
    2018: 1.025,
    2019: 0.93,
    2020: 0.56,
}
WALES = REGIONS.index("Wales")
MISMATCH = 0.11
"""Share delivered as another type than the court asked for."""
NEVER_DONE = 0.09
WORKING_DAYS = np.array([0.6, 14.0, 20.5, 18.0])
SPREAD = np.array([0.7, 0.9, 0.4, 0.4])
ASKED = np.array([0.008, 0.125, 0.36, 0.5, 0.0])
"""Likelihood of a request at conviction by class of offence."""
PROPOSALS = (
    "community_order",
    "suspended_sentence",
    "determinate_custody",
    "fine",
    "conditional_discharge",
    "none",
)
PROPOSAL_SHARES = (0.80, 0.06, 0.05, 0.015, 0.015, 0.06)


def ask_for_reports(town: Town, cases: pl.DataFrame) -> pl.DataFrame:
    """Adds the report of each case and the day on which sentence can be passed.

    Returns:
        The cases with `report_asked, report_requested, report_required, report_completed,
        type_asked, type_delivered, proposal, sentence_date`; types are places in `TYPES`, proposals
        in `PROPOSALS`, -1 for none.
    """
    rng = open_stream(town, "reports")
    size = len(cases)
    verdict = cases["earliest_sentence"].to_numpy()
    year = np.clip(year_of(verdict), 2013, 2020)
    crown = cases["crown"].to_numpy()
    likely = (
        ASKED[cases["kind_of_offence"].to_numpy()]
        * np.array([VOLUME_BY_YEAR.get(each, 1.0) for each in range(2013, 2021)])[year - 2013]
    )
    likely = np.where(crown, np.maximum(likely, 0.42), likely)
    asked = (
        draw_chance(rng, likely, size)
        & cases["convicted"].to_numpy()
        & (cases["age"].to_numpy() >= 18)
    )
    delivered = pick_each(rng, _mix(year, crown, cases["region"].to_numpy() == WALES))
    wanted = np.where(draw_chance(rng, MISMATCH, size), _other_type(rng, delivered), delivered)
    wait = np.floor(
        whole_days(rng, WORKING_DAYS[delivered], 0.0, size)
        * np.exp(rng.normal(0, 1, size) * SPREAD[delivered])
        * 1.4
    )
    wait = np.where(
        (delivered == 0) & draw_chance(rng, 0.6, size), 0, np.minimum(wait, 120)
    ).astype(np.int64)
    done = asked & ~draw_chance(rng, NEVER_DONE, size)
    completed = verdict + wait
    late = draw_chance(rng, 0.004, size)
    required = completed + np.where(late, -1, rng.integers(0, 3, size) * (wait > 0))
    sentence = verdict + np.where(
        asked, np.where(wait == 0, 0, wait + rng.integers(0, 4, size)), _delay(rng, crown, size)
    )
    return cases.with_columns(
        report_asked=asked,
        report_requested=np.where(asked, verdict, NEVER),
        report_required=np.where(asked, np.maximum(required, verdict), NEVER),
        report_completed=np.where(done, completed, NEVER),
        type_asked=np.where(asked, wanted, -1),
        type_delivered=np.where(done, delivered, -1),
        proposal=np.where(done, draw_places(rng, PROPOSAL_SHARES, size), -1),
        sentence_date=np.where(cases["convicted"].to_numpy(), sentence, NEVER),
    )


def _mix(year: Ints, crown: Bools, wales: Bools) -> Floats:
    """Weights of the types for each row: the Crown Court has fewer oral and more full reports."""
    table = np.array([MIX_BY_YEAR[each] for each in range(2013, 2021)])[year - 2013].copy()
    table[:, 0] *= np.where(crown, 0.7, 1.4)
    table[:, 2] *= np.where(crown, 1.9, 0.75) * np.where(wales, 1.7, 1.0)
    return table


def _other_type(rng: np.random.Generator, delivered: Ints) -> Ints:
    """The type asked for where another came: most often a fuller one."""
    fuller = np.array([1, 2, 1, 2])
    lighter = np.array([1, 0, 1, 1])
    return np.where(draw_chance(rng, 0.72, len(delivered)), fuller[delivered], lighter[delivered])


def _delay(rng: np.random.Generator, crown: Bools, size: int) -> Ints:
    return np.where(
        crown,
        whole_days(rng, 14, 0.8, size) * draw_chance(rng, 0.5, size),
        whole_days(rng, 14, 0.5, size) * draw_chance(rng, 0.08, size),
    )
