"""Tallies of prisons and probation: who is inside, who comes and goes, who is supervised.

Belongs here: stocks and flows of custody and supervision, as they truly were. Does not belong here:
recall (tallies_recalls), sentences (tallies_courts).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import day_number
from pipeline.synthetic.calibration.tallies_sheet import (
    Made,
    Sheet,
    Tables,
    fall_within,
    quarter_period,
)
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.lives.sentencing import COMMUNITY, SUSPENDED
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import GROUPS, People
from pipeline.synthetic.random_draws import Ints

QUARTERS = {"2018_q3": (2018, 3), "2020_q2": (2020, 2)}
INSIDE = {
    "prison_population_2018": day_number(2018, 12, 31),
    "prison_population_2020": day_number(2020, 9, 30),
}
SUPERVISED = {
    "supervised_2018": day_number(2018, 9, 30),
    "supervised_2020": day_number(2020, 6, 30),
}


def add_tallies(sheet: Sheet, made: Made) -> None:
    """Prison stocks and flows, and people under supervision."""
    lives, people = made.lives, made.people
    for measure, on in INSIDE.items():
        sheet.count(measure, len(_inside(lives, on)))
    groups = people.group[_inside(lives, day_number(2016, 12, 31))]
    sheet.share("prisoners_minority", groups != GROUPS.index("White"))
    sheet.share("prisoners_black", groups == GROUPS.index("Black"))
    _flows(sheet, lives)
    for measure, on in SUPERVISED.items():
        sheet.count(measure, _supervised(made.tables, lives, people, on))


def _inside(lives: Lives, on: int) -> Ints:
    """People in prison at the end of a day, each once."""
    first = lives.custody.filter((pl.col("custody_from") <= on) & (pl.col("release_date") > on))
    back = lives.recalls.filter(
        ~pl.col("hidden") & (pl.col("return_date") <= on) & (pl.col("back_until") > on)
    )
    return np.unique(np.concatenate([first["person"].to_numpy(), back["person"].to_numpy()]))


def _flows(sheet: Sheet, lives: Lives) -> None:
    """Counts first receptions and first releases, and takes recalls as a ratio of these releases.

    First receptions are on remand or sentence; first releases are from a sentence.
    """
    released = lives.releases.filter(pl.col("cycle") == 0)["release_date"].to_numpy()
    for name, (of, number) in QUARTERS.items():
        period = quarter_period(of, number)
        out = int(fall_within(released, period).sum())
        sheet.count(
            f"first_receptions_{name}",
            int(fall_within(lives.custody["custody_from"], period).sum()),
        )
        sheet.count(f"releases_from_sentence_{name}", out)
        sheet.ratio(
            f"recalls_to_releases_{name}",
            int(fall_within(lives.recalls["revocation_date"], period).sum()),
            out,
        )


def _supervised(tables: Tables, lives: Lives, people: People, on: int) -> int:
    """Number of adults under supervision now or later, each counted once.

    They are under an order, in custody with supervision to come, on licence, or under supervision
    after it.
    """
    deported = (pl.col("release_kind") == ReleaseKind.DEPORTED) & (pl.col("release_date") <= on)
    until = pl.max_horizontal("licence_end", "pss_end")
    sentenced = (
        pl.col("is_sentence")
        & (pl.col("age") >= 18)
        & (pl.col("licence_end") > 0)
        & (pl.col("sentence_date") <= on)
    )
    held = lives.custody.filter(sentenced & (until > on) & ~deported)["person"].to_numpy()
    everybody = np.unique(np.concatenate([_under_order(tables, lives, on), held]))
    return int((people.died[everybody] > on).sum())


def _under_order(tables: Tables, lives: Lives, on: int) -> Ints:
    """Adults whose community or suspended sentence order runs.

    It was passed, is not yet over, and was not closed by probation.
    """
    passed = (
        pl.col("disposal").is_in([COMMUNITY, SUSPENDED])
        & (pl.col("age") >= 18)
        & (pl.col("sentence_date") <= on)
    )
    orders = lives.cases.filter(passed & (pl.col("sentence_date") + pl.col("order_days") > on))
    events = key_ranges.EVENT.references(orders["case"].to_numpy())
    keys = orders.select("person").with_columns(event_id_hash=events)
    ended = tables["probation", "events"].filter(
        pl.col("disposal_termination_date").to_physical() <= on
    )
    return keys.join(ended, on="event_id_hash", how="anti")["person"].to_numpy()
