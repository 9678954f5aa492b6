"""Companies before the courts: their names, and people and companies taken for each other.

Belongs here: what both courts share about companies. Does not belong here: rows of either court
(magistrates, crown_court).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.synthetic.corruption.identity_errors import BIT
from pipeline.synthetic.random_draws import draw_chance

WORDS = (
    "LOGISTICS LIMITED",
    "HAULAGE LTD",
    "FOODS LIMITED",
    "BUILDING SERVICES LTD",
    "RECYCLING LIMITED",
    "TRADING LTD",
    "PROPERTIES PLC",
)
NOT_FOR_COMPANIES = ("1116", "1115", "1097", "1141")
"""Orders in the community (CJS result codes)."""
UNFLAGGED_SHARE, FLAGGED_SHARE = 0.1, 0.0008
"""Companies that are not marked as such, and people who are."""


def make_names(rng: np.random.Generator, surnames: pl.Series, size: int) -> pl.Series:
    """Names of companies."""
    held = pl.DataFrame(
        {
            "n": surnames.gather(rng.integers(0, len(surnames), size)),
            "w": pl.Series(WORDS).gather(rng.integers(0, len(WORDS), size)),
        }
    )
    return held.select(pl.format("{} {}", "n", "w")).to_series()


def mistake_companies(
    rng: np.random.Generator, rows: pl.DataFrame, *, errors: bool
) -> pl.DataFrame:
    """The rows of a court with `is_company` wrong in some."""
    if not errors:
        return rows
    company = rows["is_company"].to_numpy()
    wrong = draw_chance(rng, np.where(company, UNFLAGGED_SHARE, FLAGGED_SHARE), len(rows))
    bit = np.where(company, 1 << BIT["company_as_person"], 1 << BIT["person_as_company"])
    return rows.with_columns(
        is_company=pl.Series(company ^ wrong),
        _errors=pl.col("_errors") + pl.Series(np.where(wrong, bit, 0)),
    )
