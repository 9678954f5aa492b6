"""A contract of one table with a column of every kind, and the same contract altered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandera.polars as pa
import polars as pl

from data_contracts.fields import code, day, direct, flag, key, quantity, reference, table, text
from pipeline.exports.baseline import Baseline, build_baseline
from pipeline.exports.contract_model import DescribedTable, describe_contracts
from tests.support import further

Typed = tuple[type, Any]
Columns = Mapping[str, Typed | None]

COLUMNS: dict[str, Typed] = {
    "visit_id": (str, key("further_visit", "Visit.")),
    "surname": (str, direct("surname", "Surname.")),
    "person_id": (str, reference("further_person", "Person.", orphan_tolerance=0.05)),
    "sex": (str, code("sex_libra", "Sex.")),
    "minutes": (int, quantity("minutes", "Length of the visit.", least=1, most=500)),
    "visit_date": (pl.Date, day("Day of the visit.")),
    "left_date": (pl.Date, day("Day on which it ended.", nullable=False)),
    "area": (str, text("Area.", pattern=r"^E\d+$")),
    "note": (str, text("Note.", required=False)),
    "booked": (bool, flag("It was booked.")),
}
FACTS: dict[str, Any] = {
    "key": ("visit_id",),
    "quarantine_tolerance": 0.05,
    "duplicate_tolerance": 0.01,
}
HERE = "further.visits"


def state(columns: Columns | None = None, version: str = "1.0.0", **facts: Any) -> Baseline:
    """The contracts of a source of one table, some columns stated anew (or dropped, by None)."""
    return build_baseline([described_table(columns or {}, version, **facts)])


def described_table(columns: Columns, version: str = "1.0.0", **facts: Any) -> DescribedTable:
    stated = {name: typed for name, typed in {**COLUMNS, **columns}.items() if typed is not None}
    metadata = table(source="further", name="visits", **{**FACTS, **facts})
    body = {
        "__doc__": "One row per visit.",
        "__module__": further.__name__,
        "__annotations__": {name: kind for name, (kind, _) in stated.items()},
        "Config": type("Config", (), {"metadata": metadata}),
    }
    model = type(
        "Visits", (pa.DataFrameModel,), body | {name: field for name, (_, field) in stated.items()}
    )
    return replace(describe_contracts([model])[0], version=version)


def with_facts(name: str, **facts: Any) -> Baseline:
    """The same contracts with other facts of a column, as they are described."""
    whole = described_table({})
    columns = tuple(
        replace(column, **facts) if column.name == name else column for column in whole.columns
    )
    return build_baseline([replace(whole, columns=columns)])


def with_codes(*codes: str) -> Baseline:
    """The same contracts with other codes in the list of `sex`."""
    return with_facts("sex", codes=codes)
