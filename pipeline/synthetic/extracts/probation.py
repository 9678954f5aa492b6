"""Events as nDelius has them.

Belongs here: rows of `probation.events`. Does not belong here: what hangs off an event
(probation_orders, probation_custody, probation_reports, probation_contact).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import probation
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, TRANSFORMING, WINDOWS, Days, cut_after, to_dates
from pipeline.synthetic.code_lists import pick_text, read_courts, read_offences, read_providers
from pipeline.synthetic.extracts import records
from pipeline.synthetic.extracts.probation_vocabulary import (
    ADJOURNED,
    ADJOURNED_SHARE,
    BREACH_SHARE,
    BREACHES,
    DEFAULT_DATE,
    DEFAULT_DATE_SHARE,
    MIGRATED,
    MIGRATED_SHARE,
    WITHOUT_DISPOSAL_SHARE,
    NoSentence,
    in_old_words,
)
from pipeline.synthetic.lives.sentencing import COMMUNITY, SUSPENDED, is_custodial
from pipeline.synthetic.lives.supervision import OUTCOMES, OrderEnd, referral_days, sentence_text
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.random_draws import Bools, Ints, draw_chance, open_stream, pick_within

FIRST, LAST = WINDOWS["probation"]
DELETED_SHARE = 0.004
REPEATED_SHARE = 0.003
MERGED_SHARE = 0.02
"""Share of a person's second and later offender records that were merged into the one before.
The events of such a record have moved.
"""


def list_caseload(lives: Lives) -> pl.DataFrame:
    """Cases of adults that probation's window holds, with `referral`."""
    held = lives.cases.with_columns(referral=referral_days(lives.cases)).filter(pl.col("age") >= 18)
    return held.filter(pl.col("referral").is_between(FIRST, LAST))


def find_surviving_cases(town: Town, held: pl.DataFrame) -> Ints:
    """The case under whose offender record each case now stands.

    It is the case itself or, after a merge, the person's case before it.

    `held` lies in order of person, as `list_caseload` gives it.
    """
    person, case = held["person"].to_numpy(), held["case"].to_numpy()
    merged = draw_chance(open_stream(town, "merged offender records"), MERGED_SHARE, len(held))
    merged[:1] = False
    merged[1:] &= (person[1:] == person[:-1]) & ~merged[:-1]
    return np.where(merged, np.roll(case, 1), case)


def pick_provider(rng: np.random.Generator, region: Ints, day: Ints, serious: Bools) -> pl.Series:
    """Provider of the time: a trust; later a division or a company.

    Now and then it is a prison or an unknown provider.
    """
    size = len(region)
    kinds = ("trust", "crc", "nps_division", "prison", "other")
    draw = rng.random(size)
    after = np.where(serious & (draw < 0.9), 2, 1)
    kind = np.select([draw > 0.995, draw > 0.985], [4, 3], np.where(day < TRANSFORMING, 0, after))
    names = np.full(size, "", dtype=object)
    for place, name in enumerate(kinds):
        here = kind == place
        listed = read_providers(name)
        names[here] = listed.codes.gather(
            pick_within(rng, region[here], listed.by_region)
        ).to_numpy()
    return pl.Series(names, dtype=pl.String)


def extract_events(
    town: Town, held: pl.DataFrame, lives: Lives, orders: pl.DataFrame, *, errors: bool
) -> pl.DataFrame:
    """Rows of `probation.events`: one per case, and some further ones.

    Some further ones have no sentence, and a few repeat a row exactly by mistake.
    """
    rng = open_stream(town, "extract events")
    whole = held.join(
        orders.select("case", "planned_end", "end", "outcome", "died"),
        on="case",
        how="left",
        maintain_order="left",
    )
    facts = lives.custody.filter("is_sentence").select(
        "case", "licence_end", "sed", "pss_end", "indeterminate", "custody_from"
    )
    whole = whole.join(facts, on="case", how="left", maintain_order="left")
    rows = _sentenced(rng, town, whole, lives, find_surviving_cases(town, held))
    rows = pl.concat([rows, _without_sentence(rng, town, rows)]).sort(
        "offender_id", "event_number", "event_id_hash"
    )
    repeated = rows.filter(
        pl.Series(draw_chance(rng, REPEATED_SHARE if errors else 0.0, len(rows)))
    )
    return records.shape_frame(pl.concat([rows, repeated]).sort("event_id_hash"), probation.Events)


