"""Contract of the magistrates' courts extract (LIBRA), defendant cases from 2011 to 2020.

Names marked P are those of the published dataset, I ours: no LIBRA schema is public.
"""

from __future__ import annotations

from datetime import date

import pandera.polars as pa
import polars as pl

from data_contracts.expectations import Coverage
from data_contracts.fields import birth_date, code, day, direct, flag, key, quantity, table, text

VERSION = "1.0.0"
"""Raised with the contract: the first part if it breaks a reader or supplier, else the second."""

NAME = r"^.{0,80}$"


class Defendants(pa.DataFrameModel):
    """One row per defendant per magistrates' court case, with its principal offence and disposal.

    - The key is case_id with defendant_id; defendant_id alone does not name a person.
    - Youth courts and non-crime matters (breaches, civil orders) are in.
    - The Single Justice Procedure is not in.
    - Coverage thins from September 2020 as courts move to another system.
    - Counts that fall from September 2020 do not show that crime falls.
    - A case sent or committed to the Crown Court has its sentence there, not here.
    """

    case_id: str = key("magistrates_case", "Case; several defendants share it.", confidence="P")
    defendant_id: str = key("magistrates_defendant", "Defendant within the case.", confidence="P")
    urn: str = direct(
        "case_number", "Unique reference number of the prosecution; names the case.", confidence="I"
    )
    asn: str = direct(
        "asn",
        "Arrest and summons number; shared with the Crown Court's record of the same case.",
        confidence="I",
    )
    forename: str = direct("forename", "Forename as typed.", confidence="I", str_matches=NAME)
    middle_names: str = direct(
        "middle_names", "Middle names as typed.", confidence="I", str_matches=NAME
    )
    surname: str = direct(
        "surname",
        "Surname as typed; name of the company for companies.",
        confidence="I",
        str_matches=NAME,
    )
    date_of_birth: pl.Date = birth_date("Date of birth.", confidence="I")
    postcode: str = direct("postcode", "Postcode of the defendant's address.", confidence="I")
    pnc_id: str = direct(
        "pnc", "Police National Computer number; often missing in summary cases.", confidence="I"
    )
    cro_number: str = direct("cro", "Criminal Records Office number.", confidence="I")
    gender: str = code("sex_libra", "Recorded sex.", privacy="quasi", confidence="I", links=True)
    ethnicity_self_defined: str = code(
        "ethnicity_self_defined",
        "Ethnicity as the defendant defined it (18+1).",
        privacy="sensitive",
        confidence="I",
    )
    ethnic_appearance_code: str = code(
        "ethnic_appearance", "Ethnicity as an officer saw it.", privacy="sensitive", confidence="I"
    )
    age_at_first_hearing: int = quantity(
        "years", "Age at the first hearing.", most=110, privacy="quasi", confidence="I"
    )
    lsoa_residence: str = text(
        "Lower super output area of residence, 2011.",
        privacy="quasi",
        confidence="I",
        pattern=r"^[EW]01\d{6}$",
    )
    is_company: bool = flag("The defendant is a company.", nullable=False, confidence="I")
    youth_court: bool = flag("Heard in a youth court.", nullable=False, confidence="I")
    court_code: str = code("courts", "Court.", nullable=False, confidence="I", links=True)
    initiation_code: str = code("initiations", "Charge, requisition or summons.", confidence="I")
    offence_code: str = code("offences", "Principal offence, CJS code.", confidence="I")
    offence_category: str = code(
        "offence_categories",
        "Indictable, either way, summary, or a non-crime matter.",
        confidence="I",
    )
    offence_date: pl.Date = day("Date of the principal offence.", confidence="I")
    offence_count: int = quantity(
        "offences", "Offences in the case.", least=1, most=500, confidence="I"
    )
    charge_date: pl.Date = day("Charged, or information laid.", confidence="I")
    first_hearing_date: pl.Date = day("First hearing.", nullable=False, confidence="I", links=True)
    completion_date: pl.Date = day("Case completed here; null is outstanding.", confidence="I")
    hearing_count: int = quantity("hearings", "Hearings held.", least=1, most=500, confidence="I")
    plea_code: str = code("pleas", "Plea to the principal offence at last.", confidence="I")
    guilty_plea_all: bool = flag("Guilty plea to every offence.", confidence="I")
    mode_of_trial_code: str = code(
        "modes_of_trial", "Why the case is tried where it is.", confidence="I"
    )
    remand_status: str = code(
        "remand_statuses", "Bail or custody at the last hearing.", confidence="I"
    )
    conviction_date: pl.Date = day("Conviction.", confidence="I", links=True)
    sent_to_crown_date: pl.Date = day(
        "Sent for trial or committed for sentence to the Crown Court.", confidence="I", links=True
    )
    crown_referral_code: str = code(
        "crown_referrals", "Sent for trial, or committed for sentence.", confidence="I"
    )
    crown_court_code: str = code(
        "courts", "Crown Court centre that the case went to.", confidence="I", links=True
    )
    sentence_date: pl.Date = day("Sentence.", confidence="I", links=True)
    disposal_code: str = code("cjs_results", "Principal disposal, CJS result code.", confidence="I")
    custodial_period_days: int = quantity(
        "days", "Term if custody, suspended or not.", most=1_000, confidence="I"
    )
    order_length_days: int = quantity(
        "days", "Length of a community order, or operational period.", most=4_000, confidence="I"
    )
    fine_amount: float = quantity("GBP", "Fine.", most=1e9, confidence="I")
    psr_ordered: bool = flag("A pre-sentence report was ordered.", confidence="I")

    class Config:
        metadata = table(
            source="magistrates",
            name="defendants",
            key=("case_id", "defendant_id"),
            coverage=Coverage(by="first_hearing_date", thins_from=date(2020, 9, 1)),
            record_of_person=True,
            ordered_dates=(
                ("charge_date", "first_hearing_date"),
                ("conviction_date", "sentence_date"),
            ),
        )
