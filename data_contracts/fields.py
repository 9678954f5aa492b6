"""The vocabulary in which contracts are written.

There is one function per kind of column, and one `table(...)` per table.

Belongs here: what a column can be, and what each kind implies for its type, checks and privacy
class. Does not belong here: any column of any source, and anything that reads data.
"""

from __future__ import annotations

import csv
import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pandera.polars as pa

from data_contracts.expectations import DRIFT, ROW_HISTORY, Coverage, Drift, RowHistory

CODES = Path(__file__).parent / "codes"

NAMING = ("description", "title")
"""Columns of a code list that say what a code means; so does a column that ends in `_name`."""

Privacy = Literal["direct", "quasi", "sensitive", "plain"]
"""`direct`: names a person or a record, and never leaves the identity side.
`quasi`: singles out in combination.
`sensitive`: special category or criminal detail.
`plain`: neither.
"""

Identifier = Literal[
    "forename",
    "middle_names",
    "surname",
    "aliases",
    "date_of_birth",
    "postcode",
    "pnc",
    "cro",
    "prison_number",
    "crn",
    "asn",
    "case_number",
]
"""What a direct identifier is to the linkage, whatever its source calls it."""

Confidence = Literal["P", "S", "I"]
"""P published name, S source system's name, I inferred (ours)."""

