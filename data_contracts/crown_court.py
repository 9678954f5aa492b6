"""Contract of the Crown Court extract (XHIBIT), defendant cases from 2013 to 2020.

Names marked P are those of the published dataset, S those of XHIBIT, I ours.
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from data_contracts.expectations import Coverage
from data_contracts.fields import (
    birth_date,
    code,
    day,
    direct,
    flag,
    key,
    quantity,
    reference,
    table,
    text,
)

VERSION = "1.0.0"
"""Raised with the contract: the first part if it breaks a reader or supplier, else the second."""

NAME = r"^.{0,80}$"


class Defendants(pa.DataFrameModel):
    """One row per defendant on a Crown Court case, with the principal disposal of that case.

    - Cases are trials, committals for sentence and appeals; an appeal is not a new prosecution.
    - Companies are defendants too: they have no birth date and are never linked as people.
    - obs_ind marks obsolete rows; names of masked defendants are not to be trusted.
    - custodial_period_days is the longest single term, not the sum of consecutive ones.
    """

    defendant_on_case_id: str = key("crown_defendant", "Defendant on case.", confidence="P")
    case_id: str = reference("crown_case", "Case; several defendants share it.")
    case_number: str = direct(
        "case_number",
        "Case number, such as T20150012; names the case in public lists.",
        confidence="S",
    )
    asn: str = direct(
        "asn", "Arrest and summons number; shared with the magistrates' record of the same case."
    )
    first_name: str = direct("forename", "Forename as typed.", str_matches=NAME)
    middle_name: str = direct("middle_names", "Middle names as typed.", str_matches=NAME)
    surname: str = direct(
        "surname", "Surname as typed; name of the company for companies.", str_matches=NAME
    )
    date_of_birth: pl.Date = birth_date("Date of birth.")
    postcode: str = direct("postcode", "Postcode of the defendant's address.", confidence="I")
    pnc_id: str = direct("pnc", "Police National Computer number.")
    cro_number: str = direct("cro", "Criminal Records Office number.", confidence="I")
    gender: int = quantity(
        "code",
        "0 unknown, 1 male, 2 female, 9 indeterminate (codes/sex_xhibit.csv).",
        most=9,
        privacy="quasi",
        links=True,
    )
    ethnicity_self_defined: str = code(
        "ethnicity_self_defined",
        "Ethnicity as the defendant defined it (18+1).",
        privacy="sensitive",
    )
    ethnic_appearance_code: str = code(
        "ethnic_appearance", "Ethnicity as an officer saw it.", privacy="sensitive"
    )
    age_at_receipt: int = quantity(
        "years", "Age when the case was received.", most=110, privacy="quasi", confidence="I"
    )
    lsoa_residence: str = text(
        "Lower super output area of residence, 2011.",
        privacy="quasi",
        confidence="I",
        pattern=r"^[EW]01\d{6}$",
    )
    is_company: bool = flag("The defendant is a company.", nullable=False)
    is_masked: bool = flag("The defendant's name is masked.")
    is_juvenile: bool = flag("Under 18 at the first hearing.")
    case_type: str = code(
        "crown_case_types", "T trial, S committed for sentence, A appeal.", nullable=False
    )
    court_code: str = code("courts", "Crown Court centre.", links=True)
    ref_court_code: str = code(
        "courts", "Magistrates' court that sent the case.", confidence="I", links=True
    )
    mag_court_first_hearing_date: pl.Date = day(
        "First hearing at the magistrates' court.", links=True
    )
    date_of_committal: pl.Date = day("Sent or committed by the magistrates.", links=True)
    receipt_date: pl.Date = day(
        "Received at the Crown Court.", nullable=False, confidence="I", links=True
    )
    first_main_hearing_date: pl.Date = day("First main hearing.", confidence="I")
    completion_date: pl.Date = day(
        "Case completed for this defendant; null is outstanding.", confidence="I"
    )
    offence_code: str = code("offences", "Principal offence, CJS code.")
    offence_date: pl.Date = day("Date of the principal offence.")
    offence_count: int = quantity(
        "offences", "Counts on the indictment.", least=1, most=500, confidence="I"
    )
    plea_code: str = code("pleas", "Plea to the principal offence at last.")
    guilty_plea_all: bool = flag("Guilty plea to every count.", confidence="I")
    verdict_code: str = code("verdicts", "Verdict on the principal offence.")
    remand_status: str = code("remand_statuses", "Bail or custody at the last hearing.")
    conviction_date: pl.Date = day("Conviction.", links=True)
    sentence_date: pl.Date = day("Sentence.", confidence="I", links=True)
    disposal_code: str = code("cjs_results", "Principal disposal, CJS result code.", confidence="I")
    custodial_period_days: int = quantity(
        "days",
        "Term of the principal disposal if custody, suspended or not.",
        most=40_000,
        confidence="P",
    )
    licence_extension_days: int = quantity(
        "days", "Extended licence of an extended sentence.", most=40_000, confidence="I"
    )
    order_length_days: int = quantity(
        "days", "Length of a community order, or operational period.", most=4_000, confidence="I"
    )
    fine_amount: float = quantity("GBP", "Fine.", most=1e9)
    appeal_result_code: str = code(
        "appeal_results", "Result of an appeal from the magistrates' court.", confidence="I"
    )
    psr_ordered: bool = flag("A pre-sentence report was ordered.", confidence="I")
    obs_ind: bool = flag("Obsolete row.", nullable=False, links=True)

    class Config:
        metadata = table(
            source="crown_court",
            name="defendants",
            key=("defendant_on_case_id",),
            coverage=Coverage(by="receipt_date"),
            record_of_person=True,
            ordered_dates=(
                ("receipt_date", "completion_date"),
                ("conviction_date", "sentence_date"),
            ),
        )
