"""Contracts of the prison extract (p-NOMIS), January 2011 to September 2021.

The extract holds the custodial journeys of these years.

Names marked P are those of the published dataset, S those of NOMIS, I ours.
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
    key,
    quantity,
    reference,
    table,
    text,
)

VERSION = "1.0.0"
"""Raised with the contract: the first part if it breaks a reader or supplier, else the second."""

NAME = r"^.{0,80}$"
SENTENCE_DAYS = 40_000


class CustodialJourneys(pa.DataFrameModel):
    """One row per prisoner per separate time in prison.

    - Remand, sentence and connected recalls run together in one row.
    - A recall inside a journey is not a row; it shows in the imprisonment status or movements.
    - offender_id misses terms of one person and joins terms of two; evidence, not truth.
    - Where a date was overridden by staff, the override wins over the calculated date.
    - Release reason MRG is a record merge and not a release; ethnicity MERGE is a placeholder.
    """

    custodial_journey_id: str = key("prison_journey", "Journey.", confidence="I")
    offender_id: str = reference(
        "prison_offender",
        "Offender as the source groups terms; unreliable.",
        confidence="P",
        links=True,
    )
    offender_book_id: str = reference(
        "prison_booking", "Booking; movements and interventions hang off it."
    )
    offender_id_display: str = direct(
        "prison_number", "Prison number.", confidence="P", str_matches=r"^[A-Z]\d{4}[A-Z]{2}$"
    )
    first_name: str = direct("forename", "Forename as typed.", str_matches=NAME)
    middle_name: str = direct("middle_names", "Middle names as typed.", str_matches=NAME)
    last_name: str = direct("surname", "Surname as typed.", str_matches=NAME)
    aliases: str = direct(
        "aliases", "Other names known, 'FORENAME SURNAME' separated by semicolons.", confidence="I"
    )
    birth_date: pl.Date = birth_date("Date of birth.")
    postcode: str = direct("postcode", "Postcode given at reception.", confidence="I")
    pnc_number: str = direct("pnc", "Police National Computer number.", confidence="I")
    cro_number: str = direct("cro", "Criminal Records Office number.", confidence="I")
    sex_code: str = code("sex_nomis", "Recorded sex.", privacy="quasi", links=True)
    race_code: str = code(
        "ethnicity_nomis", "Recorded ethnicity, self-defined.", privacy="sensitive"
    )
    booking_begin_date: pl.Date = day("Reception.", nullable=False, links=True)
    booking_end_date: pl.Date = day("End of the journey; null is still in prison.", links=True)
    agy_loc_id: str = code("prisons", "Prison of reception.", privacy="quasi")
    release_agy_loc_id: str = code("prisons", "Prison of release.", privacy="quasi", confidence="I")
    youth_adult_code: str = code("youth_adult", "Held as young person or adult.")
    reception_imprisonment_status: str = code(
        "imprisonment_statuses", "Legal status at reception.", confidence="I"
    )
    imprisonment_status: str = code("imprisonment_statuses", "Legal status last held.")
    offence_code: str = code("offences", "Main offence (most serious), CJS code.")
    offence_date: pl.Date = day("Date of the main offence.")
    sentence_start_date: pl.Date = day("Sentence began; null is never sentenced.", links=True)
    aggregate_term_days: int = quantity(
        "days",
        "Whole sentence, consecutive terms added; null for life.",
        most=SENTENCE_DAYS,
        confidence="I",
    )
    sentence_calc_type: str = code("sentence_calc_types", "Kind of sentence for release dates.")
    sentence_category: str = code("sentence_categories", "Act under which it was passed.")
    crd_calculated_date: pl.Date = day("Conditional release, calculated.")
    crd_overrided_date: pl.Date = day("Conditional release, overridden.")
    hdcad_calculated_date: pl.Date = day("Home detention curfew approved, calculated.")
    led_calculated_date: pl.Date = day("Licence expiry, calculated.")
    led_overrided_date: pl.Date = day("Licence expiry, overridden.")
    sed_calculated_date: pl.Date = day("Sentence expiry, calculated.")
    sed_overrided_date: pl.Date = day("Sentence expiry, overridden.")
    tused_calculated_date: pl.Date = day("End of top-up supervision, calculated.")
    release_date: pl.Date = day("Last release of the journey.", links=True)
    movement_reason_code: str = code("movement_reasons", "Reason of that release.")

    class Config:
        metadata = table(
            source="prison",
            name="custodial_journeys",
            key=("custodial_journey_id",),
            coverage=Coverage(by="booking_begin_date"),
            record_of_person=True,
            lookup_key="offender_id",
            ordered_dates=(
                ("booking_begin_date", "booking_end_date"),
                ("sentence_start_date", "release_date"),
            ),
        )


class Movements(pa.DataFrameModel):
    """One row per external movement of a booking.

    - The movements are admission, release, transfer, court and temporary absence.
    """

    movement_id: str = key("prison_movement", "Movement (booking and sequence).", confidence="I")
    offender_book_id: str = reference(
        "prison_booking", "Booking.", to="prison.custodial_journeys", orphan_tolerance=0.05
    )
    movement_seq: int = quantity(
        "sequence", "Order of movements within the booking.", least=1, most=10_000, nullable=False
    )
    movement_date: pl.Date = day("Day of the movement.", nullable=False)
    movement_type: str = code("movement_types", "Kind of movement.", nullable=False)
    movement_reason_code: str = code(
        "movement_reasons", "Reason; L, B, ELR and 24 admit on recall."
    )
    direction_code: str = code("movement_directions", "In or out.", nullable=False)
    from_agy_loc_id: str = text("From: prison, court or OUT.", privacy="quasi")
    to_agy_loc_id: str = text("To: prison, court or OUT.", privacy="quasi")
    imprisonment_status: str = code(
        "imprisonment_statuses", "Legal status after the movement.", confidence="I"
    )

    class Config:
        metadata = table(
            source="prison",
            name="movements",
            key=("movement_id",),
            coverage=Coverage(by="movement_date"),
            required=False,
        )


class Interventions(pa.DataFrameModel):
    """One row per programme, course, job or support service taken up in prison."""

    intervention_id: str = key("prison_intervention", "Intervention.", confidence="I")
    offender_book_id: str = reference(
        "prison_booking",
        "Booking.",
        confidence="I",
        to="prison.custodial_journeys",
        orphan_tolerance=0.05,
    )
    intervention_type_desc: str = code(
        "intervention_types", "Kind of support.", confidence="I", privacy="sensitive"
    )
    start_date: pl.Date = day("Started.", nullable=False, confidence="I")
    end_date: pl.Date = day("Ended; null is running.", confidence="I")
    intervention_outcome_desc: str = code(
        "intervention_outcomes", "What came of it.", confidence="I"
    )
    agy_loc_id: str = code("prisons", "Prison.", privacy="quasi", confidence="I")

    class Config:
        metadata = table(
            source="prison",
            name="interventions",
            key=("intervention_id",),
            coverage=Coverage(by="start_date", since=date(2011, 7, 1)),
            required=False,
            ordered_dates=(("start_date", "end_date"),),
        )
