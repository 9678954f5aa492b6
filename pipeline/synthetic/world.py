"""The whole made-up world: people, lives, what four systems record of them, and the truth apart.

Belongs here: the order in which the parts are made, and how many people make how many records. Does not belong here: any part itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.synthetic import careers, courts, custody, faults, packing, people, recall, reports, sentencing, supervision, timeline, truth
from pipeline.synthetic.extracts import (
    crown_court,
    magistrates,
    prison,
    prison_days,
    prison_spells,
    probation,
    probation_contact,
    probation_custody,
    probation_offenders,
    probation_orders,
)

DEFAULT_PEOPLE = 75_500
"""People whose lives leave about 173,000 records, one percent of the nation's: magistrates 131,000, probation 19,000, prison 13,000, Crown
10,000."""
DEFAULT_SHARE = 0.01
STEPS = ("people", "courts", "custody", "court extracts", "prison extract", "probation extract", "writing", "truth")


def people_for_share(share: float) -> int:
    """How many people make that share of the nation's records; 0.01 is the default world."""
    return round(DEFAULT_PEOPLE * share / DEFAULT_SHARE)


def synthesise(
    target: Path,
    truth_folder: Path,
    *,
    people: int = DEFAULT_PEOPLE,
    seed: int = 1,
    errors: Literal["none", "realistic"] = "realistic",
    file_format: Literal["parquet", "csv"] = "parquet",
    progress: Callable[[str, float], None] | None = None,
) -> None:
    """Writes a delivery into `target` and its truth into `truth_folder`. The same arguments write the same bytes.

    Args:
        target: Folder of the delivery; replaced if it holds one.
        truth_folder: Folder of the truth; must not lie within the delivery.
        people: How many people live in the world.
        seed: Another seed makes other people.
        errors: `none` leaves out mistakes of identity and faults of rows.
        file_format: Format of the tables.
        progress: Called with the name of each step and the share done.

    Raises:
        ValueError: fewer than 100 people, or the truth would lie within the delivery.
    """
    if people < LEAST_PEOPLE:
        raise ValueError(f"a world of [{people}] people is too small: at least {LEAST_PEOPLE}")
    if truth_folder.resolve().is_relative_to(target.resolve()):
        raise ValueError("the truth must lie apart from the delivery: name another folder")
    tell = progress or _silent
    everyone, lives = make_lives(seed, people, tell)
    tables = record(seed, everyone, lives, errors=errors == "realistic", tell=tell)
    delivered = tables
    if errors == "realistic":
        delivered = {name: faults.plant(seed, *name, rows, as_text=file_format == "csv") for name, rows in tables.items()}
    tell(STEPS[6], 0.8)
    packing.pack(target, delivered, delivery_id=f"synthetic-{people}-{seed}-{errors}", file_format=file_format)
    tell(STEPS[7], 0.93)
    truth.write(truth_folder, tables, lives, everyone)
    tell("done", 1.0)


LEAST_PEOPLE = 100


def _silent(_step: str, _share: float) -> None:
    """Tells nobody."""


def make_lives(seed: int, count: int, tell: Callable[[str, float], None]) -> tuple[people.People, timeline.Lives]:
    """People and all that truly happened to them."""
    tell(STEPS[0], 0.0)
    everyone = people.make_people(seed, count)
    tell(STEPS[1], 0.15)
    career = careers.make_careers(seed, everyone)
    cases = courts.try_cases(seed, career, everyone)
    cases = sentencing.sentence(seed, reports.ask_for_reports(seed, cases), everyone)
    tell(STEPS[2], 0.3)
    served = custody.serve(seed, cases, everyone)
    releases, recalls = recall.recall_people(seed, served, everyone)
    return everyone, timeline.settle(seed, cases, served, releases, recalls, everyone)


def record(
    seed: int, everyone: people.People, lives: timeline.Lives, *, errors: bool, tell: Callable[[str, float], None]
) -> dict[tuple[str, str], pl.DataFrame]:
    """Every table of every source, with the columns that only the truth may see."""
    tell(STEPS[3], 0.4)
    tables = {
        ("magistrates", "defendants"): magistrates.extract(seed, lives.cases, everyone, errors=errors),
        ("crown_court", "defendants"): crown_court.extract(seed, lives.cases, everyone, errors=errors),
    }
    tell(STEPS[4], 0.55)
    stretches = prison_spells.spells(lives)
    tables["prison", "custodial_journeys"] = prison.journeys(seed, lives, stretches, everyone, errors=errors)
    tables["prison", "movements"] = prison_days.movements(seed, stretches, lives)
    tables["prison", "interventions"] = prison_days.interventions(seed, stretches)
    tell(STEPS[5], 0.65)
    return tables | _probation(seed, everyone, lives, errors=errors)


def _probation(seed: int, everyone: people.People, lives: timeline.Lives, *, errors: bool) -> dict[tuple[str, str], pl.DataFrame]:
    held = probation.caseload(lives)
    orders = supervision.supervise(seed, lives.cases, everyone)
    required = supervision.requirements(seed, lives.cases, orders)
    freed = probation_custody.releases(seed, held, lives)
    spells = probation_contact.supervised_spells(held, lives, orders)
    allocations = probation_contact.officer_allocations(seed, spells)
    made = {
        "offenders": probation_offenders.offenders(seed, held, lives, everyone, errors=errors),
        "events": probation.events(seed, held, lives, orders),
        "requirements": probation_orders.requirements(seed, held, required),
        "licence_conditions": probation_orders.licence_conditions(seed, held, lives),
        "pss_requirements": probation_orders.pss_requirements(seed, held, lives),
        "court_reports": probation_orders.court_reports(seed, held),
        "releases": freed,
        "recalls": probation_custody.recalls(seed, freed, lives),
        "contacts": probation_contact.contacts(seed, spells, allocations),
        "officer_allocations": allocations,
        "referrals": probation_contact.referrals(seed, spells, pl.Series(everyone.female)),
    }
    return {("probation", name): rows for name, rows in made.items()}
