"""Contracts of a delivery that is linked already: the ministry's lookups.

These lookups then replace our own linkage.

Names marked P are those of the ministry's internal tables; the released names were not seen.
"""

from __future__ import annotations

import pandera.polars as pa

from data_contracts.fields import code, key, quantity, reference, table

VERSION = "1.0.0"
"""Raised with the contract: the first part if it breaks a reader or supplier, else the second."""


class PersonLinks(pa.DataFrameModel):
    """One row per source record with the person it belongs to at three thresholds.

    - person_id is the source record's identifier as text; it is not the person.
    - The cluster columns are the person.
    """

    person_id: str = key(
        "linking_record",
        "Identifier of the source record as text.",
        confidence="P",
        links=True,
        family_by="source_dataset",
    )
    source_dataset: str = code(
        "source_datasets", "Dataset of the record.", nullable=False, confidence="P", links=True
    )
    cluster_high: str = reference(
        "linking_person_high", "Person at the strictest threshold.", confidence="P", links=True
    )
    cluster_medium: str = reference(
        "linking_person",
        "Person at the middle threshold; the one to use.",
        confidence="P",
        links=True,
    )
    cluster_low: str = reference(
        "linking_person_low", "Person at the loosest threshold.", confidence="P", links=True
    )

    class Config:
        metadata = table(
            source="linking",
            name="person_links",
            key=("source_dataset", "person_id"),
            required=False,
        )


class CaseLinks(pa.DataFrameModel):
    """One row per magistrates' defendant-case joined to a Crown Court defendant-case."""

    mc_case_id: str = key("magistrates_case", "Magistrates' case.", confidence="P", links=True)
    mc_defendant_id: str = key(
        "magistrates_defendant", "Defendant in that case.", confidence="P", links=True
    )
    cc_defendant_on_case_id: str = key(
        "crown_defendant", "Defendant on the Crown Court case.", confidence="P", links=True
    )
    estimated_match_score: float = quantity(
        "probability",
        "Estimated probability that the link is right.",
        most=1,
        confidence="P",
        links=True,
    )

    class Config:
        metadata = table(
            source="linking",
            name="case_links",
            key=("mc_case_id", "mc_defendant_id", "cc_defendant_on_case_id"),
            required=False,
        )
