"""Contracts of the probation extract (nDelius), referrals from 1 January 2014 to 31 December 2020.

One offender record has many events, an event at most one disposal, a disposal requirements, licence
conditions and at most one custody, a custody releases and supervision requirements, a release at
most one recall. Names marked P are those of the published dataset, S those of nDelius, I ours.
"""

from __future__ import annotations

from datetime import date

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
LSOA = r"^[EW]01\d{6}$"


class Offenders(pa.DataFrameModel):
    """One row per offender record: about one per court case, not one per person.

    - Some offender records are duplicates by mistake.
    - The same person has many records; never count people by offender_id.
    - Names hold data-entry markers (MIG_ERROR_, NO_SHOW_, DUPLICATE_).
    - Names also hold words such as "not entered".
    - Dates of birth 1900-01-01 and 1970-01-01 are defaults.
    - Postcodes NF1 1NF and NF1 1FA stand for no fixed abode.
    """

    offender_id: str = key(
        "probation_offender", "Offender record of one court case.", confidence="P"
    )
    estimated_offender_id: str = reference(
        "probation_person",
        "The supplier's own guess at the person. Evidence, not used.",
        nullable=True,
        confidence="P",
        required=False,
    )
    crn: str = direct(
        "crn", "Case reference number of the probation service.", str_matches=r"^[A-Z]\d{6}$"
    )
    first_name: str = direct("forename", "Forename as typed.", str_matches=NAME)
    second_name: str = direct("middle_names", "Middle names as typed.", str_matches=NAME)
    surname: str = direct("surname", "Surname as typed.", str_matches=NAME)
    aliases: str = direct(
        "aliases", "Other names known, 'FORENAME SURNAME' separated by semicolons.", confidence="I"
    )
    date_of_birth_date: pl.Date = birth_date("Date of birth, with default dates where unknown.")
    postcode: str = direct("postcode", "Postcode of the main address.", confidence="I")
    pnc_number: str = direct("pnc", "Police National Computer number, in several spellings.")
    cro_number: str = direct("cro", "Criminal Records Office number.")
    noms_number: str = direct(
        "prison_number", "Prison number, where the person has been in prison."
    )
    gender: str = code("sex_delius", "Recorded sex.", privacy="quasi", confidence="P", links=True)
    ethnicity_desc: str = code(
        "ethnicity_delius",
        "Recorded ethnicity, with junk values.",
        privacy="sensitive",
        confidence="P",
    )
    lsoa_residence: str = text(
        "Lower super output area of residence, 2011 boundaries.",
        privacy="quasi",
        confidence="P",
        pattern=LSOA,
    )
    deceased_date: pl.Date = day("Date of death, where known.", links=True)
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation", name="offenders", key=("offender_id",), record_of_person=True
        )


