"""Each planted effect is found by the regression that the truth names, and what was not planted is
not.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from pipeline.synthetic.build_partition import make_lives
from pipeline.synthetic.extracts import (
    prison_days,
    prison_spells,
    probation,
    probation_contact,
    probation_orders,
)
from pipeline.synthetic.lives.effects import LOG_RISK, list_effects
from pipeline.synthetic.lives.licence import HANDOVER_DAYS
from pipeline.synthetic.lives.supervision import supervise_orders
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.truth.effect_truth import list_units

PEOPLE = 120_000
SEED = 3
CONFIDENCE = 2.5758
"""Half the width of a 99% interval in standard errors: twenty of them, all at once, should hold."""
EFFECTS = list_effects()
ROWS = [
    pytest.param(row, id=f"{row['effect']}: {row['exposure']}") for row in EFFECTS.rows(named=True)
]

World = tuple[People, Lives]
Row = dict[str, Any]


@pytest.fixture(scope="session")
def town() -> World:
    return make_lives(Town(SEED, 0, PEOPLE, PEOPLE), lambda *_: None)


@pytest.fixture(scope="session")
def tables(town: World) -> dict[str, pl.DataFrame]:
    people, lives = town
    conditions = probation_orders.licence_conditions(
        people.town, probation.list_caseload(lives), lives
    )
    return list_units({("probation", "licence_conditions"): conditions}, lives, people)


class Fits:
    """Regressions on the tables of units, each made once."""

    def __init__(self, tables: dict[str, pl.DataFrame]) -> None:
        self.tables = tables
        self.fit = cache(self._fit)

    def _fit(self, units: str, formula: str, scale: str) -> Any:
        columns = [
            name
            for name in self.tables[units].columns
            if name in formula or name == "true_person_id"
        ]
        held = self.tables[units].select(columns).drop_nulls()
        person = held["true_person_id"].rank("dense").to_numpy()
        family = sm.families.Poisson() if scale == LOG_RISK else sm.families.Binomial()
        model = smf.glm(formula, held.drop("true_person_id").to_pandas(), family=family)
        return model.fit(cov_type="cluster", cov_kwds={"groups": person})

    def estimate(self, row: Row, formula: str | None = None) -> tuple[float, float]:
        """Coefficient and standard error of a row's term."""
        found = self.fit(row["units"], formula or row["regression"], row["scale"])
        return float(found.params[row["term"]]), float(found.bse[row["term"]])


@pytest.fixture(scope="session")
def fits(tables: dict[str, pl.DataFrame]) -> Fits:
    return Fits(tables)


@pytest.mark.parametrize("row", ROWS)
def test_the_stated_regression_finds_the_stated_size(fits: Fits, row: Row) -> None:
    found, error = fits.estimate(row)
    assert abs(found - row["size"]) < CONFIDENCE * error


def test_nulls_are_those_of_size_nought_and_say_so() -> None:
    assert EFFECTS.filter("is_null").height >= 3
    assert ((EFFECTS["size"] == 0) == EFFECTS["is_null"]).all()
    assert EFFECTS.select("effect", "exposure").is_unique().all()


@pytest.mark.parametrize(
    "effect",
    [
        "community order on reoffending",
        "record on custody",
        "late start on breach",
        "officer change on recall",
        "prison support on recall",
    ],
)
def test_effects_are_large_enough_to_be_told_from_none(fits: Fits, effect: str) -> None:
    found, error = fits.estimate(EFFECTS.filter(pl.col("effect") == effect).row(0, named=True))
    assert abs(found) > 1.96 * error


@pytest.mark.parametrize(
    ("effect", "naive"),
    [
        ("community order on reoffending", "reoffended ~ community_order"),
        ("officer change on recall", "recalled ~ officer_changed"),
        ("prison support on recall", "recalled ~ supported"),
        ("ethnicity on custody", "custody ~ C(ethnic_group, Treatment('White'))"),
        ("licence conditions on recall", "recalled ~ conditions"),
    ],
)
def test_without_the_confounders_the_answer_is_wrong(fits: Fits, effect: str, naive: str) -> None:
    row = EFFECTS.filter(pl.col("effect") == effect).row(0, named=True)
    found, error = fits.estimate(row, naive)
    assert abs(found - row["size"]) > 1.96 * error


def test_a_change_of_officer_is_the_only_one_of_the_first_days(town: World) -> None:
    people, lives = town
    held = probation.list_caseload(lives)
    spells = probation_contact.supervised_spells(
        held, lives, supervise_orders(people.town, lives.cases, people)
    )
    rows = probation_contact.officer_allocations(people.town, spells)
    licences = spells.filter(
        pl.col("handover_day").is_not_null() & (pl.col("end") > pl.col("start") + HANDOVER_DAYS)
    )
    early = rows.join(licences.select(_case="case", released="start"), on="_case").filter(
        (pl.col("_from") > pl.col("released"))
        & (pl.col("_from") <= pl.col("released") + HANDOVER_DAYS)
    )
    stated = licences.filter(pl.col("handover_day") < pl.col("end"))
    assert stated.height > 500
    assert sorted(early["_case"]) == sorted(stated["case"])
    officers = (
        rows.filter(pl.col("_case").is_in(stated["case"].implode()))
        .sort("_case", "_from")
        .group_by("_case", maintain_order=True)
    )
    first_two = officers.agg(pl.col("_officer").head(2))["_officer"].to_list()
    assert all(first != second for first, second in first_two)


def test_support_shows_as_something_completed_before_release(town: World) -> None:
    people, lives = town
    spells = prison_spells.list_spells(people.town, lives)
    rows = prison_days.extract_interventions(people.town, spells)
    first = spells.filter((pl.col("cycle") == 0) & pl.col("supported").is_not_null())
    alone = first.join(spells.group_by("journey").len(), on="journey").filter(pl.col("len") == 1)
    book = pl.format("PB{}", (alone["journey"] + 600_000_000).cast(pl.String).str.zfill(9))
    alone = alone.with_columns(offender_book_id=pl.select(book).to_series())
    done = (
        rows.filter(pl.col("intervention_outcome_desc") == "Completed")
        .select("offender_book_id")
        .unique()
        .with_columns(done=True)
    )
    known = alone.join(rows.select("offender_book_id").unique(), on="offender_book_id").join(
        done, on="offender_book_id", how="left"
    )
    assert known["supported"].sum() > 300
    assert (known["done"].fill_null(False) == known["supported"]).all()


def test_recalled_is_what_was_due(town: World, tables: dict[str, pl.DataFrame]) -> None:
    """Nothing that comes later decides whether a licence counts as recalled."""
    lives = town[1]
    due = lives.releases.filter(
        (pl.col("cycle") == 0) & pl.col("on_licence") & (pl.col("recall_due") < 2**30)
    )["case"]
    recalled = lives.recalls.filter((pl.col("cycle") == 1) & ~pl.col("charged"))["case"]
    assert recalled.is_in(due.implode()).all()
    assert tables["licences"]["recalled"].mean() == pytest.approx(0.4, abs=0.15)
    assert np.isfinite(tables["index_disposals"]["career_log_risk"].drop_nulls().to_numpy()).all()
