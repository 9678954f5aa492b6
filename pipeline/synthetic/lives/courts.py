"""What courts do with a case until conviction.

It covers summons or charge, hearings, plea, sending to the Crown Court, and trial.

Belongs here: courts, dates and pleas up to the day of sentence. Does not belong here: the sentence
(sentencing), rows (extracts).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import CLOSED_FROM, CLOSED_TO, NEVER, Days, day_number
from pipeline.synthetic.code_lists import CLASSES, OffenceClass, read_courts, read_offences
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import YEAR, People
from pipeline.synthetic.random_draws import (
    Bools,
    Floats,
    Ints,
    draw_chance,
    open_stream,
    pick_within,
    whole_days,
)

CROWN_SHARE = 0.4475
"""Of either-way cases of adults, how many go to the Crown Court."""
COMMITTED_SHARE = 0.38
"""Of those, how many for sentence only."""
GUILTY = {"CM": 0.91, "CS": 0.80, "CE": 0.772, "CI": 0.62, "other": 0.5}
NOT_GUILTY_BY_GROUP = np.array([0.0, 0.70, 0.6, 0.52, 0.52])
"""Lower log odds of a guilty plea, by ethnic group: a planted disparity."""
CROWN_BY_GROUP = np.array([0.95, 1.1, 1.6, 1.1, 1.1])
"""Factor by ethnic group on the share that goes to the Crown Court.
In some groups trial there is chosen, and serious drug offences are charged, more often (Lammy
Review).
"""
CONVICTED_AFTER_TRIAL = 0.40
POSTPONED_SHARE, POSTPONED_DAYS = 0.64, 150
"""Share of hearings put off, of those that would have fallen into the closure.
The second value is for how long after it (median).
"""
REMANDED_FIRST = 0.85
"""Share of defendants in custody who were heard after all, of those who would be put off.
Courts heard them first.
"""
TRIAL_DAYS = 250
"""Days from the first main hearing to a trial, beyond the least (median).
Cases wait long, because there are few courtrooms.
"""
REMAND_CROWN, REMAND_MAGISTRATES = 0.40, 0.009
REMAND_FELL, REMAND_DECLINE = day_number(2017, 7), 1.65
"""Until when magistrates remanded fewer each year, and by how much more in earlier years.
The second value is for each year before, as a multiple of the last.
"""


def first_of_case(values: Ints, joint: Ints) -> Ints:
    """For each row, the value of the first row of the same joint case.

    So co-defendants share it.
    """
    order = np.argsort(joint, kind="stable")
    held = joint[order]
    lead = order[np.searchsorted(held, held, side="left")]
    shared = np.empty_like(values)
    shared[order] = values[lead]
    return shared


def try_cases(town: Town, career: pl.DataFrame, people: People) -> pl.DataFrame:
    """The cases with their courts, dates up to conviction, plea, remand and outcome.

    There is one row per defendant on a case.
    """
    rng = open_stream(town, "courts")
    person, joint = career["person"].to_numpy(), career["joint"].to_numpy()
    offence, offence_date = career["offence"].to_numpy(), career["offence_date"].to_numpy()
    size = len(career)
    kind = _classes(offence)
    summons = (
        first_of_case(
            draw_chance(rng, np.array([0.85, 0.35, 0.08, 0.02, 0.8])[kind], size).astype(np.int64),
            joint,
        )
        == 1
    )
    charge = offence_date + first_of_case(
        np.where(summons, whole_days(rng, 70, 0.6, size), whole_days(rng, 9, 1.5, size)), joint
    )
    charge = np.minimum(charge, offence_date + 1500)
    first_hearing = (
        charge
        + 1
        + first_of_case(
            np.where(summons, whole_days(rng, 38, 0.4, size), whole_days(rng, 16, 0.7, size)), joint
        )
    )
    first_hearing += first_of_case(_postponed(rng, first_hearing), joint)
    age = (first_hearing - people.born[person]) / YEAR
    region = first_of_case(people.region[person], joint)
    crown, committed = _allocation(rng, kind, age, joint, people.group[person])
    plea_guilty = _pleas(rng, kind, people.group[person], committed)
    convicted = (plea_guilty | draw_chance(rng, CONVICTED_AFTER_TRIAL, size)) & (
        kind != OffenceClass.OTHER
    )
    convicted &= ~(plea_guilty & ~committed & draw_chance(rng, 0.03, size))
    remanded = draw_chance(rng, _remand(first_hearing, crown, kind), size) & (age >= 15) & ~summons
    dates = _put_off(rng, _hearings(rng, first_hearing, crown, committed, plea_guilty), remanded)
    return career.with_columns(
        case=town.numbers(size),
        kind_of_offence=kind,
        summons=summons,
        charge_date=charge,
        first_hearing_date=first_hearing,
        age=age,
        region=region,
        crown=crown,
        committed=committed,
        plea_guilty=plea_guilty,
        convicted=convicted,
        remanded=remanded,
        youth=(age < 18) & ~crown,
        magistrates_court=first_of_case(
            pick_within(rng, region, read_courts("magistrates").by_region, 1.6), joint
        ),
        crown_court=first_of_case(
            pick_within(rng, region, read_courts("crown").by_region, 1.6), joint
        ),
        **dates,
    )


def _remand(first_hearing: Days, crown: Bools, kind: Ints) -> Floats:
    """Likelihood of remand in custody; magistrates used it more in earlier years."""
    before = np.clip((REMAND_FELL - first_hearing) / 365.25, 0, 8)
    return np.where(
        crown,
        REMAND_CROWN,
        np.where(
            np.isin(kind, (OffenceClass.CS, OffenceClass.CE)),
            REMAND_MAGISTRATES * (1 + REMAND_DECLINE * before),
            0.0,
        ),
    )


def _postponed(rng: np.random.Generator, first_hearing: Days) -> Days:
    """Days by which hearings were put off while courts were all but closed in 2020."""
    closed = (
        (first_hearing >= CLOSED_FROM)
        & (first_hearing < CLOSED_TO)
        & draw_chance(rng, POSTPONED_SHARE, len(first_hearing))
    )
    return np.where(
        closed,
        CLOSED_TO - first_hearing + whole_days(rng, POSTPONED_DAYS, 0.6, len(first_hearing)),
        0,
    )


def _put_off(rng: np.random.Generator, dates: dict[str, Ints], remanded: Bools) -> dict[str, Ints]:
    """The dates, with main hearings and verdicts moved out of the closure.

    Those that would have fallen into the closure come later, each with all that follows it.
    """
    moved = dict(dates)
    for name, later in (
        ("main_hearing_date", ("main_hearing_date", "verdict_date", "earliest_sentence")),
        ("verdict_date", ("verdict_date", "earliest_sentence")),
    ):
        delay = np.where(
            remanded & draw_chance(rng, REMANDED_FIRST, len(remanded)),
            0,
            _postponed(rng, moved[name]),
        )
        moved |= {
            each: np.where(moved[each] >= moved[name], moved[each] + delay, moved[each])
            for each in later
        }
    return moved


def _classes(offence: Ints) -> Ints:
    """`OffenceClass` of each offence."""
    known, listed = OffenceClass.__members__, read_offences().category.to_list()
    classes = np.array([known.get(each, OffenceClass.OTHER) for each in listed])
    return classes[offence]


def _allocation(
    rng: np.random.Generator, kind: Ints, age: Floats, joint: Ints, group: Ints
) -> tuple[Bools, Bools]:
    """Which cases go to the Crown Court, and which of them for sentence only."""
    size = len(kind)
    either_way = kind == OffenceClass.CE
    draw = first_of_case((rng.random(size) * 1e6).astype(np.int64), joint) / 1e6
    share = CROWN_SHARE * CROWN_BY_GROUP[first_of_case(group, joint)]
    crown = (kind == OffenceClass.CI) | (either_way & (draw < share) & (age >= 18))
    committed = either_way & crown & (draw < share * COMMITTED_SHARE)
    return crown, committed


def _pleas(rng: np.random.Generator, kind: Ints, group: Ints, committed: Bools) -> Bools:
    likely = np.array([GUILTY[name] for name in CLASSES])[kind]
    score = np.log(likely / (1 - likely)) - NOT_GUILTY_BY_GROUP[group] * 1.0
    return draw_chance(rng, 1 / (1 + np.exp(-score)), len(kind)) | committed


def _hearings(
    rng: np.random.Generator, first: Ints, crown: Bools, committed: Bools, guilty: Bools
) -> dict[str, Ints]:
    """Sending, receipt, main hearing and the day of verdict; `NEVER` for what does not happen."""
    size = len(first)
    adjourned = whole_days(rng, 30, 0.5, size)
    at_once = draw_chance(rng, 0.72, size)
    verdict = first + np.where(
        guilty & at_once, 0, np.where(guilty, adjourned, 40 + whole_days(rng, 60, 0.5, size))
    )
    sent = first + np.where(at_once, 0, whole_days(rng, 20, 0.5, size))
    receipt = sent + 1 + whole_days(rng, 3, 0.8, size)
    main = receipt + 14 + whole_days(rng, 26, 0.6, size)
    crown_verdict = np.where(
        committed,
        sent,
        np.where(
            guilty,
            main + np.where(at_once, 0, adjourned),
            main + 75 + whole_days(rng, TRIAL_DAYS, 0.5, size),
        ),
    )
    return {
        "sent_date": np.where(crown, sent, NEVER),
        "receipt_date": np.where(crown, receipt, NEVER),
        "main_hearing_date": np.where(crown, main, NEVER),
        "verdict_date": np.where(crown, crown_verdict, verdict),
        "earliest_sentence": np.where(crown, np.maximum(crown_verdict, main), verdict),
        "hearings": np.where(guilty, 1 + (~at_once), 3) + rng.poisson(0.6, size),
    }
