"""A delivery: its manifest, its files, their digests and formats.

Belongs here: whether what lies in a folder is the delivery that its manifest says. Does not belong
here: what the columns mean (data_contracts) and reading rows (land_table).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import DeliveryError

FileFormat = Literal["parquet", "csv", "csv.gz"]
MANIFEST = "manifest.json"
BESIDE = (MANIFEST, "README.md", "calibration.csv")
"""Files that may lie at the top of a delivery without being in its manifest."""


@dataclass(frozen=True)
class DeliveredFile:
    """One file of a delivery, as its manifest describes it."""

    source: str
    table: str
    path: Path
    rows: int
    sha256: str
    coverage_from: date | None
    coverage_to: date | None
    renames: tuple[tuple[str, str], ...] = ()
    """Delivered name and contract name of columns that this file calls otherwise."""
    supplement: str | None = None
    """Id of the supplement that this file came with; None for a file of the first delivery."""
    replaced: tuple[int, ...] = ()
    """Rows of this file, counted from 1, that a supplement has replaced."""

    @property
    def file_format(self) -> FileFormat:
        """By the end of the file's name."""
        name = self.path.name
        if name.endswith(".csv.gz"):
            return "csv.gz"
        return "csv" if name.endswith(".csv") else "parquet"


@dataclass(frozen=True)
class Delivery:
    """A delivery whose manifest could be read. Digests are not yet checked."""

    folder: Path
    delivery_id: str
    extract_date: date
    synthetic: bool
    files: tuple[DeliveredFile, ...]
    supplements: str | None = None
    """Id of the delivery whose rows this one corrects; such a delivery cannot be run alone."""
    amended_from: tuple[Mapping[str, str], ...] = ()
    """Id and digest of the delivery and of each supplement that this one was put together from."""

    def of_table(self, source: str, table: str) -> tuple[DeliveredFile, ...]:
        """The files of one table, in manifest order; empty when the table was not delivered."""
        return tuple(file for file in self.files if (file.source, file.table) == (source, table))

    @property
    def tables(self) -> frozenset[tuple[str, str]]:
        """Source and table of everything delivered."""
        return frozenset((file.source, file.table) for file in self.files)

    @property
    def unlisted(self) -> tuple[str, ...]:
        """Paths of files that lie in the folder and are not in the manifest, in order.

        Nothing reads these files.
        """
        listed = {file.path.resolve() for file in self.files}
        there = (
            path
            for path in self.folder.rglob("*")
            if path.is_file() and path.resolve() not in listed
        )
        return tuple(
            sorted(
                name
                for path in there
                if (name := path.relative_to(self.folder).as_posix()) not in BESIDE
            )
        )

    @property
    def digest(self) -> str:
        """One digest over all files, whatever the files are called.

        It covers the source, table, content and replaced rows of each file.
        """
        lines = sorted(
            f"{file.source}.{file.table} {file.sha256}{_without(file.replaced)}"
            for file in self.files
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    @property
    def stated(self) -> dict[str, str | bool]:
        """What a release's manifest says of its delivery."""
        return {
            "delivery_id": self.delivery_id,
            "delivery_digest": self.digest,
            "extract_date": str(self.extract_date),
            "synthetic": self.synthetic,
        }


def _without(replaced: tuple[int, ...]) -> str:
    return f" without {','.join(map(str, replaced))}" if replaced else ""


def describe_unreadable(file: DeliveredFile) -> DeliveryError:
    """The error for a file that is broken as a whole."""
    kind = "Parquet" if file.file_format == "parquet" else "CSV"
    return DeliveryError(
        f"[{file.path}] cannot be read as {kind}: it is cut off or damaged: deliver the file again"
    )


def read_delivery(folder: Path) -> Delivery:
    """Read a delivery's manifest.

    Raises:
        DeliveryError: there is no manifest, it is not what a manifest must be, or a file it names
            is not there.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise DeliveryError(
            f"no {MANIFEST} in [{folder}]: "
            "the manifest is written last, so wait for it or ask the supplier for it"
        )
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        delivery = Delivery(
            folder=folder,
            delivery_id=_identifier(stated["delivery_id"]),
            extract_date=date.fromisoformat(stated["extract_date"]),
            synthetic=stated["synthetic"] is True,
            files=tuple(
                _file(folder, entry, stated["delivery_id"] if "supplements" in stated else None)
                for entry in stated["files"]
            ),
            supplements=_identifier(stated["supplements"]) if "supplements" in stated else None,
            amended_from=tuple(
                {str(name): str(fact) for name, fact in origin.items()}
                for origin in stated.get("amended_from", [])
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = (
            f"[{error.args[0]}] is missing"
            if isinstance(error, KeyError)
            else "a value has the wrong form"
        )
        raise DeliveryError(
            f"[{path}] cannot be used, {what}: "
            "ask the supplier for a manifest as README.md describes it"
        ) from error
    _check_paths(delivery)
    return delivery


def _identifier(value: str) -> str:
    if (
        not value
        or not all(character.isalnum() or character in "-_." for character in value)
        or value.startswith(".")
    ):
        raise ValueError
    return value


def _file(folder: Path, entry: Mapping[str, Any], supplement: str | None) -> DeliveredFile:
    coverage = [
        date.fromisoformat(day) if day else None
        for day in (entry.get("coverage_from"), entry.get("coverage_to"))
    ]
    return DeliveredFile(
        source=entry["source"],
        table=entry["table"],
        path=folder / entry["path"],
        rows=int(entry["rows"]),
        sha256=entry["sha256"].lower(),
        coverage_from=coverage[0],
        coverage_to=coverage[1],
        renames=tuple(
            (str(delivered), str(name)) for delivered, name in entry.get("renames", {}).items()
        ),
        supplement=entry.get("supplement", supplement),
        replaced=tuple(sorted({int(row) for row in entry.get("replaced_rows", [])})),
    )


def _check_paths(delivery: Delivery) -> None:
    root = delivery.folder.resolve()
    named = Counter(file.path.resolve() for file in delivery.files)
    repeated = sorted({file.path.name for file in delivery.files if named[file.path.resolve()] > 1})
    if repeated:
        raise DeliveryError(
            f"{repeated} are in the manifest more than once: "
            "name each file once, for the one table that it holds"
        )
    for file in delivery.files:
        if not file.path.resolve().is_relative_to(root):
            raise DeliveryError(
                f"[{file.path.name}] lies outside the delivery: "
                f"give paths inside [{delivery.folder}]"
            )
        if not file.path.is_file():
            raise DeliveryError(
                f"[{file.path}] is in the manifest but not in the delivery: "
                "deliver it or take it out of the manifest"
            )
        if not file.path.name.endswith((".parquet", ".csv", ".csv.gz")):
            raise DeliveryError(
                f"[{file.path}] is neither .parquet nor .csv nor .csv.gz: deliver one of these"
            )
        if file.path.stat().st_size == 0:
            raise DeliveryError(
                f"[{file.path}] is empty, not even a header: deliver the file again"
            )
    # A supplement's own files are read as they are.
    _check_formats(file for file in delivery.files if not file.supplement)


def _check_formats(files: Iterable[DeliveredFile]) -> None:
    formats: dict[tuple[str, str], set[str]] = {}
    for file in files:
        formats.setdefault((file.source, file.table), set()).add(
            "parquet" if file.file_format == "parquet" else "csv"
        )
    for (source, table), kinds in formats.items():
        if len(kinds) > 1:
            raise DeliveryError(
                f"{source}.{table} has parts in Parquet and in CSV: "
                "deliver all its parts in one format"
            )


def check_tables(
    delivery: Delivery, *, required: Iterable[tuple[str, str]], known: Iterable[tuple[str, str]]
) -> None:
    """Check that every required table is there and that no table is unknown.

    Raises:
        DeliveryError: names every table that is missing or unknown, or the delivery is a
            supplement.
    """
    if delivery.supplements:
        raise DeliveryError(
            f"[{delivery.delivery_id}] is a supplement to [{delivery.supplements}]: "
            "put both together with `journeys amend` and take the result"
        )
    missing = sorted(set(required) - delivery.tables)
    if missing:
        raise DeliveryError(
            f"required tables are missing from the delivery: {_names(missing)}: deliver them"
        )
    unknown = sorted(delivery.tables - set(known))
    if unknown:
        raise DeliveryError(
            f"the delivery has tables that no contract knows: {_names(unknown)}: "
            "take them out or write their contract"
        )


def _names(tables: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"[{source}.{table}]" for source, table in tables)


def check_digests(delivery: Delivery, progress: Callable[[str], None] | None = None) -> None:
    """Read every file once and compare its SHA-256 with the manifest.

    Raises:
        DeliveryError: a file is not the one that the manifest was written for.
    """
    for file in delivery.files:
        if progress:
            progress(f"{file.source}.{file.table}")
        if hash_file(file.path) != file.sha256:
            raise DeliveryError(
                f"[{file.path}] does not have the digest that the manifest states: "
                "copy or deliver the file again"
            )


def hash_file(path: Path) -> str:
    """Hex SHA-256 of a file, read in chunks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
