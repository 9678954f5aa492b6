"""A source that is not ours, as small as a source can be."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from data_contracts.fields import birth_date, day, direct, key, reference, table

VERSION = "1.0.0"


class Visits(pa.DataFrameModel):
    """One row per visit of a person.

    - A visit may be of nobody known.
    """

    visit_id: str = key("further_visit", "Visit.", confidence="I")
    surname: str = direct("surname", "Surname as typed.", confidence="I")
    date_of_birth: pl.Date = birth_date("Date of birth.", confidence="I")
    visit_date: pl.Date = day("Day of the visit.", nullable=False, confidence="I")

    class Config:
        metadata = table(source="further", name="visits", key=("visit_id",), record_of_person=True)


class Notes(pa.DataFrameModel):
    """One row per note of a visit and place in its sequence."""

    visit_id: str = reference("further_visit", "Visit.", confidence="I")
    note_id: str = key("further_note", "Note within the visit.", confidence="I")

    class Config:
        metadata = table(source="further", name="notes", key=("visit_id", "note_id"))
