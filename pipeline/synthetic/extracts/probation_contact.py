"""Officers, contacts and referrals as nDelius has them.

Belongs here: rows of the three optional probation tables. Does not belong here: orders and licences
themselves.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import probation
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, WINDOWS, cut_after, to_dates
from pipeline.synthetic.code_lists import pick_text, read_list
from pipeline.synthetic.extracts import records
from pipeline.synthetic.extracts.probation import pick_provider
from pipeline.synthetic.lives.licence import HANDOVER_DAYS
from pipeline.synthetic.lives.sentencing import SUSPENDED
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.random_draws import (
    draw_chance,
    draw_places,
    open_stream,
    repeat_index,
    whole_days,
)

FIRST, LAST = WINDOWS["probation"]
CONTACT_EVERY, MAX_CONTACTS = 75, 10
CASES_AN_OFFICER = 45
OFFICER_STAYS = 420.0
QUIET_DAYS = HANDOVER_DAYS
"""Days after release in which the officer changes only as one of the licence's own facts."""
REFERRALS_A_CASE = 0.35


def supervised_spells(held: pl.DataFrame, lives: Lives, orders: pl.DataFrame) -> pl.DataFrame:
    """From when to when each case is supervised in the community, cut at the end of the window."""
    order = orders.select("case", "start", "end")
    first = lives.releases.filter(pl.col("cycle") == 0).select(
        "case", "handover_day", start="release_date"
    )
    custody = lives.custody.select("case", end=pl.max_horizontal("licence_end", "pss_end")).join(
        first, on="case", maintain_order="left"
    )
    custody = custody.filter(pl.col("start") < pl.col("end")).select(
        "case", "start", "end", "handover_day"
    )
    both = (
        pl.concat([order, custody], how="diagonal")
        .with_columns(pl.col("end").clip(upper_bound=LAST))
        .filter(pl.col("start") < pl.col("end"))
    )
    return held.select("case", "region", "person", "disposal", "sentence_date").join(
        both, on="case", how="inner", maintain_order="left"
    )


def officer_allocations(town: Town, spells: pl.DataFrame) -> pl.DataFrame:
    """Rows of `probation.officer_allocations`, with `_case`, `_from` and `_officer`.

    Officers change, and leave.
    """
    rng = open_stream(town, "officers")
    length, handover = (
        (spells["end"] - spells["start"]).to_numpy(),
        (spells["handover_day"] - spells["start"]).fill_null(0).to_numpy(),
    )
    quiet = np.where(spells["handover_day"].is_not_null().to_numpy(), QUIET_DAYS + 1, 0)
    handed = (handover > 0) & (handover < length)
    source, place = repeat_index(
        1 + handed + np.minimum(rng.poisson(np.maximum(length - quiet, 0) / OFFICER_STAYS), 5)
    )
    part, size = spells[source], len(source)
    later = quiet[source] + (rng.random(size) * (length - quiet)[source]).astype(np.int64)
    handed = handed[source] & (place == 1)
    offset = np.select([place == 0, handed], [0, handover[source]], later)
    part = part.with_columns(
        day=part["start"].to_numpy() + offset, place=place, handed=pl.Series(handed)
    ).sort("case", "day", "place")
    until_day = (
        part.select(pl.col("day").shift(-1).over("case").fill_null(pl.col("end")))
        .to_series()
        .to_numpy()
    )
    officers = np.maximum(
        np.bincount(part["region"].to_numpy(), minlength=10) // CASES_AN_OFFICER, 2
    )
    region = part["region"].to_numpy()
    number = (rng.random(size) * officers[region]).astype(np.int64)
    other = np.roll(number, 1) + 1 + (rng.random(size) * (officers[region] - 1)).astype(np.int64)
    number = np.where(part["handed"].to_numpy(), other % officers[region], number)
    officer = key_ranges.OFFICER.grouped(town, region, number)
    reasons = read_list("allocation_reasons")["code"]
    first = part.select(pl.int_range(pl.len()).over("case") == 0).to_series().to_numpy()
    why = np.where(first, 0, 1 + draw_places(rng, (0.45, 0.15, 0.25, 0.1, 0.05), size))
    rows = pl.DataFrame(
        {
            "allocation_id": key_ranges.ALLOCATION.new(town, size),
            "event_id_hash": key_ranges.EVENT.references(part["case"].to_numpy()),
            "officer_id": key_ranges.OFFICER.references(officer),
            "allocation_date": to_dates(part["day"].to_numpy()),
            "end_date": to_dates(np.where(until_day < LAST, until_day, NEVER)),
            "allocation_reason_desc": reasons.gather(why),
            "probation_area_desc": pick_provider(
                rng, region, part["day"].to_numpy(), part["disposal"].to_numpy() < SUSPENDED
            ),
            "_case": part["case"],
            "_from": part["day"],
            "_officer": officer,
        }
    )
    return records.shape_frame(rows, probation.OfficerAllocations)