class Events(pa.DataFrameModel):
    """One row per event: a sentence or a pre-sentence contact of one offender record.

    - event_id_hash repeats for a few rows; the repeats are removed and counted.
    - One court case can lead to more than one event.
    - An event has at most one disposal, and may never get one.
    - The disposal vocabulary is layered by law.
    - Disposals also include non-sentences (adjournments, bail, migration artefacts).
    - probation_area_desc is the provider of the time.
    - A provider is a trust, community rehabilitation company, division, region or prison.
    - length is as entered, its unit varies; length_in_days is the same in days.
    """

    event_id_hash: str = key("probation_event", "Event.", confidence="P")
    offender_id: str = reference(
        "probation_offender", "Offender record of the event.", confidence="P", orphan_tolerance=0.05
    )
    event_number: str = text("Sequence of the event within the offender record.")
    referral_date: pl.Date = day(
        "Referral to probation; the window of the extract is by this date.",
        nullable=False,
        confidence="P",
    )
    age_at_offence: int = quantity(
        "years",
        "Age at the offence, with impossible outliers.",
        most=110,
        privacy="quasi",
        confidence="P",
    )
    probation_area_desc: str = code(
        "probation_areas",
        "Provider at the time.",
        privacy="quasi",
        confidence="P",
        dated_by="referral_date",
    )
    mo_code: str = text(
        "Main offence, Home Office code of five digits.", confidence="P", pattern=r"^\d{5}$"
    )
    mo_category_description: str = text("Main offence category.", confidence="P")
    offence_date: pl.Date = day("Date of the main offence.")
    conviction_date: pl.Date = day("Conviction.", links=True)
    court_code: str = code("courts", "Court of the disposal.", confidence="I")
    disposal_type_description: str = code(
        "disposal_types_delius", "Sentence or other outcome.", confidence="P"
    )
    disposal_date: pl.Date = day("Sentence date.", confidence="P", links=True)
    disposal_termination_date: pl.Date = day(
        "End of the order; null is running or missing.", confidence="P"
    )
    disposal_termination_reason_desc: str = code(
        "disposal_termination_reasons", "Why the order ended."
    )
    length: int = quantity(
        "as entered", "Length as entered; the unit varies.", most=40_000, confidence="P"
    )
    length_in_days: int = quantity(
        "days", "Length in days; null for life.", most=40_000, confidence="P"
    )
    recall_count: int = quantity(
        "recalls", "Recalls under this event, as counted by the source.", most=50, confidence="P"
    )
    in_breach: bool = flag("Breach proceedings open.")
    custody_id: str = reference(
        "probation_custody", "Custody of this disposal, if it is custodial.", nullable=True
    )
    custodial_status_code: str = code("custodial_status", "Where the custody stood at the extract.")
    sentence_expiry_date: pl.Date = day("Sentence expiry (key date).")
    licence_expiry_date: pl.Date = day("Licence expiry (key date).")
    pss_start_date: pl.Date = day("Start of post-sentence supervision.")
    pss_end_date: pl.Date = day("End of post-sentence supervision (key date).")
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="events",
            key=("event_id_hash",),
            duplicate_tolerance=0.01,
            coverage=Coverage(by="referral_date"),
            ordered_dates=(
                ("offence_date", "conviction_date"),
                ("disposal_date", "disposal_termination_date"),
            ),
        )


class Requirements(pa.DataFrameModel):
    """One row per requirement of a community or suspended sentence order.

    - rqmnt_start_date is the date imposed.
    - rqmnt_commencement_date is the actual start; it is often missing.
    - length is in the unit of its category: hours of unpaid work, activity days, treatment months.
    - Requirement names change over time (two spellings of alcohol monitoring).
    """

    rqmnt_id: str = key("probation_requirement", "Requirement.", confidence="I")
    event_id_hash: str = reference(
        "probation_event", "Event whose disposal carries it.", confidence="P", orphan_tolerance=0.05
    )
    rqmnt_type_main_category_code: str = code(
        "requirement_categories", "Main category.", confidence="P"
    )
    rqmnt_type_sub_category_desc: str = text("Sub category.")
    rqmnt_start_date: pl.Date = day("Imposed.", confidence="P")
    rqmnt_commencement_date: pl.Date = day("Actually started; many missing.", confidence="P")
    rqmnt_termination_date: pl.Date = day("Ended.", confidence="P")
    rqmnt_termination_reason_desc: str = code(
        "requirement_termination_reasons", "How it ended.", confidence="P"
    )
    length: int = quantity(
        "as the unit column says", "Length in the unit of the category.", most=5_000, confidence="P"
    )
    rqmnt_type_main_units_code: str = code("requirement_units", "Unit of length.")
    probation_area_desc: str = code(
        "probation_areas",
        "Provider at the time.",
        privacy="quasi",
        confidence="P",
        dated_by="rqmnt_start_date",
    )
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="requirements",
            key=("rqmnt_id",),
            coverage=Coverage(by="rqmnt_start_date"),
            ordered_dates=(("rqmnt_commencement_date", "rqmnt_termination_date"),),
        )


class LicenceConditions(pa.DataFrameModel):
    """One row per additional licence condition of a custodial disposal."""

    lic_condition_id: str = key("probation_licence_condition", "Licence condition.")
    event_id_hash: str = reference(
        "probation_event", "Event whose disposal carries it.", confidence="I", orphan_tolerance=0.05
    )
    lic_cond_type_main_cat_desc: str = code("licence_condition_categories", "Main category.")
    start_date: pl.Date = day("Imposed.")
    commencement_date: pl.Date = day("Actually started.")
    termination_date: pl.Date = day("Ended.")
    lic_termination_reason_desc: str = code("requirement_termination_reasons", "How it ended.")
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="licence_conditions",
            key=("lic_condition_id",),
            coverage=Coverage(by="start_date", since=date(2014, 7, 1)),
        )


