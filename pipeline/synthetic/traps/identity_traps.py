"""Traps of identity: mistakes about who somebody is, and people whom nothing distinguishes.

Each system makes mistakes of its own.

Belongs here: every kind of mistake and circumstance, in every table of people. Does not belong
here: how mistakes are made (identity_errors, name_errors, number_errors).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.corruption.identity_errors import (
    KINDS,
    ON_MISSING,
    PROFILES,
    SUMMARY_PNC_MISSING,
    Profile,
    has_circumstance,
    has_error,
)
from pipeline.synthetic.extracts.companies import FLAGGED_SHARE, UNFLAGGED_SHARE
from pipeline.synthetic.extracts.crown_court import COMPANY_SHARE as CROWN_COMPANIES
from pipeline.synthetic.extracts.magistrates import COMPANY_SHARE as MAGISTRATES_COMPANIES
from pipeline.synthetic.traps.trap import Trap

TABLES = {
    "magistrates": "defendants",
    "crown_court": "defendants",
    "prison": "custodial_journeys",
    "probation": "offenders",
}
WHAT = {
    "typing": "a name with a slip of the finger",
    "transliteration": "a name brought otherwise from another alphabet",
    "nickname": "a short form in place of the name",
    "phonetic": "a name that sounds alike",
    "swapped_names": "forename and surname the other way about",
    "double_barrelled": "a double-barrelled surname split, joined, turned round or half used",
    "spacing": "MC DONALD, O BRIEN or OBRIEN",
    "former_surname": "the surname from before marriage",
    "alias_as_name": "an alias in place of the name",
    "marker": "MIG_ERROR_, NO_SHOW_ or DUPLICATE_ before the forename",
    "middle_missing": "the middle name left out",
    "middle_initial": "the middle name cut to a letter",
    "not_entered": "the words NOT ENTERED for a middle name",
    "aliases_missing": "known aliases left out",
    "birth_turned": "day and month of birth the other way about",
    "birth_slip": "one figure of the birth wrong",
    "birth_other": "another birth within five years, as given by somebody",
    "birth_default": "birth on 1900-01-01 or 1970-01-01",
    "birth_missing": "no birth",
    "old_address": "the address before the present one",
    "postcode_mistyped": "a postcode with a wrong letter",
    "postcode_missing": "no postcode",
    "no_fixed_abode": "postcode NF1 1NF or NF1 1FA",
    "pnc_mistyped": "a PNC number with wrong or turned figures or a wrong check letter",
    "pnc_spelling": "a PNC number with a year of two figures, or without its slash",
    "pnc_missing": "no PNC number",
    "cro_mistyped": "a CRO number with wrong or turned figures or a wrong check letter",
    "cro_spelling": "a CRO number without its slash, or with a space",
    "cro_dummy": "CRO number 000000/00Z",
    "cro_missing": "no CRO number",
    "prison_number_missing": "no prison number though the person has been in prison or will be",
    "person_as_company": "a person marked as a company",
    "company_as_person": "a company not marked as one",
}
EXPOSED = {
    "typing": 2.5,
    "transliteration": 0.11,
    "nickname": 0.09,
    "phonetic": 0.1,
    "double_barrelled": 0.0095,
    "spacing": 0.009,
    "former_surname": 0.024,
    "alias_as_name": 0.12,
    "middle_missing": 0.72,
    "middle_initial": 0.72,
    "aliases_missing": 0.12,
    "birth_turned": 0.3,
}
"""Share of records that a mistake can befall (or how often); 1 where not listed.
The share is as the people of this world are named.
"""
MEAN_PRONE, TWICE_PRONE = 1.12, 2.1
"""How much more often than for a White man of middle age the mean record is wrong.
The second value is for the person on whom the mean mistake falls.
"""
IF_KEPT = {
    "middle_initial": "middle_missing",
    "pnc_mistyped": "pnc_missing",
    "cro_mistyped": "cro_missing",
} | {
    "pnc_spelling": "pnc_missing",
    "cro_spelling": "cro_missing",
}
"""Kinds that befall only what is not left out."""
NOT_BY_PERSON = (
    "old_address",
    "pnc_spelling",
    "cro_spelling",
    "middle_missing",
    "aliases_missing",
    "pnc_missing",
    "cro_missing",
)
"""Kinds that weigh the person in lightly or not at all."""
FIELDS = {
    "not_entered": "marker",
    "alias_as_name": "alias_used",
    "swapped_names": "swapped",
} | dict.fromkeys(("transliteration", "nickname", "phonetic"), "variant")
"""Kinds whose rate in a profile has another name."""
CIRCUMSTANCE_WHAT = {
    "twin": ("a twin: one birth, one surname, for years one address", 0.0045),
    "namesake": ("a father or son of one name", 0.0048),
    "hostel": ("somebody living in a hostel, at an address with many others", 0.02),
    "married_name": ("somebody who has married into another surname", 0.025),
}
SHARED_RATES = {"magistrates": 0.93, "crown_court": 0.35, "prison": 0.44, "probation": 0.5}
MINORITY = ("A", "B", "M", "O")


def _rate(source: str, kind: str, profile: Profile) -> float:
    """Share of a table's rows with a kind of mistake, about."""
    if kind == "person_as_company":
        return FLAGGED_SHARE if source in ("magistrates", "crown_court") else 0.0
    if kind == "company_as_person":
        return UNFLAGGED_SHARE * {
            "magistrates": MAGISTRATES_COMPANIES,
            "crown_court": CROWN_COMPANIES,
        }.get(source, 0.0)
    if kind == "pnc_missing" and source == "magistrates":
        return 0.75 * SUMMARY_PNC_MISSING + 0.25 * profile.pnc_missing
    if kind == "aliases_missing" and source not in ("prison", "probation"):
        return 0.0
    rate = float(getattr(profile, FIELDS.get(kind, kind))) * EXPOSED.get(kind, 1.0)
    lightly = kind in NOT_BY_PERSON
    rate *= 1.0 if lightly else MEAN_PRONE
    by_person = 1 - ON_MISSING + ON_MISSING * (MEAN_PRONE if lightly else TWICE_PRONE)
    if kind in IF_KEPT:
        rate *= (
            1 - _rate(source, IF_KEPT[kind], profile) / EXPOSED.get(IF_KEPT[kind], 1.0) * by_person
        )
    return rate * profile.cro_missing * by_person if kind == "cro_dummy" else rate


