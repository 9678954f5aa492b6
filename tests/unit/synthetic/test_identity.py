"""Who records say somebody is: mistakes that gather in people and differ by group, addresses,
ranges, and what the truth says of them.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data_contracts import tables as contracts
from data_contracts.fields import columns, facts
from pipeline.synthetic.build_partition import make_lives, record_tables
from pipeline.synthetic.corruption.identity_errors import BIT, KINDS, has_error, list_names
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population import homes, names, ranges
from pipeline.synthetic.population.people import DECILES, GROUPS, People
from pipeline.synthetic.population.police_numbers import prison_numbers
from pipeline.synthetic.truth import world_truth

Tables = dict[tuple[str, str], pl.DataFrame]
World = tuple[People, Lives]
IDENTITY = {
    ("magistrates", "defendants"): (
        "forename",
        "middle_names",
        "surname",
        "date_of_birth",
        "pnc_id",
        "cro_number",
        "postcode",
    ),
    ("crown_court", "defendants"): (
        "first_name",
        "middle_name",
        "surname",
        "date_of_birth",
        "pnc_id",
        "cro_number",
        "postcode",
    ),
    ("prison", "custodial_journeys"): (
        "first_name",
        "middle_name",
        "last_name",
        "birth_date",
        "pnc_number",
        "cro_number",
        "postcode",
    ),
    ("probation", "offenders"): (
        "first_name",
        "second_name",
        "surname",
        "date_of_birth_date",
        "pnc_number",
        "cro_number",
        "postcode",
    ),
}
COMMON = ("forename", "middle", "surname", "born", "pnc", "cro", "postcode")


def identities(tables: Tables) -> pl.DataFrame:
    """Who each delivered record of a person says it is, in columns of one name."""
    parts = [
        tables[name]
        .filter(pl.col("_person").str.starts_with("T"))
        .select(
            *(pl.col(a).alias(b) for a, b in zip(of, COMMON, strict=True)), "_person", "_errors"
        )
        for name, of in IDENTITY.items()
        if name in tables
    ]
    return pl.concat(parts)


def test_without_errors_people_are_themselves_in_every_record() -> None:
    people, lives = make_lives(Town(1, 0, 12_000, 12_000), lambda *_: None)
    tables = record_tables(people, lives, errors=False, tell=lambda *_: None)
    held = identities(tables)
    several = held.group_by("_person").agg(pl.len(), pl.col(*COMMON).n_unique())
    assert several.filter(pl.col("len") > 1).height > 3_000
    for column in ("forename", "middle", "born", "pnc", "cro"):
        assert several[column].max() == 1
    changed = (
        several.filter(pl.col("surname") > 1)["_person"].str.slice(1).cast(pl.Int64).to_numpy()
    )
    assert 0 < len(changed) < len(several) / 20
    assert people.female[changed].all()
    assert several["surname"].max() == 2
    assert several["postcode"].to_numpy().max() > 2


def test_mistakes_gather_in_some_people(default_tables: Tables) -> None:
    """Counts of mistyped records spread more than by chance alone, among people of one group with
    as many records.
    """
    rows = default_tables["magistrates", "defendants"].filter(
        pl.col("_person").str.starts_with("T")
    )
    of_person = (
        rows.group_by("_person")
        .agg(pl.len(), has_error("typing").sum().alias("wrong"))
        .filter(pl.col("len").is_between(8, 12))
    )
    wrong, size = of_person["wrong"].to_numpy(), of_person["len"].to_numpy()
    rate = wrong.sum() / size.sum()
    by_chance = size.mean() * rate * (1 - rate)
    assert of_person.height > 500
    assert wrong.var() > 1.15 * by_chance


def test_mistakes_differ_by_group_sex_and_age(default_world: World, default_tables: Tables) -> None:
    people = default_world[0]
    rows = default_tables["magistrates", "defendants"].filter(
        pl.col("_person").str.starts_with("T")
    )
    person = rows["_person"].str.slice(1).cast(pl.Int64).to_numpy()
    wrong = rows.select(has_error("typing")).to_series().to_numpy()
    age, group = rows["age_at_first_hearing"].to_numpy(), people.group[person]
    white = group == GROUPS.index("White")
    plain = wrong[white & ~people.female[person] & (age >= 21) & (age <= 60)].mean()
    assert wrong[group == GROUPS.index("Asian")].mean() > 1.3 * plain
    assert wrong[group == GROUPS.index("Black")].mean() > 1.15 * plain
    assert wrong[white & people.female[person]].mean() > 1.02 * plain
    assert wrong[white & (age < 21)].mean() > 1.05 * plain


def test_two_records_of_a_person_agree_as_the_public_model_expects(default_tables: Tables) -> None:
    """Shares of pairs by level, against the m probabilities of ministryofjustice/hmpps-person-match
    (17 March 2025).
    """
    held = identities(
        {name: rows for name, rows in default_tables.items() if name[0] != "magistrates"}
    )
    held = held.filter(pl.col("surname") != "WITHHELD").with_columns(
        place=pl.int_range(pl.len()).shuffle(seed=1).over("_person")
    )
    marked = pl.col("forename").str.replace("^(MIG_ERROR_|NO_SHOW_|DUPLICATE_)", "")
    held = held.with_columns(name=pl.format("{} {}", marked, "surname"))
    one, other = (held.filter(pl.col("place") == place) for place in (0, 1))
    pairs = one.join(other, on="_person", suffix="_r")
    assert pairs.height > 5_000
    births = pairs.drop_nulls(["born", "born_r"])
    middles = pairs.drop_nulls(["middle", "middle_r"])
    turned = (pl.col("forename") == pl.col("surname_r")) & (
        pl.col("surname") == pl.col("forename_r")
    )
    assert pairs.select((pl.col("name") == pl.col("name_r")).mean()).item() == pytest.approx(
        0.881, abs=0.03
    )
    assert pairs.select(turned.mean()).item() == pytest.approx(0.002, abs=0.0015)
    assert births.select((pl.col("born") == pl.col("born_r")).mean()).item() == pytest.approx(
        0.948, abs=0.025
    )
    assert middles.select((pl.col("middle") == pl.col("middle_r")).mean()).item() == pytest.approx(
        0.931, abs=0.03
    )


@pytest.mark.parametrize(
    ("column", "kind"), [("pnc_id", "pnc_mistyped"), ("cro_number", "cro_mistyped")]
)
def test_police_numbers_are_mistyped_in_several_ways(
    default_world: World, default_tables: Tables, column: str, kind: str
) -> None:
    people = default_world[0]
    own = people.pnc if column == "pnc_id" else people.cro
    rows = default_tables["magistrates", "defendants"].filter(has_error(kind))
    true = own.gather(rows["_person"].str.slice(1).cast(pl.Int64).to_numpy())
    plain = [each.str.replace_all(r"[/ ]", "") for each in (rows[column], true)]
    ours, theirs = plain[0].str.slice(-8, 7), plain[1].str.slice(-8, 7)
    letter = ((ours == theirs) & (plain[0].str.slice(-1) != plain[1].str.slice(-1))).to_numpy()
    same_figures = np.array([sorted(a) == sorted(b) for a, b in zip(ours, theirs, strict=True)])
    figures = (ours != theirs).to_numpy()
    assert 0.2 < letter.mean() < 0.5
    assert 0.1 < (figures & same_figures).mean() < 0.5
    assert 0.1 < (figures & ~same_figures).mean() < 0.6
    present = default_tables["magistrates", "defendants"][column].count()
    assert 0.005 < len(rows) / present < 0.02


def test_every_identifier_lies_in_its_range(default_tables: Tables) -> None:
    assert set(ranges.RANGES) == set(default_tables)
    for name, of_table in ranges.RANGES.items():
        for column, pattern in of_table.items():
            held = default_tables[name][column].drop_nulls()
            assert held.len() > 0, (name, column)
            assert held.str.contains(pattern).all(), (name, column)


def test_every_identifier_and_address_has_a_range() -> None:
    """Names and births have no range; a reference to another table's key is held with that key."""
    free = {"forename", "middle_names", "surname", "aliases", "date_of_birth"}
    for model in contracts():
        name = facts(model).source, facts(model).name
        if name not in ranges.RANGES:
            continue
        for column, said in columns(model).items():
            wanted = said.role == "key" or (
                said.identifier is not None and said.identifier not in free
            )
            assert not wanted or column in ranges.RANGES[name], (name, column)


