"""Releases and recalls as nDelius has them.

Belongs here: rows of `probation.releases` and `probation.recalls`. Does not belong here: recalls as
they truly were (recall).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from data_contracts import probation
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, WINDOWS, cut_after, to_dates
from pipeline.synthetic.code_lists import read_prisons
from pipeline.synthetic.extracts import records
from pipeline.synthetic.extracts.probation_orders import with_deleted
from pipeline.synthetic.lives.recall import FIXED_TERMS, HOW, RecallLength
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.random_draws import draw_chance, open_stream

FIRST, LAST = WINDOWS["probation"]
TEMPORARY_SHARE = 0.05
TEXTS = {
    "conditional": "Adult Licence",
    "hdc": "Home Detention Curfew",
    "parole": "Parole Board Release",
    "no_licence": "End of Custodial Sentence (no licence)",
    "fixed_recall_end": "Released from Fixed Term Recall",
    "standard_recall_end": "Released from Standard Recall",
    "sentence_end": "End of Custodial Sentence (no licence)",
    "deported": "Other",
    "youth": "Other",
}
TEMPORARY = "Release on Temporary Licence"
REFUSED_SHARE, RESCINDED_SHARE, UNDATED_SHARE, OTHER_LICENCE_SHARE = 0.012, 0.006, 0.002, 0.004
REFUSED = ("REC03", "REC04", "REC05")
NO_LICENCE_RECALL = ("NN", "TSH")


class NoRecall(IntEnum):
    """What a row of recalls is that is no effective licence recall."""

    REFUSED = 0
    RESCINDED = 1
    UNDATED = 2
    OTHER_LICENCE = 3
    FROM_LEAVE = 4


NO_ROW = 9
"""A release that has none of them."""


def extract_releases(town: Town, held: pl.DataFrame, lives: Lives) -> pl.DataFrame:
    """Rows of `probation.releases`, with `_case` and `_cycle` (-1 if temporary or deleted)."""
    rng = open_stream(town, "extract releases")
    known = held.filter(pl.col("sentence_date") <= LAST).select("case", "region")
    part = lives.releases.filter(pl.col("release_date") <= LAST).join(
        known, on="case", how="inner", maintain_order="left"
    )
    part = part.join(
        lives.custody.select("case", "release_prison", "custody_from"),
        on="case",
        maintain_order="left",
    )
    size, case, cycle = len(part), part["case"].to_numpy(), part["cycle"].to_numpy()
    rows = pl.DataFrame(
        {
            "release_id": key_ranges.RELEASE.keys(town, case, cycle),
            "custody_id": key_ranges.CUSTODY.references(case),
            "actual_release_date": to_dates(part["release_date"].to_numpy()),
            "release_type_desc": pl.Series([TEXTS[name] for name in HOW]).gather(
                part["how"].to_numpy()
            ),
            "institution_code": read_prisons().codes.gather(part["release_prison"].to_numpy()),
            "length": records.keep_known(rng.integers(1, 30, size), draw_chance(rng, 0.02, size)),
            "soft_deleted": np.zeros(size, dtype=np.bool_),
            "_case": case,
            "_cycle": cycle,
        }
    )
    temporary = _temporary(rng, town, part, rows)
    both = with_deleted(rng, pl.concat([rows, temporary]), "release_id")
    both = both.with_columns(_case=pl.when("soft_deleted").then(-1).otherwise("_case"))
    return records.shape_frame(both, probation.Releases)


def _temporary(
    rng: np.random.Generator,
    town: Town,
    part: pl.DataFrame,
    rows: pl.DataFrame,
) -> pl.DataFrame:
    """Leave before the first release: a release of its own type, never a release on licence."""
    long = (part["cycle"] == 0) & (part["release_date"] - part["custody_from"] > 120)
    chosen = pl.Series(draw_chance(rng, TEMPORARY_SHARE, len(part))) & long
    kept = part.filter(chosen)
    day = kept["release_date"].to_numpy() - rng.integers(10, 60, len(kept))
    return rows.filter(chosen).with_columns(
        release_id=key_ranges.RELEASE.keys(town, kept["case"].to_numpy(), key_ranges.TEMPORARY),
        actual_release_date=to_dates(day),
        release_type_desc=pl.lit(TEMPORARY),
        _case=pl.lit(-1, pl.Int64),
    )


def extract_recalls(town: Town, freed: pl.DataFrame, lives: Lives) -> pl.DataFrame:
    """Rows of `probation.recalls`, with `_case` and `_cycle` (-1 for what is no recall).

    Each row refers to the release that it ends.
    """
    rng = open_stream(town, "extract recalls")
    ended = freed.filter(pl.col("_case") >= 0).select(case="_case", cycle=pl.col("_cycle") + 1)
    part = lives.recalls.filter(pl.col("revocation_date") <= LAST).join(
        ended, on=["case", "cycle"], how="inner", maintain_order="left"
    )
    size, kind = len(part), part["kind"].to_numpy()
    case, cycle = part["case"].to_numpy(), part["cycle"].to_numpy()
    fixed = np.isin(kind, FIXED_TERMS)
    hdc, curfew = part["hdc"].to_numpy(), part["curfew"].to_numpy()
    further = part["reasons"].str.contains("FURTHER_OFFENCE").to_numpy()
    monitor = part["reasons"].str.contains("ELM_|INSTALLATION").to_numpy()
    rows = pl.DataFrame(
        {
            "recall_id": key_ranges.RECALL.keys(town, case, cycle),
            "release_id": key_ranges.RELEASE.references(case, cycle - 1),
            "recall_date": to_dates(part["revocation_date"].to_numpy()),
            "recall_reason_code": np.where(
                curfew,
                "HDC",
                np.where(further, "FO", np.where(draw_chance(rng, 0.1, size), "OT", "BLC")),
            ),
            "ppcs_reason_codes": part["reasons"],
            "recall_outcome_code": np.where(fixed, "REC01", "REC02"),
            "recall_length_days": records.keep_known(
                np.where(kind == RecallLength.FIXED_14, 14, 28), fixed
            ),
            "emergency": part["emergency"],
            "from_hdc": hdc,
            "hdc_subtype_code": records.keep_known(
                np.where(curfew, np.where(monitor, "255_1_B", "255_1_A"), "NON_CURFEW"), hdc
            ),
            "rescinded": np.zeros(size, dtype=np.bool_),
            "return_to_custody_date": to_dates(cut_after(part["return_date"].to_numpy(), LAST)),
            "soft_deleted": np.zeros(size, dtype=np.bool_),
            "_case": part["case"],
            "_cycle": part["cycle"],
        }
    )
    rows = pl.concat([rows, _not_recalls(rng, town, rows, freed)])
    both = with_deleted(rng, rows, "recall_id").with_columns(
        _case=pl.when("soft_deleted").then(-1).otherwise("_case")
    )
    return records.shape_frame(both, probation.Recalls)


def _not_recalls(
    rng: np.random.Generator, town: Town, rows: pl.DataFrame, freed: pl.DataFrame
) -> pl.DataFrame:
    """Rows of `probation.recalls` that are not an effective licence recall.

    They are requests refused or withdrawn, recalls rescinded, rows without date, and returns that
    are no licence recall.
    """
    quiet = freed.filter(~pl.col("soft_deleted")).join(
        rows.select("release_id"), on="release_id", how="anti", maintain_order="left"
    )
    leave = quiet["release_type_desc"] == TEMPORARY
    draw = rng.random(len(quiet))
    edges = np.cumsum([REFUSED_SHARE, RESCINDED_SHARE, UNDATED_SHARE, OTHER_LICENCE_SHARE])
    kind = np.where(
        leave.to_numpy(),
        np.where(draw < 0.5, NoRecall.FROM_LEAVE, NO_ROW),
        np.searchsorted(edges, draw, side="right"),
    )
    day = quiet["actual_release_date"].to_physical().to_numpy() + rng.integers(5, 60, len(quiet))
    kind = np.where(
        (kind <= NoRecall.UNDATED)
        & (quiet["release_type_desc"].str.starts_with("End of")).to_numpy(),
        NO_ROW,
        kind,
    )
    chosen = ((kind < NoRecall.FROM_LEAVE) & (day <= LAST)) | (
        (kind == NoRecall.FROM_LEAVE) & leave.to_numpy()
    )
    part, kind, day = quiet.filter(pl.Series(chosen)), kind[chosen], day[chosen]
    size = len(part)
    from_leave, other = kind == NoRecall.FROM_LEAVE, kind == NoRecall.OTHER_LICENCE
    day = np.where(from_leave, part["actual_release_date"].to_physical().to_numpy() + 1, day)
    no_recall = np.array(NO_LICENCE_RECALL)[rng.integers(0, 2, size)]
    nothing = np.full(size, NEVER)
    return pl.DataFrame(
        {
            "recall_id": key_ranges.NO_RECALL.new(town, size),
            "release_id": part["release_id"],
            "recall_date": to_dates(np.where(kind == NoRecall.UNDATED, NEVER, day)),
            "recall_reason_code": np.select([from_leave, other], ["EOTL", no_recall], "BLC"),
            "ppcs_reason_codes": records.keep_known(np.full(size, "OTHER"), ~(from_leave | other)),
            "recall_outcome_code": records.keep_known(
                np.where(
                    kind == NoRecall.REFUSED,
                    np.array(REFUSED)[rng.integers(0, 3, size)],
                    "REC02",
                ),
                ~(from_leave | other),
            ),
            "recall_length_days": pl.Series([None] * size, dtype=pl.Int64),
            "emergency": np.zeros(size, dtype=np.bool_),
            "from_hdc": np.zeros(size, dtype=np.bool_),
            "hdc_subtype_code": pl.Series([None] * size, dtype=pl.String),
            "rescinded": kind == NoRecall.RESCINDED,
            "return_to_custody_date": to_dates(nothing),
            "soft_deleted": np.zeros(size, dtype=np.bool_),
            "_case": np.full(size, -1),
            "_cycle": np.full(size, -1),
        }
    )