def extract_contacts(town: Town, spells: pl.DataFrame, allocations: pl.DataFrame) -> pl.DataFrame:
    """Rows of `probation.contacts`: thin, with missed ones, each with the officer of the day."""
    rng = open_stream(town, "contacts")
    length = (spells["end"] - spells["start"]).to_numpy()
    source, _ = repeat_index(np.minimum(rng.poisson(length / CONTACT_EVERY), MAX_CONTACTS))
    part, size = spells[source], len(source)
    day = part["start"].to_numpy() + (rng.random(size) * length[source]).astype(np.int64)
    part = part.with_columns(day=day).sort("day", "case")
    spans = allocations.select(case="_case", day="_from", officer="_officer").sort("day", "case")
    part = part.join_asof(spans, on="day", by="case", check_sortedness=False).sort("case", "day")
    attended = draw_chance(rng, 0.78, size)
    outcome = ~draw_chance(rng, 0.05, size)
    kinds = read_list("contact_types")["code"]
    rows = pl.DataFrame(
        {
            "contact_id": key_ranges.CONTACT.new(town, size),
            "event_id_hash": key_ranges.EVENT.references(part["case"].to_numpy()),
            "contact_date": to_dates(part["day"].to_numpy()),
            "contact_type_desc": kinds.gather(
                draw_places(rng, (0.52, 0.06, 0.16, 0.02, 0.14, 0.04, 0.06), size)
            ),
            "officer_id": _officers(part["officer"]),
            "attended": records.keep_known(attended, outcome),
            "acceptable_absence": records.keep_known(
                draw_chance(rng, 0.45, size), outcome & ~attended
            ),
            "soft_deleted": draw_chance(rng, 0.004, size),
        }
    )
    return records.shape_frame(rows, probation.Contacts)


def _officers(officer: pl.Series) -> pl.Series:
    """Ids of officers, null where there is none."""
    known = officer.is_not_null().to_numpy()
    ids = key_ranges.OFFICER.references(officer.drop_nulls().to_numpy())
    return pick_text(ids, np.where(known, np.cumsum(known) - 1, -1))


def extract_referrals(town: Town, spells: pl.DataFrame, female: pl.Series) -> pl.DataFrame:
    """Rows of `probation.referrals`."""
    rng = open_stream(town, "referrals")
    source, _ = repeat_index(rng.poisson(REFERRALS_A_CASE, len(spells)))
    part, size = spells[source], len(source)
    length = (part["end"] - part["start"]).to_numpy()
    referred = part["start"].to_numpy() + (rng.random(size) * length * 0.7).astype(np.int64)
    listed = read_list("referral_types")["code"]
    woman = female.gather(part["person"].to_numpy()).to_numpy()
    kind = np.where(
        woman & draw_chance(rng, 0.2, size),
        7,
        draw_places(rng, (0.22, 0.2, 0.2, 0.12, 0.1, 0.08, 0.08), size),
    )
    outcome = draw_places(rng, (0.38, 0.22, 0.15, 0.08, 0.1, 0.07), size)
    started = outcome <= 1
    begun = np.where(started, referred + 1 + whole_days(rng, 20, 0.7, size), NEVER)
    ended = np.where(started, begun + 14 + whole_days(rng, 70, 0.6, size), NEVER)
    begun, ended = cut_after(begun, LAST), cut_after(ended, LAST)
    settled = np.where(started, ended < NEVER, True)
    rows = pl.DataFrame(
        {
            "referral_id": key_ranges.REFERRAL.new(town, size),
            "event_id_hash": key_ranges.EVENT.references(part["case"].to_numpy()),
            "referral_date": to_dates(referred),
            "referral_type_desc": listed.gather(kind),
            "start_date": to_dates(begun),
            "end_date": to_dates(ended),
            "referral_outcome_desc": records.keep_known(
                read_list("referral_outcomes")["code"].gather(outcome), settled
            ),
            "soft_deleted": draw_chance(rng, 0.004, size),
        }
    )
    return records.shape_frame(rows, probation.Referrals)
