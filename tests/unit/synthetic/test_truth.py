"""What the truth calls observable, and nothing else, can be read from the delivered rows alone."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

PRE_SENTENCE = {"CJO": "oral", "CJF": "fast", "CJS": "standard", "PSR": "legacy"}


class Held:
    """A delivery without errors, with the true person beside each record."""

    def __init__(self, folders: tuple[Path, Path]) -> None:
        self.delivery, self.folder = folders

    def table(self, source: str, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.delivery / source / f"{name}.parquet")

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"{name}.parquet")

    def owners(self, source: str, key: str) -> pl.DataFrame:
        return (
            self.truth("record_person")
            .filter(pl.col("source") == source)
            .select(pl.col("source_key").alias(key), "true_person_id")
        )

    def events(self) -> pl.DataFrame:
        """Events and custodies of probation with the person, repeats and deleted rows left out."""
        events = (
            self.table("probation", "events")
            .filter(~pl.col("soft_deleted"))
            .unique("event_id_hash", maintain_order=True)
        )
        return events.select("event_id_hash", "custody_id", "offender_id").join(
            self.owners("probation", "offender_id"), on="offender_id"
        )


@pytest.fixture(scope="module")
def held(clean_delivery: tuple[Path, Path]) -> Held:
    return Held(clean_delivery)


def counted(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(rows.rows(), key=str)


def test_reports(held: Held) -> None:
    rows = held.table("probation", "court_reports").filter(
        ~pl.col("soft_deleted")
        & ~pl.col("court_report_type_code").is_in(["PSA", "BRE"]).fill_null(False)
    )
    rows = rows.join(held.events(), on="event_id_hash")
    stated = held.truth("pre_sentence_reports").filter("is_observable")
    assert counted(rows.select("true_person_id", "date_requested")) == counted(
        stated.select("true_person_id", "requested_date")
    )
    in_time = stated.filter(pl.col("completed_date") <= pl.date(2020, 12, 31))
    came = rows.filter(pl.col("completed_date").is_not_null()).with_columns(
        pl.col("delivered_court_report_type_code").replace_strict(PRE_SENTENCE).alias("type")
    )
    assert counted(came.select("true_person_id", "completed_date", "type")) == counted(
        in_time.select("true_person_id", "completed_date", "delivered_type")
    )


def test_recalls(held: Held) -> None:
    rows = held.table("probation", "recalls").filter(
        ~pl.col("soft_deleted")
        & ~pl.col("rescinded")
        & pl.col("recall_outcome_code").is_in(["REC01", "REC02"])
        & pl.col("recall_date").is_not_null()
        & ~pl.col("recall_reason_code").is_in(["NN", "EOTL", "TSH"])
    )
    releases = held.table("probation", "releases").select("release_id", "custody_id")
    rows = rows.join(releases, on="release_id").join(held.events(), on="custody_id")
    stated = held.truth("recalls").filter("is_observable")
    assert stated.height > 20
    assert counted(rows.select("true_person_id", "recall_date")) == counted(
        stated.select("true_person_id", "revocation_date")
    )


def test_sentences(held: Held) -> None:
    crown = held.table("crown_court", "defendants").filter(
        ~pl.col("obs_ind") & ~pl.col("is_company")
    )
    crown = crown.join(
        held.owners("crown_court", "defendant_on_case_id"), on="defendant_on_case_id"
    )
    magistrates = held.table("magistrates", "defendants").filter(~pl.col("is_company"))
    magistrates = magistrates.with_columns(key=pl.format("{}/{}", "case_id", "defendant_id")).join(
        held.owners("magistrates", "key"), on="key"
    )
    both = pl.concat(
        [
            each.select("true_person_id", "sentence_date").drop_nulls()
            for each in (crown, magistrates)
        ]
    )
    stated = held.truth("sentences").filter("is_observable")
    assert counted(both) == counted(stated.select("true_person_id", "sentence_date"))


def test_releases(held: Held) -> None:
    rows = held.table("probation", "releases").filter(
        ~pl.col("soft_deleted") & (pl.col("release_type_desc") != "Release on Temporary Licence")
    )
    rows = rows.join(held.events(), on="custody_id").select(
        "true_person_id", pl.col("actual_release_date").alias("day")
    )
    inside = held.table("prison", "custodial_journeys").filter(
        pl.col("sentence_start_date").is_not_null()
        & pl.col("release_date").is_not_null()
        & (pl.col("movement_reason_code") != "MRG")
    )
    inside = inside.join(held.owners("prison", "custodial_journey_id"), on="custodial_journey_id")
    seen = pl.concat(
        [rows, inside.select("true_person_id", pl.col("release_date").alias("day"))]
    ).unique()
    stated = (
        held.truth("releases")
        .filter("is_observable")
        .select("true_person_id", pl.col("release_date").alias("day"))
        .unique()
    )
    assert counted(seen) == counted(stated)


def test_case_links(held: Held) -> None:
    """A link joins one person's two rows, and the magistrates sent the case before the Crown Court
    received it.
    """
    links = held.truth("case_links")
    crown = held.table("crown_court", "defendants").select(
        cc_source_key="defendant_on_case_id", receipt="receipt_date", crown_asn="asn"
    )
    magistrates = held.table("magistrates", "defendants").select(
        mc_source_key=pl.format("{}/{}", "case_id", "defendant_id"),
        sent="sent_to_crown_date",
        asn="asn",
    )
    joined = links.join(crown, on="cc_source_key").join(magistrates, on="mc_source_key")
    joined = joined.join(held.owners("crown_court", "cc_source_key"), on="cc_source_key")
    joined = joined.join(
        held.owners("magistrates", "mc_source_key"), on="mc_source_key", suffix="_mc"
    )
    assert joined.height == links.height > 100
    assert (joined["true_person_id"] == joined["true_person_id_mc"]).all()
    assert (joined["asn"] == joined["crown_asn"]).all()
    assert (joined["sent"].fill_null(joined["receipt"]) <= joined["receipt"]).all()
    assert links["mc_source_key"].is_unique().all()
    assert links["cc_source_key"].is_unique().all()