def _sentenced(
    rng: np.random.Generator,
    town: Town,
    whole: pl.DataFrame,
    lives: Lives,
    under: Ints,
) -> pl.DataFrame:
    case, size = whole["case"].to_numpy(), len(whole)
    sentence = cut_after(whole["sentence_date"].to_numpy(), LAST)
    known = sentence < NEVER
    disposal = np.where(known, whole["disposal"].to_numpy(), -1)
    custodial, order = is_custodial(disposal), np.isin(disposal, (COMMUNITY, SUSPENDED))
    days = np.where(order, whole["order_days"].to_numpy(), whole["term_days"].to_numpy())
    has_days = (order | custodial) & (days > 0)
    months = np.round(days / 30.4375).astype(np.int64)
    termination, reason = _endings(whole, order, custodial)
    sed = np.where(custodial, whole["sed"].fill_null(NEVER).to_numpy(), NEVER)
    led = np.where(
        custodial & (whole["licence_end"].fill_null(0).to_numpy() > 0),
        whole["licence_end"].fill_null(NEVER).to_numpy(),
        NEVER,
    )
    pss = np.where(
        custodial & (whole["pss_end"].fill_null(0).to_numpy() > 0),
        whole["pss_end"].fill_null(NEVER).to_numpy(),
        NEVER,
    )
    offence = whole["offence"].to_numpy()
    ends = whole["outcome"].fill_null(OrderEnd.COMPLETED).to_numpy()
    court = pl.select(
        pl.when(whole["crown"])
        .then(read_courts("crown").codes.gather(whole["crown_court"].to_numpy()))
        .otherwise(read_courts("magistrates").codes.gather(whole["magistrates_court"].to_numpy()))
    ).to_series()
    age = np.floor(
        whole["age"].to_numpy()
        - (whole["first_hearing_date"] - whole["offence_date"]).to_numpy() / 365.25
    ).astype(np.int64)
    recalls = lives.recalls.filter(pl.col("revocation_date") <= LAST).group_by("case").len()
    counted = whole.join(recalls, on="case", how="left", maintain_order="left")["len"].fill_null(0)
    return pl.DataFrame(
        {
            "event_id_hash": key_ranges.EVENT.keys(town, case),
            "offender_id": key_ranges.OFFENDER.references(under),
            "event_number": np.where(under == case, "1", "3"),
            "referral_date": to_dates(whole["referral"].to_numpy()),
            "age_at_offence": np.clip(age, 10, 110),
            "probation_area_desc": pick_provider(
                rng,
                whole["region"].to_numpy(),
                whole["referral"].to_numpy(),
                custodial & (days >= 365),
            ),
            "mo_code": read_offences().ho_code.gather(offence),
            "mo_category_description": read_offences().group.gather(offence),
            "offence_date": to_dates(whole["offence_date"].to_numpy()),
            "conviction_date": to_dates(cut_after(whole["verdict_date"].to_numpy(), LAST)),
            "court_code": court,
            "disposal_type_description": pick_text(
                in_old_words(rng, sentence_text(rng, whole), whole),
                np.where(known, np.arange(size), -1),
            ),
            "disposal_date": to_dates(sentence),
            "disposal_termination_date": to_dates(termination),
            "disposal_termination_reason_desc": reason,
            "length": records.keep_known(
                np.where(order | (draw_chance(rng, 0.5, size) & (months > 0)), months, days),
                has_days,
            ),
            "length_in_days": records.keep_known(days, has_days),
            "recall_count": records.keep_known(counted, custodial),
            "in_breach": np.where(
                order,
                (ends == OrderEnd.REVOKED_BREACH) & (termination >= NEVER),
                False,
            ),
            "custody_id": records.keep_known(key_ranges.CUSTODY.keys(town, case), custodial),
            "custodial_status_code": _status(whole, lives, custodial),
            "sentence_expiry_date": to_dates(sed),
            "licence_expiry_date": to_dates(led),
            "pss_start_date": to_dates(np.where(pss < NEVER, sed + 1, NEVER)),
            "pss_end_date": to_dates(pss),
            "soft_deleted": np.zeros(size, dtype=np.bool_),
            "_case": case,
        }
    )


