"""Faults of rows: values that no contract allows.

They are in a few rows of each table, so that quarantine has work to do.

Belongs here: what breaks a contract. Does not belong here: mistakes about people (identity_errors).
"""

from __future__ import annotations

import polars as pl

from pipeline.synthetic.partitions import Town
from pipeline.synthetic.random_draws import Bools, draw_chance, open_stream

FAULT_SHARE = 0.003
UNKNOWN_CODE = "??"
FAR_DATE = "2150-01-01"
MALFORMED_DATE = "31/02/2016"
IMPOSSIBLE_AGE = 250
FAULTS: dict[tuple[str, str], dict[str, str]] = {
    ("magistrates", "defendants"): {
        "age_at_first_hearing": "age",
        "disposal_code": "code",
        "offence_date": "date",
    },
    ("crown_court", "defendants"): {
        "age_at_receipt": "age",
        "offence_code": "code",
        "offence_date": "date",
    },
    ("prison", "custodial_journeys"): {"race_code": "code", "offence_date": "date"},
    ("probation", "offenders"): {"ethnicity_desc": "code", "deceased_date": "date"},
    ("probation", "events"): {
        "age_at_offence": "age",
        "disposal_type_description": "code",
        "offence_date": "date",
    },
    ("probation", "requirements"): {"rqmnt_type_main_category_code": "code"},
    ("probation", "court_reports"): {"court_report_type_code": "code"},
    ("prison", "movements"): {"movement_reason_code": "code"},
}
"""Columns that go wrong in each table, and how."""


def plant_faults(
    town: Town, source: str, table: str, rows: pl.DataFrame, *, as_text: bool
) -> pl.DataFrame:
    """The rows, with faults in about three of a thousand.

    As text (CSV), dates can also be malformed.
    """
    columns = FAULTS.get((source, table), {})
    if not columns:
        return rows
    rng = open_stream(town, f"faults {source} {table}")
    hit = draw_chance(rng, FAULT_SHARE, len(rows))
    which = rng.integers(0, len(columns), len(rows))
    for place, (name, kind) in enumerate(columns.items()):
        chosen = pl.Series(hit & (which == place))
        rows = rows.with_columns(
            _fault(name, kind, chosen, rng.random(len(rows)) < 0.5, as_text=as_text)
        )
    return rows


def _fault(name: str, kind: str, chosen: pl.Series, other: Bools, *, as_text: bool) -> pl.Expr:
    if kind == "age":
        return pl.when(chosen).then(pl.lit(IMPOSSIBLE_AGE, pl.Int64)).otherwise(name).alias(name)
    if kind == "code":
        return pl.when(chosen).then(pl.lit(UNKNOWN_CODE)).otherwise(name).alias(name)
    far = pl.lit(FAR_DATE).str.to_date()
    if not as_text:
        return pl.when(chosen).then(far).otherwise(name).alias(name)
    shown = pl.col(name).cast(pl.String)
    wrong = pl.when(pl.Series(other)).then(pl.lit(MALFORMED_DATE)).otherwise(pl.lit(FAR_DATE))
    return pl.when(chosen).then(wrong).otherwise(shown).alias(name)