EARLIEST_BIRTH = date(1900, 1, 1)
EARLIEST_EVENT = date(1950, 1, 1)
LATEST_EVENT = date(2050, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a contract says of a column beyond its type and checks.

    It is stored in pandera's `metadata` under `contract`.
    """

    privacy: Privacy
    confidence: Confidence
    role: Literal["key", "reference", "value"] = "value"
    family: str | None = None
    """Key family: keys and references of one family get the same pseudonym."""
    family_by: str | None = None
    """Column that says, by code list `source_datasets`, whose records this identifies.
    The key family of those records is then used.
    """
    to: str | None = None
    """Table (`<source>.<table>`) that a reference is to, if no table has the family as its key."""
    orphan_tolerance: float = 1.0
    """Largest share of rows that may refer to a row that is not there; more blocks the run.
    Up to this share such rows are kept and counted.
    """
    codes: str | None = None
    """Code list (`codes/<name>.csv`) that holds the allowed values in its first column."""
    dated_by: str | None = None
    """Date column on which the code must have been in force; else the row is flagged.
    The days in force are `valid_from` and `valid_to` of its list.
    """
    unit: str | None = None
    identifier: Identifier | None = None
    links: bool = False
    """Also copied to the identity side, because it helps to link."""
    keeps: Literal["birth_year"] | None = None
    """What the payload may keep of a direct identifier."""
    required: bool = True
    """False: the delivery may leave the column out; it is then null throughout."""


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """What a contract says of a whole table; stands in its `Config.metadata` under `contract`."""

    source: str
    name: str
    key: tuple[str, ...]
    required: bool = True
    record_of_person: bool = False
    """Each row is a source record that linkage assigns to a person."""
    lookup_key: str | None = None
    """Column by which a delivered `linking/person_links` names it; the key unless stated."""
    duplicate_tolerance: float = 0.0
    """Largest share of rows that may repeat a key; more blocks the run."""
    quarantine_tolerance: float = 0.05
    """Largest share of rows that may be quarantined; more blocks the run."""
    ordered_dates: tuple[tuple[str, str], ...] = ()
    """Pairs (earlier, later): a row where both are known and the later comes first is flagged.
    Such a row is not quarantined.
    """
    coverage: Coverage | None = None
    """Which months must have rows; None where no date column cuts the extract."""
    row_history: RowHistory = ROW_HISTORY
    drift: Drift = DRIFT


def table(**facts: Any) -> dict[str, TableFacts]:
    """Facts of a table, for `Config.metadata`. Arguments as in `TableFacts`."""
    return {"contract": TableFacts(**facts)}


@cache
def allowed(codes: str) -> tuple[str, ...]:
    """Values of the first column of a code list, in file order, without repeats.

    Raises:
        FileNotFoundError: there is no such list in `codes/`.
    """
    with (CODES / f"{codes}.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        next(rows)
        return tuple(dict.fromkeys(row[0] for row in rows if row))


def _field(column: Column, description: str, *, nullable: bool, **checks: Any) -> Any:
    return pa.Field(
        nullable=nullable, description=description, metadata={"contract": column}, **checks
    )


def key(
    family: str,
    description: str,
    *,
    confidence: Confidence = "S",
    links: bool = False,
    family_by: str | None = None,
) -> Any:
    """The row's own identifier in its source system; a keyed pseudonym in the payload."""
    column = Column(
        privacy="direct",
        role="key",
        family=family,
        family_by=family_by,
        confidence=confidence,
        links=links,
    )
    return _field(column, description, nullable=False, str_length={"min_value": 1, "max_value": 64})


def reference(
    family: str,
    description: str,
    *,
    nullable: bool = False,
    confidence: Confidence = "S",
    required: bool = True,
    links: bool = False,
    to: str | None = None,
    orphan_tolerance: float = 1.0,
) -> Any:
    """Another row's identifier, with the same pseudonym as the key of its family.

    It is checked against the table that has this key.
    """
    column = Column(
        privacy="direct",
        role="reference",
        family=family,
        confidence=confidence,
        required=required,
        links=links,
        to=to,
        orphan_tolerance=orphan_tolerance,
    )
    return _field(
        column, description, nullable=nullable, str_length={"min_value": 1, "max_value": 64}
    )


def direct(
    identifier: Identifier,
    description: str,
    *,
    confidence: Confidence = "S",
    keeps: Literal["birth_year"] | None = None,
    **checks: Any,
) -> Any:
    """A direct identifier; it goes to the identity side only.

    It is always nullable, because systems may not have it.
    """
    column = Column(privacy="direct", identifier=identifier, confidence=confidence, keeps=keeps)
    return _field(column, description, nullable=True, **checks)


def birth_date(description: str, *, confidence: Confidence = "S") -> Any:
    """Date of birth: identity side only; the payload keeps the year."""
    return direct(
        "date_of_birth",
        description,
        confidence=confidence,
        keeps="birth_year",
        ge=EARLIEST_BIRTH,
        le=LATEST_EVENT,
    )


def code(
    codes: str,
    description: str,
    *,
    nullable: bool = True,
    privacy: Privacy = "plain",
    confidence: Confidence = "S",
    links: bool = False,
    required: bool = True,
    dated_by: str | None = None,
) -> Any:
    """A value of a code list (`codes/<codes>.csv`, first column)."""
    column = Column(
        privacy=privacy,
        codes=codes,
        confidence=confidence,
        links=links,
        required=required,
        dated_by=dated_by,
    )
    return _field(column, description, nullable=nullable, isin=list(allowed(codes)))


def day(
    description: str,
    *,
    nullable: bool = True,
    confidence: Confidence = "S",
    links: bool = False,
    required: bool = True,
) -> Any:
    """A calendar day between 1950 and 2050.

    Default dates (1970-01-01) are valid here, and staging sets them to null.
    """
    column = Column(
        privacy="quasi", confidence=confidence, unit="day", links=links, required=required
    )
    return _field(column, description, nullable=nullable, ge=EARLIEST_EVENT, le=LATEST_EVENT)


def quantity(
    unit: str,
    description: str,
    *,
    least: float = 0,
    most: float,
    nullable: bool = True,
    privacy: Privacy = "plain",
    confidence: Confidence = "S",
    required: bool = True,
    links: bool = False,
) -> Any:
    """A number with a unit and a plausible range; outside it the row is quarantined.

    The value is never clipped.
    """
    column = Column(
        privacy=privacy, unit=unit, confidence=confidence, required=required, links=links
    )
    return _field(column, description, nullable=nullable, ge=least, le=most)


def flag(
    description: str, *, nullable: bool = True, confidence: Confidence = "S", links: bool = False
) -> Any:
    """True or false."""
    return _field(
        Column(privacy="plain", confidence=confidence, links=links), description, nullable=nullable
    )


def text(
    description: str,
    *,
    nullable: bool = True,
    privacy: Privacy = "plain",
    confidence: Confidence = "S",
    pattern: str | None = None,
    required: bool = True,
) -> Any:
    """Text from a vocabulary too open for a code list.

    It matches its pattern where it has one; otherwise it has at most 200 characters.
    """
    checks: dict[str, Any] = (
        {"str_matches": pattern} if pattern else {"str_length": {"min_value": 0, "max_value": 200}}
    )
    return _field(
        Column(privacy=privacy, confidence=confidence, required=required),
        description,
        nullable=nullable,
        **checks,
    )


def columns(model: type[pa.DataFrameModel]) -> dict[str, Column]:
    """Every column of a contract with what the contract says of it, in contract order."""
    return {
        name: (column.metadata or {})["contract"]
        for name, column in model.to_schema().columns.items()
    }


def facts(model: type[pa.DataFrameModel]) -> TableFacts:
    """What the contract says of the whole table."""
    stated: TableFacts = model.Config.metadata["contract"]  # type: ignore[index]
    return stated


def version(model: type[pa.DataFrameModel]) -> str:
    """Semantic version of the contract's source: `VERSION` of the module that states it.

    Raises:
        ValueError: the module states none, or one that is not `major.minor.patch`.
    """
    stated = vars(sys.modules[model.__module__]).get("VERSION")
    if not isinstance(stated, str) or not re.fullmatch(r"\d+\.\d+\.\d+", stated):
        raise ValueError(
            f'module of source [{facts(model).source}] must state VERSION = "major.minor.patch"'
        )
    return stated


@cache
def meanings(codes: str) -> dict[str, str]:
    """What each value of a code list means, in file order.

    The meaning is the description of the value, or what it conforms to, or empty if the value needs
    no explanation.

    Days of validity follow where the list has them.
    """
    with (CODES / f"{codes}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    first = next(iter(rows[0]))
    return {
        row[first]: _meaning(
            {name: value for name, value in row.items() if name not in (first, "source") and value}
        )
        for row in rows
    }


def _meaning(said: dict[str, str]) -> str:
    days = " ".join(
        f"{word} {said.pop(name)}"
        for name, word in (("valid_from", "from"), ("valid_to", "to"))
        if name in said
    )
    told = next((said[name] for name in said if name in NAMING or name.endswith("_name")), None)
    meaning = told or "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())
    return f"{meaning} ({days})" if meaning and days else meaning or days


def prose(model: type[pa.DataFrameModel]) -> tuple[str, Sequence[str]]:
    """Grain sentence (first line of the docstring) and quirks (bullets, lines run together)."""
    grain, *lines = inspect.cleandoc(model.__doc__ or "").splitlines() or [""]
    quirks: list[str] = []
    for line in lines:
        if line.startswith("- "):
            quirks.append(line.removeprefix("- "))
        elif quirks and line.startswith("  "):
            quirks[-1] += f" {line.strip()}"
    return grain, quirks
