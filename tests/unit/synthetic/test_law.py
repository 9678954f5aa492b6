"""The law holds in the truth: sentences, releases, licences, recalls and supervision, each by the
regime of its day.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic.calendar import LASPO, NEVER, ORA, SDS_PLUS, day_number, plus_months
from pipeline.synthetic.extracts.prison_spells import list_spells
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.lives.recall import RecallLength
from pipeline.synthetic.lives.sentencing import DETERMINATE, EXTENDED, IPP
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import People

World = tuple[People, Lives]


@pytest.fixture(scope="module")
def recalls(default_world: World) -> pl.DataFrame:
    """Each recall with the release it ends and the custody it belongs to."""
    lives = default_world[1]
    before = lives.releases.select(
        "case", pl.col("cycle") + 1, released="release_date", licensed="on_licence"
    )
    facts = lives.custody.select(
        "case",
        "licence_end",
        "sed",
        "under_12_months",
        "indeterminate",
        "release_kind",
        "crd",
        offender="person",
        sentenced_on="sentence_date",
    )
    offences = lives.cases.select("case", "offence_date")
    held = (
        lives.recalls.join(before, on=["case", "cycle"], how="left")
        .join(facts, on="case")
        .join(offences, on="case")
    )
    return held.sort("case", "cycle")


@pytest.fixture(scope="module")
def sentenced(default_world: World) -> pl.DataFrame:
    lives = default_world[1]
    return lives.custody.filter("is_sentence").join(
        lives.cases.select("case", "offence_date", "crown", "offence"), on="case"
    )


def test_a_recall_ends_a_release_on_licence_before_the_licence_ends(recalls: pl.DataFrame) -> None:
    assert recalls.height > 500
    assert recalls["released"].is_not_null().all()
    assert recalls["licensed"].all()
    assert (recalls["revocation_date"] > recalls["released"]).all()
    assert (recalls["revocation_date"] < recalls["licence_end"]).all()


def test_one_recall_a_person_and_day(recalls: pl.DataFrame) -> None:
    assert recalls.select("person", "revocation_date").is_unique().all()


def test_nobody_is_recalled_from_a_short_sentence_of_before_2015(recalls: pl.DataFrame) -> None:
    assert recalls.filter(pl.col("under_12_months") & (pl.col("offence_date") < ORA)).is_empty()


def test_fourteen_days_only_for_short_sentences_and_indeterminate_recalls_are_emergencies(
    recalls: pl.DataFrame,
) -> None:
    fourteen = recalls.filter(pl.col("kind") == RecallLength.FIXED_14)
    assert fourteen.height > 100
    assert fourteen["under_12_months"].all()
    assert (fourteen["revocation_date"] >= ORA).all()
    lifers = recalls.filter(pl.col("indeterminate"))
    assert (lifers["kind"] == RecallLength.STANDARD_INDETERMINATE).all()
    assert lifers["emergency"].all()


@pytest.mark.parametrize(("kind", "days"), [("fixed_14", 14), ("fixed_28", 28)])
def test_a_fixed_term_ends_on_its_day_unless_the_sentence_ends_first(
    default_world: World, recalls: pl.DataFrame, kind: str, days: int
) -> None:
    fixed = recalls.filter(
        (pl.col("kind") == RecallLength[kind.upper()]) & (pl.col("return_date") < NEVER)
    )
    after = default_world[1].releases.select("case", "cycle", again="release_date")
    held = fixed.join(after, on=["case", "cycle"])
    assert held.height > 50
    due = np.minimum((held["return_date"] + days - 1).to_numpy(), held["licence_end"].to_numpy())
    assert (held["again"].to_numpy() == due).all()


def test_half_way_unless_the_law_says_two_thirds(sentenced: pl.DataFrame) -> None:
    plain = sentenced.filter(
        (pl.col("disposal") == DETERMINATE) & (pl.col("sentence_date") < SDS_PLUS)
    )
    term, start, credit = (plain[name].to_numpy() for name in ("term", "sentence_date", "credit"))
    assert (
        plain["crd"].to_numpy() == np.maximum(start + (term + 1) // 2 - 1 - credit, start)
    ).all()
    long = sentenced.filter(
        (pl.col("sentence_date") >= SDS_PLUS)
        & (pl.col("disposal") == DETERMINATE)
        & (pl.col("term") >= 7 * 365)
    )
    assert (long["crd"] - long["sentence_date"] + 1 + long["credit"] > long["term"] * 0.66).any()


def test_released_no_earlier_than_curfew_and_no_later_than_expiry(sentenced: pl.DataFrame) -> None:
    out = sentenced.filter(
        (pl.col("release_date") < NEVER) & ~pl.col("died_inside") & ~pl.col("indeterminate")
    )
    assert (out["release_date"] <= out["sed"]).all()
    early = out.filter(pl.col("release_date") < pl.col("crd"))
    assert (early["release_kind"].is_in([ReleaseKind.HDC, ReleaseKind.DEPORTED])).all()
    assert (early["crd"] - early["release_date"] <= 135).all()


def test_supervision_ends_twelve_months_after_conditional_release_exactly_when_eligible(
    sentenced: pl.DataFrame,
) -> None:
    adult = sentenced.filter((pl.col("disposal") == DETERMINATE) & (pl.col("age") >= 18))
    eligible = (
        (adult["offence_date"] >= ORA)
        & (adult["term"] > 1)
        & (adult["term"] < 730)
        & (adult["sed"] - adult["crd"] < 365)
    )
    due = plus_months(adult["crd"].to_numpy(), 12)
    longer = pl.Series(due) > adult["sed"]
    assert ((adult["pss_end"] > 0) == (eligible & longer)).all()
    held = (adult["pss_end"] > 0).to_numpy()
    assert (adult["pss_end"].to_numpy()[held] == due[held]).all()


def test_no_licence_for_short_sentences_of_before_2015(sentenced: pl.DataFrame) -> None:
    short = sentenced.filter((pl.col("term") < 365) & (pl.col("disposal") == DETERMINATE))
    assert ((short["licence_end"] > 0) == (short["offence_date"] >= ORA)).all()


def test_sentences_exist_only_in_their_time(default_world: World) -> None:
    cases = default_world[1].cases.filter(pl.col("disposal") >= 0)
    assert cases.filter((pl.col("disposal") == IPP) & (pl.col("sentence_date") >= LASPO)).is_empty()
    assert cases.filter(
        (pl.col("disposal") == EXTENDED) & (pl.col("sentence_date") < LASPO)
    ).is_empty()
    assert (
        cases.filter(~pl.col("crown") & (pl.col("disposal") == DETERMINATE))["term_days"].max()
        == 182
    )
    assert cases.filter((pl.col("age") < 18) & (pl.col("disposal") == DETERMINATE)).is_empty()


def test_nobody_is_in_prison_twice_or_offends_inside(default_world: World) -> None:
    stretches = list_spells(default_world[0].town, default_world[1]).select(
        "person", "start", "end"
    )
    follows = stretches.with_columns(before=pl.col("end").shift(1).over("person")).drop_nulls()
    assert (follows["start"] >= follows["before"]).all()
    both = default_world[1].cases.select("person", "offence_date").join(stretches, on="person")
    inside = both.filter(
        (pl.col("offence_date") >= pl.col("start")) & (pl.col("offence_date") < pl.col("end"))
    )
    assert inside.is_empty()


def test_nothing_happens_after_death(default_world: World) -> None:
    people, lives = default_world
    for frame, column in (
        (lives.cases, "offence_date"),
        (lives.releases, "release_date"),
        (lives.recalls, "revocation_date"),
    ):
        died = people.died[frame["person"].to_numpy()]
        assert (frame[column].to_numpy() <= died).all()
    sentenced = lives.cases.filter(pl.col("sentence_date") < NEVER)
    assert (
        sentenced["sentence_date"].to_numpy() < people.died[sentenced["person"].to_numpy()]
    ).all()
    assert (lives.custody["custody_from"] <= lives.custody["release_date"]).all()


def test_months_are_counted_by_the_calendar() -> None:
    days = np.array([day_number(2016, 1, 31), day_number(2016, 2, 29)])
    assert plus_months(days, np.array([1, 12])).tolist() == [
        day_number(2016, 2, 29),
        day_number(2017, 2, 28),
    ]
    assert day_number(1970, 1, 2) == 1 == (date(1970, 1, 2) - date(1970, 1, 1)).days
