"""Spells in prison, joined into journeys as NOMIS counts them.

Each spell has its legal status and its reason of release.

Belongs here: from true custody and recall to connected stretches. Does not belong here: rows of any
table (prison, prison_days).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import LASPO, NEVER, WINDOWS
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.lives.recall import HOW, RecallLength
from pipeline.synthetic.lives.sentencing import EXTENDED, IPP
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import ROOM, Town
from pipeline.synthetic.random_draws import Texts

FIRST, LAST = WINDOWS["prison"]
FIRST_REASONS = {
    ReleaseKind.CONDITIONAL: "CR",
    ReleaseKind.HDC: "HR",
    ReleaseKind.PAROLE: "PX",
    ReleaseKind.NO_LICENCE: "AR",
    ReleaseKind.TIME_SERVED: "CR",
    ReleaseKind.DEPORTED: "DD",
    ReleaseKind.YOUTH: "CR",
}
AGAIN_REASONS = {
    "fixed_recall_end": "PD",
    "standard_recall_end": "PD",
    "conditional": "PD",
    "sentence_end": "SC",
}


def list_spells(town: Town, lives: Lives) -> pl.DataFrame:
    """Every spell in prison, ordered by person and day.

    There is one for each first custody and one for each return on recall.
    """
    first = lives.custody.select(
        "case",
        "person",
        pl.lit(0, pl.Int64).alias("cycle"),
        pl.col("custody_from").alias("start"),
        pl.col("release_date").alias("end"),
    )
    back = lives.recalls.filter(~pl.col("hidden") & (pl.col("return_date") < NEVER)).select(
        "case",
        "person",
        "cycle",
        pl.col("return_date").alias("start"),
        pl.col("back_until").alias("end"),
    )
    kinds = lives.recalls.filter(~pl.col("hidden")).select("case", "cycle", "kind", "hdc")
    how = lives.releases.select("case", "cycle", "how", "supported")
    held = pl.concat([first, back]).filter(pl.col("start") <= LAST)
    held = held.join(kinds, on=["case", "cycle"], how="left", maintain_order="left").join(
        how, on=["case", "cycle"], how="left", maintain_order="left"
    )
    facts = lives.custody.select(
        "case",
        "is_sentence",
        "disposal",
        "term",
        "sentence_date",
        "crd",
        "sed",
        "licence_end",
        "pss_end",
        "indeterminate",
        "under_12_months",
        "ora",
        "age",
        "release_kind",
        "died_inside",
        "prison",
        "release_prison",
    )
    case = lives.cases.select("case", "crown", "offence", "offence_date", "special", "convicted")
    held = (
        held.join(facts, on="case", maintain_order="left")
        .join(case, on="case", maintain_order="left")
        .sort("person", "start", "case", "cycle")
    )
    ended = pl.col("end").shift(1).over("person")
    begins = ended.is_null() | (pl.col("start") > ended + 1)
    reason = pl.Series(_reasons(held))
    return held.with_columns(
        journey=begins.cum_sum().cast(pl.Int64) - 1 + town.number * ROOM,
        reason=reason,
        reception=pl.Series(_receptions(held)),
        end=pl.when(pl.col("end") <= LAST).then("end").otherwise(NEVER),
    )


def _reasons(held: pl.DataFrame) -> Texts:
    """Movement reason with which each spell ends."""
    first = np.array([FIRST_REASONS.get(kind, "BL") for kind in ReleaseKind])[
        held["release_kind"].to_numpy()
    ]
    again = np.array([AGAIN_REASONS.get(name, "PD") for name in HOW])[
        held["how"].fill_null(0).to_numpy()
    ]
    remand_only = ~held["is_sentence"].to_numpy()
    freed = np.where(held["convicted"].to_numpy(), "NCS", "NG")
    bailed = held["end"].to_numpy() < np.minimum(held["sentence_date"].to_numpy(), NEVER - 1)
    out = np.where(
        held["cycle"].to_numpy() > 0,
        again,
        np.where(remand_only, np.where(bailed, "BL", freed), first),
    )
    died = held["died_inside"].to_numpy() & (held["cycle"].to_numpy() == 0)
    return np.where(died, "DEC", out)


def _receptions(held: pl.DataFrame) -> Texts:
    """Legal status at the start of each spell."""
    sentenced_first = (held["start"] >= held["sentence_date"]).to_numpy() & held[
        "is_sentence"
    ].to_numpy()
    remand = np.where(held["crown"].to_numpy(), "TRL", "RX")
    return np.where(
        held["cycle"].to_numpy() > 0,
        _recall_status(held),
        np.where(sentenced_first, sentence_status(held), remand),
    )


def sentence_status(held: pl.DataFrame) -> Texts:
    """Status while serving the sentence, by kind, age and act."""
    ora = held["ora"].to_numpy() & (held["term"].to_numpy() < 730)
    young = held["age"].to_numpy() < 21
    determinate = np.where(
        young, np.where(ora, "YOI_ORA", "YOI"), np.where(ora, "ADIMP_ORA", "SENT03")
    )
    extended = np.where(
        held["special"].to_numpy(),
        "SEC236A",
        np.where(held["sentence_date"].to_numpy() < LASPO, "EXSENT03", "SENT_EXL"),
    )
    training = np.where(held["ora"].to_numpy(), "DTO_ORA", "DTO")
    disposal = held["disposal"].to_numpy()
    return np.select(
        [disposal == place for place in range(5)],
        ["LIFE", "IPP", extended, determinate, training],
        "UNKNOWN",
    )


def _recall_status(held: pl.DataFrame) -> Texts:
    """Status after a recall: fixed term and standard, from curfew or not, are legible from it."""
    kind = held["kind"].fill_null(RecallLength.STANDARD_DETERMINATE).to_numpy()
    hdc = held["hdc"].fill_null(False).to_numpy()
    ora, disposal = (
        held["ora"].to_numpy() & (held["term"].to_numpy() < 730),
        held["disposal"].to_numpy(),
    )
    life = np.where(disposal == IPP, "LR_IPP", "LR_LIFE")
    standard = np.where(
        disposal == EXTENDED,
        "LR_ES",
        np.where(ora, "LR_ORA", np.where(held["age"].to_numpy() < 21, "LR_YOI", "LR")),
    )
    curfew = np.where(ora, "CUR_ORA", "LR_HDC")
    fixed_14, fixed_28 = (
        np.where(hdc, "14FTRHDC_ORA", "14FTR_ORA"),
        np.where(hdc & ora, "FTR_HDC_ORA", np.where(ora, "FTR_ORA", "FTR/08")),
    )
    return np.select(
        [
            kind == RecallLength.FIXED_14,
            kind == RecallLength.FIXED_28,
            kind == RecallLength.STANDARD_INDETERMINATE,
            hdc,
        ],
        [fixed_14, fixed_28, life, curfew],
        standard,
    )
