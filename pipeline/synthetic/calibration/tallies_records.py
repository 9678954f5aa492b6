"""Tallies of delivered records, and of defendants who come back.

Belongs here: what can be counted in the tables as they are delivered, before faults of rows. Does
not belong here: what truly happened.
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.calendar import EPOCH
from pipeline.synthetic.calibration.tallies_sheet import Made, Sheet
from pipeline.synthetic.code_lists import read_offences

VOLUMES = {
    "records_magistrates": ("magistrates", "defendants"),
    "records_crown_court": ("crown_court", "defendants"),
    "records_prison": ("prison", "custodial_journeys"),
    "records_probation": ("probation", "offenders"),
}
FIRST_SEEN, FOLLOWED = 2011, 2019


def add_tallies(sheet: Sheet, made: Made) -> None:
    """Volumes and returning defendants."""
    for measure, name in VOLUMES.items():
        each = made.tables[name].group_by("_person").len()["len"].cast(pl.Float64)
        sheet.count(measure, made.tables[name].height, float((each**2).sum()))
    _returning(sheet, made.tables["magistrates", "defendants"])


def _returning(sheet: Sheet, rows: pl.DataFrame) -> None:
    """Takes shares of the people whose first hearing of all is in 2011 and who come back.

    Counted are later hearings of other cases until the end of 2019.
    """
    last = EPOCH.replace(year=FOLLOWED, month=12, day=31)
    seen = rows.filter(~pl.col("is_company") & (pl.col("first_hearing_date") <= last))
    theft = pl.col("offence_code").sort_by("first_hearing_date", "case_id").first()
    began = seen.group_by("_person").agg(
        pl.col("first_hearing_date").min().alias("first"), pl.len().alias("cases")
    )
    began = began.filter(pl.col("first").dt.year() == FIRST_SEEN)
    listed = read_offences()
    stolen = listed.code.filter(listed.group == "Theft")
    first = (
        seen.filter(pl.col("first_hearing_date").dt.year() == FIRST_SEEN)
        .group_by("_person")
        .agg(theft.alias("code"))
    )
    held = began.join(first, on="_person", how="left", validate="1:1")
    later = held["cases"].cast(pl.Int64).to_numpy() - 1
    sheet.share("defendants_returned", later >= 1)
    sheet.share("defendants_returned_once", later == 1)
    sheet.share("defendants_returned_six_or_more", later >= 6)
    sheet.share(
        "defendants_returned_after_theft",
        later >= 1,
        held["code"].is_in(stolen.implode()).to_numpy(),
    )