class PssRequirements(pa.DataFrameModel):
    """One row per requirement of post-sentence supervision.

    - The requirement belongs to the custody, not to the disposal.
    """

    pss_rqmnt_id: str = key("probation_pss_requirement", "Supervision requirement.")
    custody_id: str = reference(
        "probation_custody", "Custody it belongs to.", to="probation.events", orphan_tolerance=0.05
    )
    pss_rqmnt_type_main_cat_desc: str = code("pss_requirement_categories", "Main category.")
    imposed_date: pl.Date = day("Imposed.")
    commencement_date: pl.Date = day("Actually started.")
    termination_date: pl.Date = day("Ended.")
    pss_rqmnt_term_reason_desc: str = code("requirement_termination_reasons", "How it ended.")
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="pss_requirements",
            key=("pss_rqmnt_id",),
            coverage=Coverage(by="imposed_date", since=date(2015, 7, 1)),
        )


class CourtReports(pa.DataFrameModel):
    """One row per report that a court asks of probation.

    - The type delivered may not be the type asked for.
    - A report exists for events that never get a disposal.
    - Addenda and breach reports are rows too.
    - The code list says which types are pre-sentence reports.
    - The proposal is blank for many reports; what the report said is not held.
    """

    court_report_id: str = key("probation_court_report", "Report.")
    event_id_hash: str = reference(
        "probation_event", "Event it was written for.", confidence="I", orphan_tolerance=0.05
    )
    court_report_type_code: str = code("court_report_types", "Type the court asked for.")
    delivered_court_report_type_code: str = code("court_report_types", "Type delivered.")
    delivered_report_reason_desc: str = text("Why the delivered type differs.")
    date_requested: pl.Date = day("Asked for.", nullable=False)
    date_required: pl.Date = day("Date the court set.", nullable=False)
    allocation_date: pl.Date = day("Given to an author.")
    completed_date: pl.Date = day("Completed.")
    sent_to_court_date: pl.Date = day("Sent to court.")
    received_by_court_date: pl.Date = day("Received by court.")
    required_by_court_code: str = code("courts", "Court that asked.", confidence="I")
    level_of_seriousness_desc: str = code("seriousness_levels", "Seriousness as the author saw it.")
    proposed_disposal_desc: str = code(
        "proposed_disposals", "Sentence that the report proposed.", confidence="I"
    )
    proposed_requirement_category_code: str = code(
        "requirement_categories", "Main requirement proposed.", confidence="I"
    )
    punishment: bool = flag("Purpose of sentencing named: punishment.")
    reduction_of_crime: bool = flag("Purpose named: reduction of crime.")
    reform_and_rehabilitation: bool = flag("Purpose named: reform and rehabilitation.")
    public_protection: bool = flag("Purpose named: public protection.")
    reparation: bool = flag("Purpose named: reparation.")
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="court_reports",
            key=("court_report_id",),
            coverage=Coverage(by="date_requested"),
            ordered_dates=(("date_requested", "completed_date"),),
        )


class Releases(pa.DataFrameModel):
    """One row per release from a custody, first releases and re-releases alike.

    - Release on Temporary Licence is a release type here and not a release on licence.
    """

    release_id: str = key("probation_release", "Release.")
    custody_id: str = reference(
        "probation_custody", "Custody released from.", to="probation.events", orphan_tolerance=0.05
    )
    actual_release_date: pl.Date = day("Released.", nullable=False, links=True)
    release_type_desc: str = code("release_types_delius", "Kind of release.")
    institution_code: str = code(
        "prisons", "Prison released from.", privacy="quasi", confidence="I"
    )
    length: int = quantity("days", "Length of the release, where entered.", most=40_000)
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="releases",
            key=("release_id",),
            coverage=Coverage(by="actual_release_date", since=date(2014, 7, 1)),
        )


