"""A world of several towns: by one process or many, and no key or number of one town in another."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from pipeline.contracts.registry import list_contracts
from pipeline.errors import UsageError
from pipeline.synthetic import partitions, world
from pipeline.synthetic.corruption import contract_faults

RECORD_TABLES = {
    "magistrates": "defendants",
    "crown_court": "defendants",
    "prison": "custodial_journeys",
    "probation": "offenders",
}
REPEATED = ("probation", "events")
NAMES = [name for name in list_contracts() if name[0] in RECORD_TABLES]
PARTS, PART_PEOPLE = 4, 700
Rows = dict[tuple[str, str], list[pl.DataFrame]]
"""The rows of each part of each table."""


def _divided(folder: Path, errors: world.Errors) -> Rows:
    """A world in small towns, made town after town by this process."""
    (folder / "truth").mkdir(parents=True)
    for town in partitions.list_towns(1, PARTS * PART_PEOPLE, PART_PEOPLE):
        world.make_town(world.Order(town, folder / "delivery", folder / "truth", errors, "parquet"))
    names = [f"part-{part:03}.parquet" for part in range(PARTS)]
    tables = {key: folder / "delivery" / key[0] / key[1] for key in NAMES}
    return {key: [pl.read_parquet(table / name) for name in names] for key, table in tables.items()}


@pytest.fixture(scope="module")
def divided_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("divided")


@pytest.fixture(scope="module")
def divided(divided_folder: Path) -> Rows:
    return _divided(divided_folder / "realistic", "realistic")


@pytest.fixture(scope="module")
def cleanly_divided(divided_folder: Path) -> Rows:
    return _divided(divided_folder / "none", "none")


@pytest.fixture(scope="module")
def many(divided_folder: Path) -> Path:
    """The same world, made by two processes."""
    folder = divided_folder / "many"
    delivery, kept, people = folder / "delivery", folder / "truth", PARTS * PART_PEOPLE
    world.synthesise_world(delivery, kept, people=people, partition_people=PART_PEOPLE)
    return folder


def _mixed(parts: list[pl.DataFrame], column: str) -> int:
    """Values that more than one part has."""
    held = pl.concat([part.select(column).drop_nulls().unique() for part in parts])
    return len(held) - held.n_unique()


def test_processes_make_what_one_process_makes(
    many: Path,
    divided: Rows,
    divided_folder: Path,
) -> None:
    listed = json.loads((many / "delivery" / "manifest.json").read_text())["files"]
    assert len(listed) == PARTS * len(divided)
    for file in listed:
        alone = divided_folder / "realistic" / "delivery" / file["path"]
        assert hashlib.sha256(alone.read_bytes()).hexdigest() == file["sha256"]


@pytest.mark.parametrize("name", NAMES)
def test_a_world_of_several_towns_repeats_no_key(name: tuple[str, str], divided: Rows) -> None:
    """But for events that the source delivers twice, to the letter until faults are planted."""
    key, faulty = list(list_contracts()[name].facts.key), list(contract_faults.FAULTS.get(name, {}))
    rows = pl.concat(divided[name])
    same = [column for column in rows.columns if column not in faulty]
    whole = rows.unique(same) if name == REPEATED else rows
    assert len(rows) > 0
    assert (len(rows) > len(whole)) == (name == REPEATED)
    assert whole.select(key).is_unique().all()


@pytest.mark.parametrize("name", NAMES)
def test_towns_share_no_key_of_each_other(name: tuple[str, str], divided: Rows) -> None:
    held = [
        column for column, said in list_contracts()[name].columns.items() if said.role != "value"
    ]
    assert held
    assert {column: _mixed(divided[name], column) for column in held} == dict.fromkeys(held, 0)


@pytest.mark.parametrize("source", sorted(RECORD_TABLES))
def test_towns_share_no_number_of_a_person_or_case(source: str, cleanly_divided: Rows) -> None:
    name = source, RECORD_TABLES[source]
    numbers = {"pnc", "cro", "prison_number", "crn", "asn", "case_number"}
    columns = list_contracts()[name].columns
    held = [column for column, said in columns.items() if said.identifier in numbers]
    assert held
    mixed = {column: _mixed(cleanly_divided[name], column) for column in held}
    assert mixed == dict.fromkeys(held, 0)


def test_the_truth_of_several_towns_is_one(many: Path) -> None:
    people = pl.read_parquet(many / "truth" / "persons.parquet")
    assert people["true_person_id"].is_unique().all()
    assert len(people) == PARTS * PART_PEOPLE
    owners = pl.read_parquet(many / "truth" / "record_person.parquet")
    assert owners.select("source", "table_name", "source_key").is_unique().all()
    real = owners.filter(pl.col("true_person_id").str.starts_with("T"))
    assert set(real["true_person_id"]) <= set(people["true_person_id"])


def test_no_two_people_share_a_prison_number(many: Path, divided: Rows) -> None:
    rows = pl.concat(divided["prison", "custodial_journeys"]).drop_nulls("offender_id_display")
    owners = pl.read_parquet(many / "truth" / "record_person.parquet")
    owners = owners.filter(pl.col("source") == "prison")
    both = rows.join(owners, left_on="custodial_journey_id", right_on="source_key")
    people = both.group_by("offender_id_display").agg(pl.col("true_person_id").n_unique())
    assert people["true_person_id"].max() == 1


@pytest.mark.parametrize(
    ("people", "town_people", "sizes"),
    [
        (700, 700, [700]),
        (701, 700, [601, 100]),
        (799, 700, [699, 100]),
        (800, 700, [700, 100]),
        (1_500, 700, [700, 700, 100]),
    ],
)
def test_towns_hold_everybody_and_none_is_too_small(
    people: int,
    town_people: int,
    sizes: list[int],
) -> None:
    assert [town.people for town in partitions.list_towns(1, people, town_people)] == sizes


@pytest.mark.parametrize(
    ("people", "town_people"),
    [(99, 700), (1_000, 199), (1_000, 250_001), (41 * 200, 200)],
)
def test_towns_that_cannot_be_are_refused(people: int, town_people: int) -> None:
    with pytest.raises(UsageError, match=r"too small|cannot be|too large"):
        partitions.list_towns(1, people, town_people)
