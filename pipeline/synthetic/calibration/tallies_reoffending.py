"""Tallies of proven reoffending, as it truly was.

Belongs here: adults released from prison or starting an order in a quarter, and a further offence
within twelve months that is proven within six more. Does not belong here: returns to court as such
(tallies_records).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.calibration.tallies_sheet import Made, Period, Sheet, quarter_period
from pipeline.synthetic.code_lists import OffenceClass, read_offences
from pipeline.synthetic.lives.sentencing import COMMUNITY, SUSPENDED
from pipeline.synthetic.lives.timeline import Lives

FOLLOWED, PROVEN = 365, 183
COHORTS = {"2018_q4": (2018, 4), "2019_q3": (2019, 3)}
SIX_MONTHS = 184
RECORDABLE = [OffenceClass.CS, OffenceClass.CE, OffenceClass.CI]
"""Summary motoring is left out, because hardly any of it is recordable.
So the Police National Computer does not hold it.
"""


def add_tallies(sheet: Sheet, made: Made) -> None:
    """Takes the reoffending rate of each cohort by its index event.

    The index event is an order or a release; a release from less than twelve months; or a release
    from six months or less.
    """
    proven = _proven(made.lives)
    for name, (of, number) in COHORTS.items():
        period = quarter_period(of, number)
        out, started = _released(made.lives, period), _started(made.lives, period)
        every = pl.concat([out.select("person", "index"), started])
        _rate(sheet, f"reoffending_custody_or_order_{name}", every, proven)
        _rate(
            sheet,
            f"reoffending_custody_under_12_months_{name}",
            out.filter("under_12_months"),
            proven,
        )
        shortest = out.filter(pl.col("under_12_months") & (pl.col("term") <= SIX_MONTHS))
        _rate(sheet, f"reoffending_custody_6_months_or_less_{name}", shortest, proven)


def _released(lives: Lives, period: Period) -> pl.DataFrame:
    """First releases of adults from a sentence."""
    out = lives.releases.filter((pl.col("cycle") == 0) & pl.col("release_date").is_between(*period))
    facts = lives.custody.filter(pl.col("age") >= 18).select("case", "term", "under_12_months")
    return out.select("case", "person", index="release_date").join(facts, on="case", how="inner")


def _started(lives: Lives, period: Period) -> pl.DataFrame:
    """Orders of adults that begin."""
    order = (
        pl.col("disposal").is_in([COMMUNITY, SUSPENDED])
        & (pl.col("age") >= 18)
        & pl.col("sentence_date").is_between(*period)
    )
    return lives.cases.filter(order).select("person", index="sentence_date")


def _proven(lives: Lives) -> pl.DataFrame:
    """Offences that ended in conviction, breaches of orders left out."""
    first, last = (
        quarter_period(*COHORTS["2018_q4"])[0],
        quarter_period(*COHORTS["2019_q3"])[1] + FOLLOWED,
    )
    held = lives.cases.filter(
        pl.col("convicted")
        & pl.col("offence_date").is_between(first, last)
        & pl.col("kind_of_offence").is_in(RECORDABLE)
    )
    held = held.filter(~read_offences().is_breach.gather(held["offence"].to_numpy()))
    return held.select("person", "offence_date", "verdict_date")


def _rate(sheet: Sheet, measure: str, cohort: pl.DataFrame, proven: pl.DataFrame) -> None:
    """Everybody once, from their first index day."""
    begun = cohort.group_by("person").agg(pl.col("index").min())
    met = begun.join(proven, on="person", how="inner")
    again = (pl.col("offence_date") > pl.col("index")) & (
        pl.col("offence_date") <= pl.col("index") + FOLLOWED
    )
    again &= pl.col("verdict_date") <= pl.col("index") + FOLLOWED + PROVEN
    sheet.ratio(measure, met.filter(again)["person"].n_unique(), begun.height)