class Recalls(pa.DataFrameModel):
    """One row per recall; it ends the release that it refers to.

    - recall_date is the date on which the licence was revoked.
    - Some recall reasons are not licence recalls.
    - Such reasons: notified by the prison, end of temporary licence, transfer to hospital.
    - A recall may be rejected, withdrawn or rescinded; a recalled person may never have come back.
    - Reasons of the recall service are many per recall, separated by semicolons.
    """

    recall_id: str = key("probation_recall", "Recall.")
    release_id: str = reference("probation_release", "Release that it ends.", orphan_tolerance=0.05)
    recall_date: pl.Date = day("Licence revoked; blank rows are not counted.")
    recall_reason_code: str = code("recall_reasons_delius", "Reason as nDelius has it.")
    ppcs_reason_codes: str = text(
        "Reasons of the recall service (codes/recall_reasons.csv), separated by semicolons.",
        confidence="I",
        privacy="sensitive",
        pattern=r"^[A-Z_]+(;[A-Z_]+)*$",
    )
    recall_outcome_code: str = code(
        "recall_outcomes",
        "Decision on the request: fixed term, standard, rejected, withdrawn.",
        confidence="I",
    )
    recall_length_days: int = quantity(
        "days",
        "14 or 28 for a fixed-term recall, null for a standard one.",
        least=14,
        most=28,
        confidence="I",
    )
    emergency: bool = flag("Processed as an emergency recall.", confidence="I")
    from_hdc: bool = flag("Recalled from home detention curfew.", confidence="I")
    hdc_subtype_code: str = code(
        "hdc_recall_subtypes", "Section 255 subtype of a curfew recall.", confidence="I"
    )
    rescinded: bool = flag("Rescinded: made in error.", confidence="I")
    return_to_custody_date: pl.Date = day(
        "Back in custody; null is unlawfully at large or unknown.", confidence="I", links=True
    )
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="recalls",
            key=("recall_id",),
            coverage=Coverage(by="recall_date", since=date(2015, 1, 1)),
            ordered_dates=(("recall_date", "return_to_custody_date"),),
        )


class Contacts(pa.DataFrameModel):
    """One row per planned or actual contact between a person and the probation service."""

    contact_id: str = key("probation_contact", "Contact.", confidence="I")
    event_id_hash: str = reference(
        "probation_event", "Event supervised.", confidence="I", orphan_tolerance=0.05
    )
    contact_date: pl.Date = day("Day of the contact.", nullable=False, confidence="I")
    contact_type_desc: str = code("contact_types", "Way of contact.", confidence="I")
    officer_id: str = reference("probation_officer", "Officer.", nullable=True, confidence="I")
    attended: bool = flag("Attended; null when no outcome is recorded.", confidence="I")
    acceptable_absence: bool = flag("Absence accepted.", confidence="I")
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="contacts",
            key=("contact_id",),
            coverage=Coverage(by="contact_date", since=date(2014, 7, 1)),
            required=False,
        )


class OfficerAllocations(pa.DataFrameModel):
    """One row per spell for which one officer is responsible for one event."""

    allocation_id: str = key("probation_allocation", "Allocation.", confidence="I")
    event_id_hash: str = reference(
        "probation_event", "Event supervised.", confidence="I", orphan_tolerance=0.05
    )
    officer_id: str = reference("probation_officer", "Officer.", confidence="I")
    allocation_date: pl.Date = day("From.", nullable=False, confidence="I")
    end_date: pl.Date = day("To; null is current.", confidence="I")
    allocation_reason_desc: str = code(
        "allocation_reasons", "Why the officer changed.", confidence="I"
    )
    probation_area_desc: str = code(
        "probation_areas",
        "Provider at the time.",
        privacy="quasi",
        confidence="I",
        dated_by="allocation_date",
    )

    class Config:
        metadata = table(
            source="probation",
            name="officer_allocations",
            key=("allocation_id",),
            coverage=Coverage(by="allocation_date"),
            required=False,
            ordered_dates=(("allocation_date", "end_date"),),
        )


class Referrals(pa.DataFrameModel):
    """One row per referral of a supervised person to a support service."""

    referral_id: str = key("probation_referral", "Referral.", confidence="I")
    event_id_hash: str = reference(
        "probation_event", "Event supervised.", confidence="I", orphan_tolerance=0.05
    )
    referral_date: pl.Date = day("Referred.", nullable=False, confidence="I")
    referral_type_desc: str = code(
        "referral_types", "Need referred for.", confidence="I", privacy="sensitive"
    )
    start_date: pl.Date = day("Started; null is not started.", confidence="I")
    end_date: pl.Date = day("Ended.", confidence="I")
    referral_outcome_desc: str = code("referral_outcomes", "What came of it.", confidence="I")
    soft_deleted: bool = flag("Deleted in the source system but still delivered.", nullable=False)

    class Config:
        metadata = table(
            source="probation",
            name="referrals",
            key=("referral_id",),
            coverage=Coverage(by="referral_date", since=date(2014, 7, 1)),
            required=False,
            ordered_dates=(("start_date", "end_date"),),
        )
