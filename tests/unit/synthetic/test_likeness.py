"""The made-up world is about as large as one percent of the nation, and like it where official
figures say how.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic.calendar import WINDOWS, day_number
from pipeline.synthetic.lives.sentencing import CUSTODIAL, DETERMINATE, EXTENDED, TRAINING
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import GROUPS, People
from pipeline.synthetic.world import DEFAULT_PEOPLE, people_for_share

Tables = dict[tuple[str, str], pl.DataFrame]
World = tuple[People, Lives]


def test_share_of_the_nation_gives_people() -> None:
    assert people_for_share(0.01) == DEFAULT_PEOPLE
    assert people_for_share(1.0) == 100 * DEFAULT_PEOPLE


@pytest.mark.parametrize(
    ("source", "table", "records"),
    [
        ("magistrates", "defendants", 131_000),
        ("probation", "offenders", 19_000),
        ("prison", "custodial_journeys", 13_000),
        ("crown_court", "defendants", 10_000),
    ],
)
def test_volumes_are_one_percent_of_the_nation(
    default_tables: Tables, source: str, table: str, records: int
) -> None:
    assert default_tables[source, table].height == pytest.approx(records, rel=0.1)


def test_records_are_those_of_the_window(default_tables: Tables) -> None:
    for source, table, column in (
        ("magistrates", "defendants", "first_hearing_date"),
        ("crown_court", "defendants", "receipt_date"),
        ("prison", "custodial_journeys", "booking_begin_date"),
        ("probation", "events", "referral_date"),
    ):
        first, last = WINDOWS[source]
        days = default_tables[source, table][column].to_physical()
        assert days.is_between(first, last).all()


def test_custody_rate_and_length_are_near_the_official_ones(default_world: World) -> None:
    passed = default_world[1].cases.filter(
        (pl.col("disposal") >= 0)
        & pl.col("sentence_date").is_between(day_number(2015, 1), day_number(2019, 12, 31))
    )
    assert (passed["disposal"] <= CUSTODIAL).mean() == pytest.approx(0.065, abs=0.012)
    terms = passed.filter(pl.col("disposal").is_in([EXTENDED, DETERMINATE, TRAINING]))["term_days"]
    assert terms.mean() == pytest.approx(18.9 * 30.4375, rel=0.15)


def test_reports_of_2019_are_mostly_oral(default_tables: Tables) -> None:
    reports = default_tables["probation", "court_reports"].filter(
        pl.col("completed_date").is_between(pl.date(2019, 4, 1), pl.date(2020, 3, 31))
    )
    types = reports.filter(pl.col("_case") >= 0)["delivered_court_report_type_code"]
    for code, official in (("CJO", 0.52), ("CJF", 0.45), ("CJS", 0.03)):
        assert (types == code).mean() == pytest.approx(official, abs=0.05)


def test_recalls_and_their_reasons_are_near_the_official_ones(default_tables: Tables) -> None:
    recalls = default_tables["probation", "recalls"].filter(pl.col("_case") >= 0)
    of_2018 = recalls.filter(pl.col("recall_date").dt.year() == 2018)
    assert of_2018.height == pytest.approx(240, rel=0.25)
    assert recalls["ppcs_reason_codes"].str.split(";").list.len().mean() == pytest.approx(
        1.75, abs=0.1
    )


def test_defendants_of_2011_return_as_reported(default_tables: Tables) -> None:
    people = default_tables["magistrates", "defendants"].filter(
        ~pl.col("is_company") & (pl.col("first_hearing_date") < pl.date(2020, 1, 1))
    )
    seen = people.group_by("_person").agg(
        pl.len(), pl.col("first_hearing_date").min().alias("first")
    )
    first = seen.filter(pl.col("first") < pl.date(2012, 1, 1))["len"]
    assert (first > 1).mean() == pytest.approx(0.56, abs=0.05)
    assert (first == 2).mean() == pytest.approx(0.17, abs=0.03)
    assert (first >= 7).mean() == pytest.approx(0.18, abs=0.03)


def test_mistakes_fall_harder_on_some_groups(default_world: World, default_tables: Tables) -> None:
    people = default_world[0]
    rows = default_tables["magistrates", "defendants"].filter(
        pl.col("_person").str.starts_with("T")
    )
    person = rows["_person"].str.slice(1).cast(pl.Int64).to_numpy()
    true_name, written = people.forename.gather(person), rows["forename"]
    wrong = (true_name != written).to_numpy()
    group = people.group[person]
    white, others = (
        wrong[group == GROUPS.index("White")].mean(),
        wrong[group != GROUPS.index("White")].mean(),
    )
    assert 0.01 < white < 0.06
    assert others > 1.3 * white
    assert np.isfinite(others)


def test_traps_are_planted(default_tables: Tables) -> None:
    """Each is a quirk that the contracts name."""
    magistrates, crown = (
        default_tables["magistrates", "defendants"],
        default_tables["crown_court", "defendants"],
    )
    journeys, offenders = (
        default_tables["prison", "custodial_journeys"],
        default_tables["probation", "offenders"],
    )
    events, recalls = default_tables["probation", "events"], default_tables["probation", "recalls"]
    releases, moves = default_tables["probation", "releases"], default_tables["prison", "movements"]
    planted = {
        "companies": magistrates["is_company"].sum(),
        "no crime": magistrates["offence_category"].is_in(["CB", "VP", "CR"]).sum(),
        "appeals": (crown["case_type"] == "A").sum(),
        "obsolete": crown["obs_ind"].sum(),
        "masked": crown["is_masked"].sum(),
        "merged": (journeys["movement_reason_code"] == "MRG").sum(),
        "merged ethnicity": (journeys["race_code"] == "MERGE").sum(),
        "overrides": journeys["crd_overrided_date"].count(),
        "recalled inside": (
            moves.filter(pl.col("movement_type") == "ADM")["from_agy_loc_id"] != "OUT"
        ).sum(),
        "markers": offenders["first_name"].str.contains("^(MIG_ERROR_|NO_SHOW_|DUPLICATE_)").sum(),
        "default births": offenders["date_of_birth_date"]
        .is_in([pl.Series(["1900-01-01"]).str.to_date()[0]])
        .sum(),
        "no abode": offenders["postcode"].is_in(["NF1 1NF"]).sum(),
        "junk ethnicity": offenders["ethnicity_desc"].str.starts_with("Z_Dummy").sum(),
        "repeated events": events["event_id_hash"].is_duplicated().sum(),
        "without disposal": events["disposal_type_description"].is_null().sum(),
        "adjourned": events["disposal_type_description"].str.starts_with("Adjourned").sum(),
        "deleted": events["soft_deleted"].sum(),
        "temporary": (releases["release_type_desc"] == "Release on Temporary Licence").sum(),
        "no recall": recalls["recall_reason_code"].is_in(["NN", "EOTL", "TSH"]).sum(),
        "refused": recalls["recall_outcome_code"].is_in(["REC03", "REC04", "REC05"]).sum(),
        "rescinded": recalls["rescinded"].sum(),
        "at large": recalls.filter(pl.col("_case") >= 0)["return_to_custody_date"].null_count(),
    }
    assert {name: count for name, count in planted.items() if not count} == {}
