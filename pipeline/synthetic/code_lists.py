"""The code lists of the contracts as the world uses them.

Courts, prisons, offences and providers are grouped by region and kind.

Belongs here: reading `data_contracts/codes` and grouping its values. Does not belong here: how
often a value is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from data_contracts.fields import CODES
from pipeline.synthetic.random_draws import Ints

DATA = Path(__file__).parent / "data"

REGIONS = (
    "London",
    "South East",
    "South West",
    "East of England",
    "East Midlands",
    "West Midlands",
    "North East",
    "North West",
    "Yorkshire and the Humber",
    "Wales",
)
REGION_WEIGHTS = (0.19, 0.12, 0.075, 0.085, 0.068, 0.105, 0.06, 0.15, 0.105, 0.072)
PROVIDER_REGION = {"Midlands": "East Midlands"}


class OffenceClass(IntEnum):
    """Class of an offence by how it is tried: summary (motoring, other), either way, indictable."""

    CM = 0
    CS = 1
    CE = 2
    CI = 3
    OTHER = 4


CLASSES = ("CM", "CS", "CE", "CI", "other")
"""Words of the truth, in the order of `OffenceClass`."""


def read_list(name: str) -> pl.DataFrame:
    """One code list, all columns as text."""
    return pl.read_csv(CODES / f"{name}.csv", infer_schema=False)


def pick_text(values: pl.Series | list[str], index: Ints) -> pl.Series:
    """The values at the given places; null where the place is negative."""
    held = pl.Series(values, dtype=pl.String) if isinstance(values, list) else values
    places = pl.Series(np.where(index < 0, 0, index))
    return pl.select(pl.when(pl.Series(index >= 0)).then(held.gather(places))).to_series()


@dataclass(frozen=True)
class Places:
    """Codes of one kind of place, and which of them lie in each region."""

    codes: pl.Series
    by_region: tuple[tuple[int, ...], ...]


def _places(codes: pl.Series, regions: pl.Series) -> Places:
    inside = tuple(
        tuple(np.flatnonzero((regions == region).to_numpy()).tolist()) for region in REGIONS
    )
    return Places(codes, tuple(each or tuple(range(len(codes))) for each in inside))


@cache
def read_courts(level: str) -> Places:
    """Courts of a level, `crown` or `magistrates`."""
    held = read_list("courts").filter(pl.col("court_level") == level)
    return _places(held["code"], held["region"])


@cache
def read_prisons() -> Places:
    """Prisons of reception and release."""
    held = read_list("prisons")
    return _places(held["code"], held["region"])


@cache
def read_providers(kind: str) -> Places:
    """Probation providers of a kind: trust, crc, nps_division, prison, other."""
    held = read_list("probation_areas").filter(pl.col("provider_kind") == kind)
    region = held["region"].replace(PROVIDER_REGION)
    midlands = region.to_frame().with_columns(pl.Series("code", held["code"]))
    return _places(midlands["code"], midlands["region"])


@dataclass(frozen=True)
class Offences:
    """Every offence that the courts of this world try."""

    code: pl.Series
    category: pl.Series
    group: pl.Series
    ho_code: pl.Series
    maximum_months: Ints
    is_breach: pl.Series


@cache
def read_offences() -> Offences:
    """Offences of the code list, in its order."""
    held = read_list("offences")
    maximum = held["maximum_months"].cast(pl.Int64).fill_null(6).to_numpy()
    return Offences(
        held["code"],
        held["offence_category"],
        held["offence_group"],
        held["ho_code"],
        maximum,
        held["is_breach"] == "true",
    )