def _shared() -> pl.Expr:
    """Rows whose postcode another person of the table has as well."""
    lives = pl.col("_person").n_unique().over("postcode") > 1
    return pl.col("postcode").is_not_null() & lives


def list_traps() -> list[Trap]:
    """Every kind of mistake in every table of people, and the circumstances that make them worse.

    They also say for whom there are more mistakes.
    """
    listed = []
    for source, table in TABLES.items():
        for kind in KINDS:
            rate = _rate(source, kind, PROFILES[source])
            if rate > 0:
                trap = Trap(
                    name=kind,
                    source=source,
                    table=table,
                    what=WHAT[kind],
                    told="trap 4, section 7 (person match)",
                    rate=rate,
                    found=has_error(kind),
                )
                listed.append(trap)
        listed += [
            Trap(
                name=name,
                source=source,
                table=table,
                what=what,
                told="section 7",
                rate=rate,
                found=has_circumstance(name),
            )
            for name, (what, rate) in CIRCUMSTANCE_WHAT.items()
        ]
        shared = "a postcode that somebody else of the table has as well; counted within a town"
        told = "section 7 (postcodes by rarity)"
        listed.append(
            Trap(
                name="shared_postcode",
                source=source,
                table=table,
                what=shared,
                told=told,
                rate=SHARED_RATES[source],
                found=_shared(),
            )
        )
    worse = has_error("typing") & pl.col("ethnicity_self_defined").str.slice(0, 1).is_in(MINORITY)
    what = "mistyped names of people who are not White: linkage finds fewer of their records"
    for source, rate in (("magistrates", 0.008), ("crown_court", 0.0042)):
        listed.append(
            Trap(
                name="errors_by_group",
                source=source,
                table="defendants",
                what=what,
                told="trap 18",
                rate=rate,
                found=worse,
            )
        )
    return listed
