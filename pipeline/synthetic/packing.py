"""Writing a delivery: files, digests, and the manifest last.

Belongs here: bytes of a delivery. Does not belong here: what its rows say.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.synthetic.days import EPOCH, EXTRACT, WINDOWS

FileFormat = Literal["parquet", "csv"]
DAY = 86_400


def pack(target: Path, tables: Mapping[tuple[str, str], pl.DataFrame], *, delivery_id: str, file_format: FileFormat) -> None:
    """Writes all tables and the manifest into a sibling of `target`, then moves it there in one step.

    Raises:
        FileExistsError: `target` holds something that is not a delivery.
    """
    if target.exists() and any(target.iterdir()) and not (target / "manifest.json").exists():
        raise FileExistsError(f"the folder [{target}] exists and is no delivery: name another or empty it")
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f".{target.name}.part-{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        files = [_write(beside, source, table, rows, file_format) for (source, table), rows in sorted(tables.items())]
        manifest = {"delivery_id": delivery_id, "extract_date": EXTRACT.isoformat(), "synthetic": True, "files": files}
        (beside / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(folder: Path, source: str, table: str, rows: pl.DataFrame, file_format: FileFormat) -> dict[str, str | int]:
    path = Path(source) / f"{table}.{file_format}"
    (folder / source).mkdir(exist_ok=True)
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
