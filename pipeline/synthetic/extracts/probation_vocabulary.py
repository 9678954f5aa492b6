"""The layers of words in which nDelius describes what a court did.

They come from laws of several decades and from migrated systems, and some are no sentence.

Belongs here: words. Does not belong here: which sentence was passed (sentencing), events
(probation).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import EPOCH, ORA
from pipeline.synthetic.lives.sentencing import COMMUNITY, DETERMINATE
from pipeline.synthetic.random_draws import draw_chance

WITHOUT_DISPOSAL_SHARE, ADJOURNED_SHARE, BREACH_SHARE, MIGRATED_SHARE = 0.04, 0.03, 0.03, 0.006
"""Further events without a sentence, as shares of events with one."""


class NoSentence(IntEnum):
    """What a further event of a case is that holds no sentence."""

    WITHOUT_DISPOSAL = 0
    ADJOURNED = 1
    BREACH = 2
    MIGRATED = 3
    DELETED = 4


DEFAULT_DATE, DEFAULT_DATE_SHARE = EPOCH, 0.5
"""Date of disposal of half the migrated events: 1 January 1970, which stands for none."""
ADJOURNED = (
    "Adjourned - PSR",
    "Adjourned - Other Report",
    "Adjourned For Reports",
    "Adjourned for Sentence",
    "Adjourned Other Reason",
    "Remanded In Custody",
    "Bail/Conditional",
    "Bail/Unconditional",
)
BREACHES = (
    "Breach - Continued/No action",
    "Breach - Amended & Continued",
    "Breach - Withdrawn",
    "Order to Continue",
    "ORA Breach Committal",
)
MIGRATED = (
    "ICMS Miscellaneous Event",
    "Adult Custody (Migration)",
    "Sentenced in Migrated Data",
    "Sentence Terminated Pre-Migration",
    "Historic Breach Outcome",
    "Migrated Drug Test Event",
)
OLD_WORDS_SHARE = 0.02
"""Share of orders and long custody that are named as the law was before 2005.
It applies to offences before February 2015.
"""
OLD_ORDERS = (
    "Community Rehabilitation order",
    "Community Punishment Order",
    "CPRO",
    "Curfew Order",
)


def in_old_words(rng: np.random.Generator, texts: pl.Series, whole: pl.DataFrame) -> pl.Series:
    """The texts, a few of them in the words of the law before the Criminal Justice Act 2003.

    These are the same sentence under an older name.
    """
    size = len(whole)
    disposal, term = whole["disposal"].to_numpy(), whole["term_days"].to_numpy()
    old = draw_chance(rng, OLD_WORDS_SHARE, size) & (whole["offence_date"].to_numpy() < ORA)
    order = pl.Series(OLD_ORDERS).gather(rng.integers(0, len(OLD_ORDERS), size))
    custody = pl.Series(
        np.where(term < 4 * 365, "Custody (1 to 4 yrs - ACR)", "Custody (4+ years - DCR)")
    )
    held = pl.DataFrame({"text": texts, "order": order, "custody": custody})
    return held.select(
        pl.when(pl.Series(old & (disposal == COMMUNITY)))
        .then("order")
        .when(pl.Series(old & (disposal == DETERMINATE) & (term >= 365)))
        .then("custody")
        .otherwise("text")
    ).to_series()
