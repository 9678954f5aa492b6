"""Which delivered column is which contract column, and which columns are not read and why.

Suppliers' names may differ from ours: `data_contracts/renames/<source>.csv` says which (table,
delivered_name, contract_name, note); a contract_name of `(ignored)` says that a column is known and
not read, and its note why. A manifest may add renames of its own for a file. Names are compared
without blanks around them and in lower case. Belongs here: names of columns. Does not belong here:
what is in them (value_parsing), what a contract demands (data_contracts).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import data_contracts
from pipeline.delivery.manifest import DeliveredFile
from pipeline.errors import DeliveryError

FOLDER = Path(data_contracts.__file__).parent / "renames"
HEADER = ["table", "delivered_name", "contract_name", "note"]
IGNORED = "(ignored)"
PLACE = ("file", "row_in_file")
"""Columns by which a row of a supplement names the row that it replaces."""
BESIDE = (*PLACE, "line", "row_text", "reasons")
"""Columns that stand beside the delivered ones in quarantine.

They may stand there too in a supplement made from it.
"""
NO_DATA = "says which row is replaced"
"""Why such a column is not read: nothing that anybody needs to know."""

MAX_SHOWN, LONGEST_SHOWN = 20, 64
"""Names that a message lists before it only counts them, and characters of a plain word at most."""


@dataclass(frozen=True)
class Rename:
    """One line of a rename file, or of a manifest."""

    contract_name: str | None
    """None: the column is not read."""
    note: str


@dataclass(frozen=True)
class Matched:
    """The columns of one file."""

    read: Mapping[str, str]
    """Contract name -> delivered name, in delivered order."""
    ignored: Mapping[str, str]
    """Delivered name -> why it is not read."""
    renamed: Mapping[str, str]
    """Delivered name -> why it is read under another name."""
    respelt: Sequence[str]
    """Delivered names that are the contract's but for case and blanks."""


def normalise_name(name: str) -> str:
    """A name as it is compared."""
    return name.strip().lower()


@cache
def of_table(source: str, table: str, folder: Path) -> Mapping[str, Rename]:
    """Renames of one table by delivered name; none if the source has no file.

    Raises:
        DeliveryError: the file is not what a rename file must be.
    """
    path = folder / f"{source}.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        header, *rows = list(csv.reader(lines)) or [[]]
    if header != HEADER or any(
        len(row) != len(HEADER) or not all(cell.strip() for cell in row) for row in rows
    ):
        raise DeliveryError(
            f"[{path}] must have the columns {HEADER} and something in each field: correct it"
        )
    mine = [row for row in rows if row[0] == table]
    _refuse_repeats(path, (normalise_name(row[1]) for row in mine))
    return {
        normalise_name(row[1]): Rename(None if row[2] == IGNORED else row[2], row[3])
        for row in mine
    }


def _refuse_repeats(path: Path, names: Iterable[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DeliveryError(
            f"[{path}] names {show_names(repeated)} more than once for one table: "
            "keep one line each"
        )


def of_file(file: DeliveredFile, contract: Collection[str]) -> Mapping[str, Rename]:
    """Renames of one file by delivered name: those of its source, then those of its manifest.

    Raises:
        DeliveryError: one leads to a column that the contract does not have, or away from one that
            it has.
    """
    stated = {
        normalise_name(delivered): Rename(name, "renamed by the manifest")
        for delivered, name in file.renames
    }
    beside = {
        name: Rename(None, NO_DATA) for name in BESIDE if file.supplement and name not in contract
    }
    renames = {**of_table(file.source, file.table, FOLDER), **beside, **stated}
    table = f"{file.source}.{file.table}"
    strange = [
        rename.contract_name
        for rename in renames.values()
        if rename.contract_name and rename.contract_name not in contract
    ]
    if strange:
        raise DeliveryError(
            f"{table}: renames lead to {show_names(strange)}, which the contract does not have: "
            "correct the rename"
        )
    taken = [name for name in renames if name in contract]
    if taken:
        raise DeliveryError(
            f"{table}: {show_names(taken)} are names of the contract and cannot be renamed: "
            "take the rename out"
        )
    return renames


def match_columns(
    delivered: Sequence[str],
    file: DeliveredFile,
    *,
    contract: Collection[str],
    required: Sequence[str],
) -> Matched:
    """Find out which delivered column is which.

    Args:
        delivered: names as delivered.
        file: whose columns they are.
        contract: names of the contract's columns.
        required: those that a file must have.

    Raises:
        DeliveryError: names every column that has no name, stands twice, is missing, or is unknown.
    """
    table, renames = f"{file.source}.{file.table}", of_file(file, contract)
    if not any(
        normalise_name(name) in contract or normalise_name(name) in renames for name in delivered
    ):
        raise DeliveryError(
            f"{table}: none of the {len(delivered)} columns of [{file.path}] is in the contract: "
            "is it another table, or is the header missing? deliver the table with its header"
        )
    _check_names(delivered, file)
    read: dict[str, str] = {}
    ignored: dict[str, str] = {}
    unknown: list[str] = []
    for name in delivered:
        rename = renames.get(normalise_name(name), Rename(normalise_name(name), ""))
        if rename.contract_name is None:
            ignored[name] = rename.note
        elif rename.contract_name not in contract:
            unknown.append(name)
        elif rename.contract_name in read:
            both = show_names([read[rename.contract_name], name])
            raise DeliveryError(
                f"{table}: {both} of [{file.path}] are both [{rename.contract_name}] of the "
                "contract: deliver one of them"
            )
        else:
            read[rename.contract_name] = name
    missing = [name for name in required if name not in read]
    if missing:
        raise DeliveryError(
            f"{table}: columns {missing} are missing from [{file.path}]: deliver them"
        )
    if unknown:
        where = f"rename or ignore them in data_contracts/renames/{file.source}.csv"
        raise DeliveryError(
            f"{table}: {len(unknown)} columns of [{file.path}] are not in the contract: "
            f"{show_names(unknown)}: take them out, or {where}"
        )
    renamed = {
        name: renames[normalise_name(name)].note
        for name in read.values()
        if normalise_name(name) in renames
    }
    respelt = [there for name, there in read.items() if there != name and there not in renamed]
    return Matched(read, ignored, renamed, respelt)


def _check_names(delivered: Sequence[str], file: DeliveredFile) -> None:
    nameless = [place for place, name in enumerate(delivered, start=1) if not name.strip()]
    if nameless:
        raise DeliveryError(
            f"[{file.path}] has columns without a name (places {_first(nameless)}): "
            "name them or take them out"
        )
    repeated = [
        name for name, count in Counter(map(normalise_name, delivered)).items() if count > 1
    ]
    if repeated:
        raise DeliveryError(
            f"[{file.path}] has several columns called {show_names(repeated)}: deliver one of each"
        )


def show_names(names: Sequence[str]) -> str:
    """Column names for a message: names that look like names are listed, all others counted.

    What does not look like a name may be a value that stands in a header by mistake.
    """
    words = [
        name for name in names if normalise_name(name).isidentifier() and len(name) <= LONGEST_SHOWN
    ]
    hidden = len(names) - len(words)
    return _first(words) + (f" and {hidden} whose names are not plain words" if hidden else "")


def _first(things: Sequence[str | int]) -> str:
    more = len(things) - MAX_SHOWN
    return f"{things[:MAX_SHOWN]}" + (f" and {more} more" if more > 0 else "")