def _endings(whole: pl.DataFrame, order: Bools, custodial: Bools) -> tuple[Days, pl.Series]:
    """Day and reason of the end of each order or sentence that ended within the window."""
    last = np.maximum(
        whole["licence_end"].fill_null(0).to_numpy(),
        np.maximum(whole["pss_end"].fill_null(0).to_numpy(), whole["sed"].fill_null(0).to_numpy()),
    )
    end = np.select([order, custodial], [whole["end"].fill_null(NEVER).to_numpy(), last], NEVER)
    end = cut_after(end, LAST)
    named = pl.Series(OUTCOMES).gather(whole["outcome"].fill_null(OrderEnd.EXPIRED).to_numpy())
    reason = pl.select(
        pl.when(whole["died"].fill_null(False)).then(pl.lit("Terminated - death")).otherwise(named)
    ).to_series()
    return end, records.keep_known(reason, end < NEVER)


def _status(whole: pl.DataFrame, lives: Lives, custodial: Bools) -> pl.Series:
    """Where each custody stood at the end of the window."""
    out = (
        lives.releases.filter(pl.col("release_date") <= LAST)
        .group_by("case")
        .agg(pl.col("release_date").max())
    )
    back = (
        lives.recalls.filter(pl.col("revocation_date") <= LAST)
        .group_by("case")
        .agg(pl.col("revocation_date").max())
    )
    held = whole.join(out, on="case", how="left", maintain_order="left").join(
        back, on="case", how="left", maintain_order="left"
    )
    code = (
        pl.when(pl.col("release_date").is_null())
        .then(pl.lit("A"))
        .when(pl.col("revocation_date").fill_null(-NEVER) >= pl.col("release_date"))
        .then(pl.lit("C"))
        .when((pl.col("licence_end").fill_null(0) < LAST) & (pl.col("pss_end").fill_null(0) > LAST))
        .then(pl.lit("P"))
        .otherwise(pl.lit("B"))
    )
    return records.keep_known(held.select(code).to_series(), custodial)


def _without_sentence(rng: np.random.Generator, town: Town, rows: pl.DataFrame) -> pl.DataFrame:
    """Further events, beyond the first of a case.

    They are contacts before any sentence, adjournments, breach hearings, what older systems left,
    and deleted copies.
    """
    draw = rng.random(len(rows))
    edges = np.cumsum(
        [WITHOUT_DISPOSAL_SHARE, ADJOURNED_SHARE, BREACH_SHARE, MIGRATED_SHARE, DELETED_SHARE]
    )
    kind = np.searchsorted(edges, draw, side="right")
    there = kind <= NoSentence.DELETED
    part, kind = rows.filter(pl.Series(there)), kind[there]
    size = len(part)
    blank = (
        "custody_id",
        "custodial_status_code",
        "sentence_expiry_date",
        "licence_expiry_date",
        "pss_start_date",
        "pss_end_date",
        "length",
        "length_in_days",
        "disposal_termination_date",
        "disposal_termination_reason_desc",
        "recall_count",
    )
    deleted = pl.Series(kind == NoSentence.DELETED)
    after_hearing = pl.Series(kind != NoSentence.WITHOUT_DISPOSAL)
    described: pl.Expr = pl.when(deleted).then("disposal_type_description")
    for place, texts in (
        (NoSentence.ADJOURNED, ADJOURNED),
        (NoSentence.BREACH, BREACHES),
        (NoSentence.MIGRATED, MIGRATED),
    ):
        words = pl.Series(texts).gather(rng.integers(0, len(texts), size))
        described = pl.when(pl.Series(kind == place)).then(words).otherwise(described)
    return part.with_columns(
        *[pl.lit(None, dtype=part[name].dtype).alias(name) for name in blank],
        event_number=(pl.col("event_number").cast(pl.Int64) + 1).cast(pl.String),
        disposal_type_description=described,
        event_id_hash=key_ranges.FURTHER_EVENT.new(town, size),
        soft_deleted=deleted,
        in_breach=pl.lit(False),
        disposal_date=pl.when(
            pl.Series((kind == NoSentence.MIGRATED) & draw_chance(rng, DEFAULT_DATE_SHARE, size))
        )
        .then(pl.lit(DEFAULT_DATE))
        .when(after_hearing & pl.col("disposal_date").is_not_null())
        .then(pl.col("referral_date")),
        conviction_date=pl.when(after_hearing).then("conviction_date"),
        _case=pl.lit(-1, pl.Int64),
    )
