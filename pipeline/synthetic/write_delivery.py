"""Writing a delivery: files, digests, and the manifest last.

Belongs here: bytes of a delivery. Does not belong here: what its rows say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.storage import replace_folder
from pipeline.synthetic.calendar import EPOCH, EXTRACT, WINDOWS

FileFormat = Literal["parquet", "csv"]
Entry = dict[str, str | int]
"""What a manifest says of one file."""


@contextmanager
def open_beside(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of `target` in one step, and only when nothing went wrong.

    Raises:
        FileExistsError: `target` holds something that is not a delivery or a truth.
    """
    if (
        target.exists()
        and any(target.iterdir())
        and not any((target / name).exists() for name in ("manifest.json", "README.md"))
    ):
        raise FileExistsError(
            f"the folder [{target}] exists and is no delivery: name another or empty it"
        )
    with replace_folder(target) as partial:
        yield partial


def write_tables(
    folder: Path,
    tables: Mapping[tuple[str, str], pl.DataFrame],
    *,
    part: int | None,
    file_format: FileFormat,
) -> list[Entry]:
    """Writes each table, and returns what the manifest says of them.

    A table is one file or, with a number, one part of several.
    """
    return [
        _write(folder, source, table, rows, part, file_format)
        for (source, table), rows in sorted(tables.items())
    ]


def write_manifest(folder: Path, entries: Sequence[Entry], *, delivery_id: str) -> None:
    """Writes the manifest, which makes a folder a delivery."""
    files = sorted(entries, key=lambda entry: (entry["source"], entry["table"], entry["path"]))
    manifest = {
        "delivery_id": delivery_id,
        "extract_date": EXTRACT.isoformat(),
        "synthetic": True,
        "files": files,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def _write(
    folder: Path,
    source: str,
    table: str,
    rows: pl.DataFrame,
    part: int | None,
    file_format: FileFormat,
) -> Entry:
    name = f"{table}.{file_format}" if part is None else f"{table}/part-{part:03}.{file_format}"
    path = Path(source) / name
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    shown = rows.drop([name for name in rows.columns if name.startswith("_")])
    if file_format == "csv":
        shown.write_csv(folder / path)
    else:
        shown.write_parquet(folder / path, compression="zstd")
    first, last = WINDOWS[source]
    return {
        "source": source,
        "table": table,
        "path": path.as_posix(),
        "rows": len(shown),
        "sha256": _digest(folder / path),
        "coverage_from": _day(first),
        "coverage_to": _day(last),
    }


def _day(days: int) -> str:
    return EPOCH.fromordinal(EPOCH.toordinal() + days).isoformat()


def _digest(path: Path) -> str:
    with path.open("rb") as held:
        return hashlib.file_digest(held, "sha256").hexdigest()
