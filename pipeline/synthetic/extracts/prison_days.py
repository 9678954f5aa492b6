"""Movements and support in prison as NOMIS has them.

Belongs here: rows of `prison.movements` and `prison.interventions`. Does not belong here: the
journeys themselves (prison).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import prison
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, cut_after, to_dates
from pipeline.synthetic.code_lists import read_list, read_prisons
from pipeline.synthetic.extracts import records
from pipeline.synthetic.extracts.prison_spells import FIRST, LAST, sentence_status
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.random_draws import (
    Bools,
    Ints,
    Texts,
    draw_chance,
    draw_places,
    open_stream,
    repeat_index,
)

TRANSFER_SHARE = 0.6
LEAVE_SHARE = 0.12
INTERVENTIONS_A_STAY = 0.9
COMPLETED, RELEASED_BEFORE_END = 0, 3
"""Places of outcomes in the code list."""
OUTSIDE = "OUT"


def extract_movements(town: Town, held: pl.DataFrame, lives: Lives) -> pl.DataFrame:
    """Rows of `prison.movements`.

    They are admission, transfer to another prison, temporary release and return, recall while in
    prison, and release.
    """
    rng = open_stream(town, "movements")
    held = _delivered(held)
    place, to = (
        read_prisons().codes.gather(held["prison"].to_numpy()),
        read_prisons().codes.gather(held["release_prison"].to_numpy()),
    )
    start, end = held["start"].to_numpy(), held["end"].to_numpy()
    last = np.minimum(end, LAST)
    remand = held["reception"].is_in(["TRL", "RX"]).to_numpy()
    reason = np.where(
        held["cycle"].to_numpy() > 0,
        np.where(held["hdc"].fill_null(False).to_numpy(), "B", "L"),
        np.where(remand, "N", "I"),
    )
    status, later = (
        held["reception"].to_numpy(),
        np.where(
            held["is_sentence"].to_numpy(), sentence_status(held), held["reception"].to_numpy()
        ),
    )
    later = np.where(held["cycle"].to_numpy() > 0, status, later)
    moved = (last - start > 30) & draw_chance(rng, TRANSFER_SHARE, len(held))
    leave = (
        held["is_sentence"].to_numpy()
        & (last - start > 200)
        & draw_chance(rng, LEAVE_SHARE, len(held))
    )
    sent = np.maximum(start, np.minimum(held["sentence_date"].to_numpy(), last))
    away = np.maximum(last - rng.integers(20, 60, len(held)), sent + 1)
    stays, stayed = _without_leaving(held)
    parts = [
        _moves(
            held,
            ~stayed,
            start,
            "ADM",
            reason,
            "IN",
            pl.Series([OUTSIDE] * len(held)),
            place,
            status,
            0,
        ),
        _moves(held, moved, start + (last - start) // 2, "TRN", "NOTR", "IN", place, to, status, 1),
        _moves(
            held, leave, away, "TAP", "YRDR", "OUT", to, pl.Series([OUTSIDE] * len(held)), later, 2
        ),
        _moves(
            held,
            leave,
            away + 1,
            "TAP",
            "YRDR",
            "IN",
            pl.Series([OUTSIDE] * len(held)),
            to,
            later,
            3,
        ),
        _moves(
            held,
            (end < NEVER) & ~stays,
            end,
            "REL",
            held["reason"].to_numpy(),
            "OUT",
            to,
            pl.Series([OUTSIDE] * len(held)),
            later,
            5,
        ),
    ]
    inside = _recalled_inside(held, lives)
    everything = (
        pl.concat([*parts, inside]).sort("journey", "day", "order").filter(pl.col("day") <= LAST)
    )
    number = pl.int_range(pl.len()).over("journey") + 1
    everything = everything.with_columns(
        movement_seq=number,
        offender_book_id=key_ranges.BOOKING.references(everything["journey"].to_numpy()),
        movement_date=to_dates(everything["day"].to_numpy()),
    ).with_columns(movement_id=pl.format("{}-{}", "offender_book_id", "movement_seq"))
    return records.shape_frame(everything, prison.Movements)


def _delivered(held: pl.DataFrame) -> pl.DataFrame:
    """Spells of the journeys that the extract holds."""
    return held.filter(pl.col("start").min().over("journey").is_between(FIRST, LAST))


def _without_leaving(held: pl.DataFrame) -> tuple[Bools, Bools]:
    """Spells that the next one follows on the same day, and those that follow one in this way.

    Nobody leaves or enters between them.

    A recall is an admission all the same.
    """
    follows = (pl.col("end").shift(1).over("journey") == pl.col("start")).fill_null(False)
    marked = held.select("journey", follows=follows, stayed=follows & (pl.col("cycle") == 0))
    stays = marked.select(pl.col("follows").shift(-1).over("journey").fill_null(False)).to_series()
    return stays.to_numpy(), marked["stayed"].to_numpy()


def _moves(
    held: pl.DataFrame,
    where: Bools,
    day: Ints,
    kind: str,
    reason: Texts | str,
    way: str,
    source: pl.Series,
    target: pl.Series,
    status: Texts,
    order: int,
) -> pl.DataFrame:
    size = len(held)
    return pl.DataFrame(
        {
            "journey": held["journey"],
            "day": day,
            "order": np.full(size, order),
            "movement_type": np.full(size, kind),
            "movement_reason_code": np.broadcast_to(reason, (size,)),
            "direction_code": np.full(size, way),
            "from_agy_loc_id": source,
            "to_agy_loc_id": target,
            "imprisonment_status": status,
        }
    ).filter(pl.Series(where))


def _recalled_inside(held: pl.DataFrame, lives: Lives) -> pl.DataFrame:
    """Licences revoked while the person was in prison for something else.

    They are seen as an admission in the middle of a journey.
    """
    hidden = lives.recalls.filter("hidden").select("person", "revocation_date", recall_kind="kind")
    both = hidden.join(
        held.select("person", "journey", "start", "end", "prison"),
        on="person",
        maintain_order="left",
    )
    both = both.filter(
        (pl.col("start") <= pl.col("revocation_date"))
        & (pl.col("revocation_date") <= pl.col("end"))
    )
    place = read_prisons().codes.gather(both["prison"].to_numpy())
    size = len(both)
    status = np.where(both["recall_kind"].to_numpy() == 3, "LR_LIFE", "LR")
    return _moves(
        both,
        np.ones(size, dtype=np.bool_),
        both["revocation_date"].to_numpy(),
        "ADM",
        "L",
        "IN",
        place,
        place,
        status,
        4,
    )


def extract_interventions(town: Town, held: pl.DataFrame) -> pl.DataFrame:
    """Rows of `prison.interventions`.

    People who were truly supported completed one before their first release; others completed none.
    """
    rng = open_stream(town, "interventions")
    stays = _delivered(held).filter(
        pl.col("is_sentence") & (pl.col("end").clip(upper_bound=LAST) - pl.col("start") > 35)
    )
    supported, unsupported = (
        stays["supported"].eq_missing(each).to_numpy() for each in (True, False)
    )
    source, place = repeat_index(
        np.maximum(rng.poisson(INTERVENTIONS_A_STAY, len(stays)), supported)
    )
    part, size = stays[source], len(source)
    must, may_not = supported[source] & (place == 0), unsupported[source]
    start, end = part["start"].to_numpy(), np.minimum(part["end"].to_numpy(), LAST)
    begins = start + 7 + (rng.random(size) * (end - start - 14)).astype(np.int64)
    finishes = begins + 7 + rng.exponential(60, size).astype(np.int64)
    finishes = np.where(
        must, begins + (rng.random(size) * (end - begins)).astype(np.int64), finishes
    )
    outcome = np.where(
        may_not,
        draw_places(rng, (0.0, 0.4, 0.2, 0.25, 0.15), size),
        draw_places(rng, (0.62, 0.15, 0.08, 0.1, 0.05), size),
    )
    outcome = np.where(must, COMPLETED, outcome)
    listed = read_list("intervention_outcomes")["code"]
    stopped = finishes > end
    finishes = np.where(stopped, np.where(part["end"].to_numpy() <= LAST, end, NEVER), finishes)
    result = np.where(stopped, RELEASED_BEFORE_END, outcome)
    kinds = read_list("intervention_types")["code"]
    rows = pl.DataFrame(
        {
            "intervention_id": key_ranges.INTERVENTION.new(town, size),
            "offender_book_id": key_ranges.BOOKING.references(part["journey"].to_numpy()),
            "intervention_type_desc": kinds.gather(
                draw_places(rng, (0.12, 0.18, 0.2, 0.2, 0.07, 0.04, 0.06, 0.05, 0.08), size)
            ),
            "start_date": to_dates(begins),
            "end_date": to_dates(cut_after(finishes, LAST)),
            "intervention_outcome_desc": records.keep_known(
                listed.gather(result), finishes < NEVER
            ),
            "agy_loc_id": read_prisons().codes.gather(part["prison"].to_numpy()),
        }
    )
    return records.shape_frame(rows, prison.Interventions)