def test_no_prison_number_is_given_twice() -> None:
    assert prison_numbers(np.arange(0, 18_000_000, 7)).is_unique().all()


def test_variants_are_other_names_of_every_kind() -> None:
    listed_names = names.list_variants().spans["name"]
    begin, width = names.list_variants().span(listed_names)
    written, kinds = names.list_variants().at(begin + width * 0.5)
    assert (written != listed_names).all()
    assert set(kinds.tolist()) == set(range(len(names.VARIANT_WEIGHTS)))
    assert names.list_variants().span(pl.Series(["NO SUCH NAME"]))[1].tolist() == [0.0]


def test_deprived_areas_hold_more_people_and_people_move_among_their_like(
    default_world: World, default_tables: Tables
) -> None:
    people, areas = default_world[0], homes.list_areas()
    number = np.arange(len(people))
    first = homes.find_homes(people, number, people.entry)
    held = np.bincount(homes.list_deciles(first), minlength=DECILES + 1)[1:]
    assert held[0] > 3 * held[-1]
    later = homes.find_homes(people, number, people.entry + 2_000)
    moved = later != first
    near = np.abs(homes.list_deciles(later) - homes.list_deciles(first))[moved] <= 1
    assert moved.mean() > 0.5
    assert near.mean() > 0.6
    assert areas["lsoa"].is_unique().all()
    assert areas.group_by("region", "deprivation_decile").len()["len"].n_unique() == 1
    seen = default_tables["magistrates", "defendants"]["lsoa_residence"].drop_nulls()
    assert seen.is_in(areas["lsoa"].implode()).all()
    stated = pl.DataFrame({"lsoa": homes.output_areas(first), "d": homes.list_deciles(first)}).join(
        areas, on="lsoa"
    )
    assert (stated["d"] == stated["deprivation_decile"]).all()


def test_truth_names_twins_namesakes_and_mistakes(
    default_world: World, default_tables: Tables
) -> None:
    people = default_world[0]
    twins, sons = np.flatnonzero(people.twin_of >= 0), np.flatnonzero(people.namesake_of >= 0)
    assert min(len(twins), len(sons)) > 50
    assert (people.born[twins] == people.born[people.twin_of[twins]]).all()
    for kin, other in ((twins, people.twin_of[twins]), (sons, people.namesake_of[sons])):
        assert (people.surname.gather(kin) == people.surname.gather(other)).all()
    assert (people.forename.gather(sons) == people.forename.gather(people.namesake_of[sons])).all()
    owners = world_truth.record_person(default_tables)
    assert owners["errors"].str.contains("transliteration").sum() > 500
    assert owners["circumstances"].str.contains("twin").sum() > 100
    assert list_names(
        pl.Series([0, (1 << BIT["typing"]) + (1 << BIT["pnc_missing"])]), KINDS
    ).to_list() == ["", "typing;pnc_missing"]
