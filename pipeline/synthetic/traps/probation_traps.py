"""Traps of the probation extract: offender records, events, and the words in which they are told.

Belongs here: traps of `probation.offenders` and `probation.events`. Does not belong here: what
hangs off an event (supervision_traps).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.calendar import WINDOWS, to_dates
from pipeline.synthetic.code_lists import read_list
from pipeline.synthetic.extracts import probation, probation_offenders, probation_vocabulary
from pipeline.synthetic.traps.trap import Tables, Trap

MISTAKEN, DELETED = probation_offenders.MISTAKEN_SHARE, probation.DELETED_SHARE
KNOWN_FROM = 180
"""Days from the start of the window in which sentences with an earlier referral are sought."""


def _words(**kinds: str) -> pl.Expr:
    """Events whose disposal text is of a kind or an era in the code list."""
    held = read_list("disposal_types_delius").filter(
        *[pl.col(name).str.starts_with(value) for name, value in kinds.items()]
    )
    return pl.col("disposal_type_description").is_in(held["code"].to_list())


def _of_kind(kind: str) -> pl.Expr:
    """Rows whose provider is of a kind."""
    return pl.col("probation_area_desc").is_in(
        read_list("probation_areas").filter(pl.col("provider_kind") == kind)["code"].to_list()
    )


def _referred_before(tables: Tables) -> int:
    """Number of sentences early in the window that no event records.

    They are to custody or an order, and were referred before the window.
    """
    first = WINDOWS["probation"][0]
    known = tables["probation", "events"].filter(pl.col("_case") >= 0)["_case"]
    count = 0
    for source, age in (("magistrates", "age_at_first_hearing"), ("crown_court", "age_at_receipt")):
        rows = tables[source, "defendants"].filter(
            (pl.col("_case") >= 0)
            & (pl.col(age) >= 18)
            & pl.col("sentence_date").is_between(*dates_between(first, first + KNOWN_FROM))
            & (
                pl.col("custodial_period_days").is_not_null()
                | pl.col("disposal_code").is_in(["1116"])
            )
        )
        count += int((~rows["_case"].is_in(known.implode())).sum())
    return count


def dates_between(first: int, last: int) -> tuple[pl.Expr, pl.Expr]:
    """Two days as dates."""
    held = to_dates(pl.Series([first, last]).to_numpy())
    return pl.lit(held[0]), pl.lit(held[1])


_OFFENDERS: tuple[tuple[str, str, str, float, pl.Expr], ...] = (
    (
        "one_record_a_case",
        (
            "records beyond a person's first: one offender_id is given a court case, "
            "so counting them counts people many times"
        ),
        "trap 2 (catalogue of the probation dataset)",
        0.36,
        pl.len() - pl.col("_person").n_unique(),
    ),
    (
        "mistaken_record",
        "a second record opened by mistake for a case that has one; it has no event",
        "trap 2 (catalogue of the probation dataset)",
        MISTAKEN,
        pl.col("_mistaken"),
    ),
    (
        "merged_record",
        (
            "a record merged into the person's record before it and deleted; "
            "its events stand under the other id"
        ),
        "trap 15 (Delius merge history)",
        0.0066,
        pl.col("_merged"),
    ),
    (
        "wrong_guess",
        "estimated_offender_id splits the person: the supplier's own guess is evidence, not truth",
        "section 2.1 (catalogue of the probation dataset)",
        0.06,
        pl.col("estimated_offender_id").str.slice(1).cast(pl.Int64)
        != pl.col("_person").str.slice(1).cast(pl.Int64),
    ),
    (
        "refused_ethnicity",
        "ethnicity 'Refusal': asked and not given",
        "trap 8 (public R analysis)",
        0.03,
        pl.col("ethnicity_desc") == "Refusal",
    ),
    (
        "junk_ethnicity",
        "ethnicity 'Z_Dummy Ethnicity 04' or '05'",
        "trap 8 (public R analysis)",
        0.005,
        pl.col("ethnicity_desc").str.starts_with("Z_Dummy"),
    ),
    (
        "no_ethnicity",
        "ethnicity left empty",
        "trap 8 (public R analysis)",
        0.015,
        pl.col("ethnicity_desc").is_null(),
    ),
    (
        "unknown_sex",
        "sex N: coded otherwise than in the other systems",
        "trap 19",
        0.003,
        pl.col("gender") == "N",
    ),
)
_EVENTS: tuple[tuple[str, str, str, float, pl.Expr], ...] = (
    (
        "repeated_event",
        "an event repeated to the letter",
        "trap 1 (public R analysis)",
        probation.REPEATED_SHARE,
        pl.len() - pl.col("event_id_hash").n_unique(),
    ),
    (
        "further_event",
        (
            "an event beyond the first of its offender record: "
            "one court case can lead to more than one"
        ),
        "section 2 (catalogue of the probation dataset)",
        0.11,
        pl.col("event_number") != "1",
    ),
    (
        "moved_event",
        "an event that a merge moved to another offender record",
        "trap 15 (Delius merge history)",
        0.0068,
        pl.col("event_number").is_in(["3", "4"]),
    ),
    (
        "no_disposal",
        "an event without a disposal: a contact before sentence, or one that never came",
        "section 2 (catalogue of the probation dataset)",
        0.037,
        pl.col("disposal_type_description").is_null() & ~pl.col("soft_deleted"),
    ),
    (
        "adjourned",
        "a disposal text that is no sentence: adjournment or bail",
        "trap 11",
        0.026,
        _words(kind="pre_sentence_outcome"),
    ),
    (
        "breach_outcome",
        "a disposal text that is no sentence: the outcome of a breach",
        "trap 11",
        0.026,
        _words(kind="review") | _words(kind="breach"),
    ),
    (
        "migration_artefact",
        "a disposal text left by the migration of older systems",
        "trap 11",
        probation_vocabulary.MIGRATED_SHARE,
        _words(kind="migration_artefact"),
    ),
    (
        "words_before_2005",
        "a sentence named as before the Criminal Justice Act 2003",
        "trap 11",
        0.04,
        _words(era="pre-CJA"),
    ),
    (
        "words_of_2003",
        "a sentence named by the Criminal Justice Act 2003, in several spellings",
        "trap 11",
        0.155,
        _words(era="CJA2003"),
    ),
    (
        "words_of_2015",
        "a sentence named by the Offender Rehabilitation Act 2014",
        "trap 11",
        0.65,
        _words(era="ORA"),
    ),
    (
        "words_of_2020",
        "a sentence named by the Sentencing Act 2020: December 2020 alone",
        "trap 11",
        0.007,
        _words(era="SA2020"),
    ),
    (
        "default_date",
        "a disposal on 1970-01-01, which stands for no date",
        "section 7 (person match strips it from sentence dates)",
        probation_vocabulary.MIGRATED_SHARE * probation_vocabulary.DEFAULT_DATE_SHARE,
        pl.col("disposal_date") == probation_vocabulary.DEFAULT_DATE,
    ),
    (
        "length_as_entered",
        "length in another unit than days, which no column names",
        "trap 6 (public R analysis)",
        0.6,
        pl.col("length") != pl.col("length_in_days"),
    ),
    (
        "open_order",
        "a disposal without an end: running when the window closed, or never entered",
        "trap 12",
        0.12,
        pl.col("length_in_days").is_not_null() & pl.col("disposal_termination_date").is_null(),
    ),
    (
        "referred_first",
        "a referral before the sentence: the window is cut by referral, not by sentence",
        "trap 12 (catalogue of the probation dataset)",
        0.24,
        pl.col("referral_date") < pl.col("disposal_date"),
    ),
    (
        "trust_as_provider",
        "provider is a probation trust, as until May 2014",
        "trap 9",
        0.067,
        _of_kind("trust"),
    ),
    (
        "company_as_provider",
        "provider is a community rehabilitation company, as from June 2014",
        "trap 9",
        0.75,
        _of_kind("crc"),
    ),
    (
        "division_as_provider",
        "provider is a division of the national service, as from June 2014",
        "trap 9",
        0.11,
        _of_kind("nps_division"),
    ),
    (
        "prison_as_provider",
        "provider is a prison",
        "trap 9 (public R analysis)",
        0.01,
        _of_kind("prison"),
    ),
    ("no_provider", "provider is nobody known", "trap 9", 0.005, _of_kind("other")),
    (
        "no_regions_yet",
        "the twelve regions of June 2021 are not there: probation ends with referrals of 2020",
        "trap 9",
        0.0,
        _of_kind("region"),
    ),
)


def list_traps() -> list[Trap]:
    """Traps of offender records and events."""
    listed = [
        Trap(name=n, source="probation", table="offenders", what=w, told=t, rate=r, found=f)
        for n, w, t, r, f in _OFFENDERS
    ]
    listed += [
        Trap(name=n, source="probation", table="events", what=w, told=t, rate=r, found=f)
        for n, w, t, r, f in _EVENTS
    ]
    return [
        *listed,
        Trap(
            name="referred_before_window",
            source="probation",
            table="events",
            what=(
                "sentences of early 2014 that have no event, "
                "since the case was referred before the window"
            ),
            told="trap 12 (catalogue of the probation dataset)",
            rate=0.005,
            found=_referred_before,
        ),
    ]
