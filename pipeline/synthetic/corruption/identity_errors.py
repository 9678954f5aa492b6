"""Mistakes of identity: which kinds there are, and how often each system makes them.

It also says about whom they are made more often.

Belongs here: kinds and rates. Does not belong here: how a mistake changes a value (name_errors,
number_errors), or faults that break a contract (contract_faults).

Rates follow the public model of HMPPS (ministryofjustice/hmpps-person-match, model of 17 March
2025). Of two records of one person it expects the full name to agree in 88 percent, to be alike in
7, to agree with an alias in 2, to be reversed in 0.2, one part alone to agree in 1; births to agree
in 95, to be one figure apart in 1.7, to lie within five years in 1; middle names to agree in 93 and
be alike in 3. Each is made by either of two records, so a record alone is wrong about half as
often. Which system errs more, and about whom, is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import Days
from pipeline.synthetic.population.people import YEAR, People
from pipeline.synthetic.random_draws import Bools, Floats, Ints

KINDS = (
    "typing",
    "transliteration",
    "nickname",
    "phonetic",
    "swapped_names",
    "double_barrelled",
    "spacing",
    "former_surname",
    "alias_as_name",
    "marker",
    "middle_missing",
    "middle_initial",
    "not_entered",
    "aliases_missing",
    "birth_turned",
    "birth_slip",
    "birth_other",
    "birth_default",
    "birth_missing",
    "old_address",
    "postcode_mistyped",
    "postcode_missing",
    "no_fixed_abode",
    "pnc_mistyped",
    "pnc_spelling",
    "pnc_missing",
    "cro_mistyped",
    "cro_spelling",
    "cro_dummy",
    "cro_missing",
    "prison_number_missing",
    "person_as_company",
    "company_as_person",
)
"""Every kind of mistake; a record's mistakes are a sum of bits, the first kind the lowest."""
BIT = {name: place for place, name in enumerate(KINDS)}
CIRCUMSTANCES = ("twin", "namesake", "hostel", "married_name")
"""What makes a record hard to place though nothing in it is wrong; bits likewise."""
GROUP_RATE = np.array([1.0, 1.35, 1.55, 1.15, 1.7])
"""How much more often identities go wrong, by ethnic group: linkage bias exists to be found."""
FEMALE_RATE, YOUNG_RATE, OLD_RATE = 1.12, 1.2, 1.15
"""The same for women, for people under 21 and for people over 60."""
MAX_RATE = 0.6
"""No mistake is more likely than this, whoever the person is."""
ON_MISSING = 0.4
"""How far the person weighs in where a value is left out: mostly that depends on the case."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How often a system makes each kind of mistake, before the person is weighed in."""

    typing: float
    """Of forenames, of surnames and of middle names."""
    variant: float
    """Of names with a known variant, times the weight of the kind (names.VARIANT_WEIGHTS)."""
    swapped: float = 0.0009
    double_barrelled: float = 0.3
    """Of double-barrelled surnames."""
    spacing: float = 0.12
    """Of surnames in Mc and O'."""
    former_surname: float = 0.12
    """Of people who have married into another surname."""
    alias_used: float = 0.05
    """Of people known by another name."""
    marker: float = 0.0
    middle_missing: float
    middle_initial: float = 0.02
    aliases_missing: float = 0.5
    birth_turned: float = 0.003
    """Of births on the first twelve days of a month."""
    birth_slip: float = 0.009
    birth_other: float = 0.004
    birth_default: float = 0.0
    birth_missing: float = 0.004
    old_address: float = 0.05
    postcode_mistyped: float = 0.008
    postcode_missing: float = 0.03
    no_fixed_abode: float = 0.01
    pnc_mistyped: float = 0.012
    pnc_spelling: float = 0.02
    pnc_missing: float
    cro_mistyped: float = 0.012
    cro_spelling: float = 0.02
    cro_dummy: float = 0.015
    """Of CRO numbers left out."""
    cro_missing: float
    prison_number_missing: float = 0.0


PROFILES = {
    "magistrates": Profile(
        typing=0.016,
        variant=0.10,
        birth_slip=0.011,
        middle_missing=0.45,
        pnc_missing=0.10,
        cro_missing=0.6,
    ),
    "crown_court": Profile(
        typing=0.009, variant=0.06, middle_missing=0.35, pnc_missing=0.05, cro_missing=0.35
    ),
    "prison": Profile(
        typing=0.009,
        variant=0.08,
        alias_used=0.09,
        middle_missing=0.4,
        no_fixed_abode=0.06,
        pnc_missing=0.07,
        cro_missing=0.25,
        old_address=0.1,
    ),
    "probation": Profile(
        typing=0.011,
        variant=0.10,
        marker=0.006,
        middle_missing=0.3,
        birth_default=0.006,
        no_fixed_abode=0.05,
        pnc_missing=0.09,
        pnc_spelling=0.3,
        cro_missing=0.4,
        prison_number_missing=0.15,
    ),
}
SUMMARY_PNC_MISSING = 0.35
"""In summary cases police numbers are often left out."""


class Marks:
    """Which kinds of mistake each record carries."""

    def __init__(self, size: int) -> None:
        self.held = np.zeros(size, dtype=np.int64)

    def add(self, kind: str, where: Bools | pl.Series) -> None:
        """A kind in the records where something is so."""
        self.held |= np.asarray(where, dtype=np.bool_).astype(np.int64) << BIT[kind]

    def add_at(self, kind: str, rows: Ints) -> None:
        """A kind in the records with these numbers, each named once."""
        self.held[rows] |= 1 << BIT[kind]


def compute_proneness(people: People, person: Ints, seen: Days) -> Floats:
    """How much more often each person is recorded wrongly on a day, as a multiple.

    The reference is a White man of middle age.
    """
    age = (seen - people.born[person]) / YEAR
    of_kind = (
        GROUP_RATE[people.group] * np.where(people.female, FEMALE_RATE, 1.0) * people.proneness
    )
    of_age = np.select([age < 21, age > 60], [YOUNG_RATE, OLD_RATE], 1.0)
    more: Floats = of_kind[person] * of_age
    return more


def weigh_rate(rate: float | Floats, more: Floats) -> Floats:
    """A rate with the person weighed in."""
    return np.minimum(rate * more, MAX_RATE)


def left_out(rate: float | Floats, more: Floats) -> Floats:
    """A rate of values left out, with the person weighed in lightly."""
    return np.minimum(rate * (1 - ON_MISSING + ON_MISSING * more), 0.95)


def has_error(kind: str) -> pl.Expr:
    """Whether a record carries a kind of mistake, from its column `_errors`."""
    return pl.col("_errors").cast(pl.Int64).fill_null(0) & (1 << BIT[kind]) != 0


def has_circumstance(name: str) -> pl.Expr:
    """Whether a record has a circumstance, from its column `_circumstances`."""
    return (
        pl.col("_circumstances").cast(pl.Int64).fill_null(0) & (1 << CIRCUMSTANCES.index(name)) != 0
    )


def list_names(bits: pl.Series, names: tuple[str, ...]) -> pl.Series:
    """Bits as the names of what they stand for, separated by semicolons; empty without any."""
    distinct = bits.unique()
    texts = [
        ";".join(name for place, name in enumerate(names) if held >> place & 1) for held in distinct
    ]
    return bits.replace_strict(distinct, texts, return_dtype=pl.String)
