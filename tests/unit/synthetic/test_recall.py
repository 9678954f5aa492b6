"""Recalls by the law of their day, and as often as published; what a new time in prison does to
them.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic.calendar import NEVER, ORA, WORLD_TO, YEAR_DAYS
from pipeline.synthetic.lives.recall import RECALL_LENGTHS
from pipeline.synthetic.lives.sentencing import EXTENDED
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import People

World = tuple[People, Lives]


@pytest.fixture(scope="module")
def recalls(default_world: World) -> pl.DataFrame:
    lives = default_world[1]
    facts = lives.custody.select(
        "case", "disposal", "term", "under_12_months", "indeterminate", "cut", "licence_end"
    )
    return lives.recalls.join(facts, on="case")


def test_an_extended_sentence_has_a_custodial_term_of_twelve_months_or_more(
    default_world: World,
) -> None:
    terms = default_world[1].custody.filter(
        pl.col("is_sentence") & (pl.col("disposal") == EXTENDED)
    )["term"]
    assert len(terms) > 20
    assert (terms >= YEAR_DAYS).all()


def test_fourteen_days_only_below_twelve_months_and_since_february_2015(
    recalls: pl.DataFrame,
) -> None:
    fourteen = recalls.filter(pl.col("kind") == RECALL_LENGTHS.index("fixed_14"))
    assert fourteen.height > 100
    assert (fourteen["term"] < YEAR_DAYS).all()
    assert (fourteen["disposal"] != EXTENDED).all()
    assert (fourteen["revocation_date"] >= ORA).all()


def test_licences_for_life_are_revoked_about_one_in_ten_a_year(default_world: World) -> None:
    """Counted over the years at liberty until recall, a new time in prison, death or the end of the
    world.
    """
    people, lives = default_world
    held = lives.releases.filter("on_licence").join(
        lives.custody.filter("indeterminate").select("case", "cut"),
        on="case",
        how="inner",
        maintain_order="left",
    )
    held = held.join(
        lives.recalls.filter(~pl.col("charged")).select(
            "case", pl.col("cycle") - 1, "revocation_date"
        ),
        on=["case", "cycle"],
        how="left",
    )
    last = np.minimum(
        np.minimum(held["cut"].to_numpy(), WORLD_TO), people.died[held["person"].to_numpy()]
    )
    revoked = held["revocation_date"].fill_null(NEVER).to_numpy()
    years = (np.minimum(revoked, last) - held["release_date"].to_numpy()).sum() / YEAR_DAYS
    assert years > 100
    assert (revoked < NEVER).sum() / years == pytest.approx(0.10, abs=0.06)


def test_a_new_time_in_prison_ends_the_recall_or_hides_it(recalls: pl.DataFrame) -> None:
    overtaken = recalls.filter((pl.col("cut") < NEVER) & (pl.col("return_date") < NEVER))
    seen, hidden = overtaken.filter(~pl.col("hidden")), overtaken.filter("hidden")
    assert min(seen.height, hidden.height) > 50
    assert (seen["back_until"] <= seen["cut"]).all()
    assert (hidden["return_date"] >= hidden["cut"]).all()
    assert (hidden["revocation_date"] < hidden["licence_end"]).all()
    assert hidden["charged"].any()
    assert not recalls.filter(~pl.col("hidden"))["charged"].any()
