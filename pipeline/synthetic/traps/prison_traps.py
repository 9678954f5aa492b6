"""Traps of the prison extract.

Belongs here: traps of journeys and movements. Does not belong here: who a journey is of
(identity_traps).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.extracts.prison import (
    JOINED_SHARE,
    MERGED_SHARE,
    OTHER_HOLDS,
    OTHER_HOLDS_SHARE,
    OVERRIDE_SHARE,
    SPLIT_SHARE,
)
from pipeline.synthetic.traps.trap import Trap

RECALLED = ("L", "B", "ELR", "24")
"""Movement reasons that admit on recall."""
_FIRST, _FIRST_SPLIT = 100_000_000, 150_000_000
_OWN = pl.col("offender_id").str.slice(2).cast(pl.Int64)
_PERSON = pl.col("_person").str.slice(1).cast(pl.Int64) + _FIRST
_JOURNEYS: tuple[tuple[str, str, str, float, pl.Expr], ...] = (
    (
        "split_terms",
        "a term under an offender_id and a prison number of its own",
        "trap 3 (catalogue of the prisoner dataset)",
        SPLIT_SHARE,
        _OWN >= _FIRST_SPLIT,
    ),
    (
        "joined_terms",
        "a term under another person's offender_id",
        "trap 3 (catalogue of the prisoner dataset)",
        JOINED_SHARE,
        (_OWN < _FIRST_SPLIT) & (_OWN != _PERSON),
    ),
    (
        "overridden_date",
        "the release date was overridden: the calculated one is wrong",
        "section 3 (NOMIS key dates)",
        OVERRIDE_SHARE * 0.7,
        pl.col("crd_overrided_date").is_not_null(),
    ),
    (
        "merged_journey",
        "release reason MRG: a merge of records, no release",
        "trap 16 (NOMIS reference codes)",
        MERGED_SHARE,
        pl.col("movement_reason_code") == "MRG",
    ),
    (
        "merge_ethnicity",
        "ethnicity MERGE: to be confirmed after a merge",
        "trap 8 (NOMIS reference codes)",
        0.004,
        pl.col("race_code") == "MERGE",
    ),
    (
        "unknown_sex",
        "sex NK: coded otherwise than in the other systems",
        "trap 19",
        0.004,
        pl.col("sex_code") == "NK",
    ),
    (
        "no_crime",
        "held for a fine, contempt or immigration: neither sentence nor remand",
        "section 3 (NOMIS imprisonment statuses)",
        OTHER_HOLDS_SHARE,
        pl.col("imprisonment_status").is_in([name for name, _ in OTHER_HOLDS]),
    ),
    (
        "still_inside",
        "no end: in prison when the extract was taken",
        "trap 12",
        0.05,
        pl.col("booking_end_date").is_null(),
    ),
    (
        "never_sentenced",
        "remand alone",
        "section 3 (catalogue of the prisoner dataset)",
        0.23,
        pl.col("sentence_start_date").is_null(),
    ),
)
_ADMITTED = pl.col("movement_type") == "ADM"
_MOVEMENTS: tuple[tuple[str, str, str, float, pl.Expr], ...] = (
    (
        "recall_inside_journey",
        "an admission on recall that is not the first movement: a recall that no journey row shows",
        "trap 16 (catalogue of the prisoner dataset)",
        0.0092,
        _ADMITTED & pl.col("movement_reason_code").is_in(RECALLED) & (pl.col("movement_seq") > 1),
    ),
    (
        "recalled_in_prison",
        (
            "an admission from the prison itself: "
            "the licence was revoked while the person sat there on something new"
        ),
        "trap 16",
        0.0092,
        _ADMITTED & (pl.col("from_agy_loc_id") != "OUT"),
    ),
    (
        "joined_stretch",
        "a second admission from outside in one journey: connected times in prison are one row",
        "section 3 (catalogue of the prisoner dataset)",
        0.00003,
        _ADMITTED & (pl.col("from_agy_loc_id") == "OUT") & (pl.col("movement_seq") > 1),
    ),
    (
        "temporary_absence",
        "out and back on temporary release: no release",
        "trap 13",
        0.02,
        pl.col("movement_type") == "TAP",
    ),
    (
        "transfer",
        "from one prison to another: no release and no reception",
        "section 3",
        0.2,
        pl.col("movement_type") == "TRN",
    ),
)


def list_traps() -> list[Trap]:
    """Traps of journeys and movements."""
    both = (("custodial_journeys", _JOURNEYS), ("movements", _MOVEMENTS))
    return [
        Trap(name=n, source="prison", table=table, what=w, told=t, rate=r, found=f)
        for table, rows in both
        for n, w, t, r, f in rows
    ]
