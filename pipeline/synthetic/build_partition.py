"""One town made whole: its people, their lives, and what four systems record of them.

Belongs here: the order in which the parts of a town are made. Does not belong here: any part
itself, or files (world, packing).
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

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
from pipeline.synthetic.lives import (
    careers,
    courts,
    custody,
    pre_sentence_reports,
    recall,
    sentencing,
    supervision,
    timeline,
)
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population import people

Tables = dict[tuple[str, str], pl.DataFrame]
"""Every table by source and name.
Columns that only the truth may see have names that begin with an underscore.
"""
Tell = Callable[[str, float], None]
"""Called with the name of each step and the share done."""


def make_lives(town: Town, tell: Tell) -> tuple[people.People, timeline.Lives]:
    """People and all that truly happened to them."""
    tell("people", 0.0)
    everyone = people.make_people(town)
    tell("courts", 0.15)
    career = careers.make_careers(town, everyone)
    cases = courts.try_cases(town, career, everyone)
    cases = sentencing.sentence_cases(
        town, pre_sentence_reports.ask_for_reports(town, cases), everyone
    )
    tell("custody", 0.3)
    served = custody.serve_sentences(town, cases, everyone)
    releases, recalls = recall.recall_people(town, served, everyone)
    return everyone, timeline.settle_lives(town, cases, served, releases, recalls, everyone)


def record_tables(
    everyone: people.People, lives: timeline.Lives, *, errors: bool, tell: Tell
) -> Tables:
    """Every table of every source."""
    town = everyone.town
    tell("court extracts", 0.4)
    tables = {
        ("magistrates", "defendants"): magistrates.extract_magistrates(
            town, lives.cases, everyone, errors=errors
        ),
        ("crown_court", "defendants"): crown_court.extract_crown_court(
            town, lives.cases, everyone, errors=errors
        ),
    }
    tell("prison extract", 0.55)
    stretches = prison_spells.list_spells(town, lives)
    tables["prison", "custodial_journeys"] = prison.extract_journeys(
        town, lives, stretches, everyone, errors=errors
    )
    tables["prison", "movements"] = prison_days.extract_movements(town, stretches, lives)
    tables["prison", "interventions"] = prison_days.extract_interventions(town, stretches)
    tell("probation extract", 0.65)
    return tables | _probation(everyone, lives, errors=errors)


def _probation(everyone: people.People, lives: timeline.Lives, *, errors: bool) -> Tables:
    town = everyone.town
    held = probation.list_caseload(lives)
    orders = supervision.supervise_orders(town, lives.cases, everyone)
    required = supervision.impose_requirements(town, lives.cases, orders)
    freed = probation_custody.extract_releases(town, held, lives)
    spells = probation_contact.supervised_spells(held, lives, orders)
    allocations = probation_contact.officer_allocations(town, spells)
    made = {
        "offenders": probation_offenders.extract_offenders(
            town, held, lives, everyone, errors=errors
        ),
        "events": probation.extract_events(town, held, lives, orders, errors=errors),
        "requirements": probation_orders.extract_requirements(town, held, required),
        "licence_conditions": probation_orders.licence_conditions(town, held, lives),
        "pss_requirements": probation_orders.pss_requirements(town, held, lives),
        "court_reports": probation_orders.court_reports(town, held),
        "releases": freed,
        "recalls": probation_custody.extract_recalls(town, freed, lives),
        "contacts": probation_contact.extract_contacts(town, spells, allocations),
        "officer_allocations": allocations,
        "referrals": probation_contact.extract_referrals(town, spells, pl.Series(everyone.female)),
    }
    return {("probation", name): rows for name, rows in made.items()}
