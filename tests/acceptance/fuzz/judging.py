"""What becomes of one damaged file: an error that says what to do, or rows that are each counted in
one place.

Belongs here: landing one file and looking for what must not be. Does not belong here: damage
(texts, columnar), processes (batch).
"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import polars as pl

from pipeline.contracts.registry import Contract, list_contracts
from pipeline.delivery import manifest as deliveries
from pipeline.delivery import typed_rows
from pipeline.delivery.manifest import Delivery
from pipeline.errors import DeliveryError
from pipeline.landing import land_table
from pipeline.landing.row_ledger import TableLedger
from pipeline.quality import table_checks
from pipeline.settings import Settings
from pipeline.workspace import Build, Workspace
from tests.acceptance.fuzz import columnar, texts
from tests.acceptance.fuzz.tables import VALUES, sound

KEY = b"a key for tests, long enough"
MAX_SECONDS, MAX_BYTES = 60, 2_000_000_000
MAX_TEXT = 2_000
"""Characters that a message may have before nobody reads it."""


@dataclass
class Told:
    """One file, what was done to it and what became of it."""

    seed: int
    table: str
    done: list[str]
    outcome: str = ""
    text: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak: int = 0


def peak() -> int:
    """The most memory that this process has had at once, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def judged(seed: int, root: Path) -> Told:
    """Mangle the file of a seed, land it and say what became of it."""
    draw = Random(seed)
    contract = draw.choice(list(list_contracts().values()))
    frame = sound(contract, draw.choice([1, 8, 60, 300]))
    if draw.random() < 0.55:
        cells = [
            frame.columns,
            *([cell or "" for cell in row] for row in frame.cast(pl.String).iter_rows()),
        ]
        ending, content, done = texts.mangled(draw, cells)
    else:
        ending, content, done = columnar.mangled(
            draw, frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        )
    told = Told(seed, contract.name, done)
    before = time.perf_counter()
    _take(
        told,
        contract,
        _placed(root, contract, ending, content, frame.height, is_right=draw.random() < 0.9),
        root,
    )
    told.seconds, told.peak = time.perf_counter() - before, peak()
    if told.seconds > MAX_SECONDS:
        told.problems.append(f"took {told.seconds:.0f} s")
    if told.peak > MAX_BYTES:
        told.problems.append(f"peak of {told.peak >> 20} MB")
    shutil.rmtree(root, ignore_errors=True)
    return told


def _placed(
    root: Path, contract: Contract, ending: str, content: bytes, rows: int, *, is_right: bool
) -> Path:
    """The file as a delivery, whose manifest states the rows that can be counted in it, or those
    before the damage.
    """
    folder, path = root / "delivery", f"{contract.facts.source}/{contract.facts.name}.{ending}"
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_bytes(content)
    entry = {
        "source": contract.facts.source,
        "table": contract.facts.name,
        "path": path,
        "rows": rows,
    }
    stated = {"delivery_id": "fuzz", "extract_date": "2021-09-30", "synthetic": True}
    manifest = folder / deliveries.MANIFEST
    files = [entry | {"sha256": hashlib.sha256(content).hexdigest()}]
    manifest.write_text(json.dumps(stated | {"files": files}), encoding="utf-8")
    if is_right:
        files[0]["rows"] = _counted(folder, root, rows)
        manifest.write_text(json.dumps(stated | {"files": files}), encoding="utf-8")
    return folder


def _counted(folder: Path, root: Path, otherwise: int) -> int:
    try:
        return sum(
            typed_rows.rows_in(file, scratch=root / "count")
            for file in deliveries.read_delivery(folder).files
        )
    except Exception:  # judged when it is landed
        return otherwise


def _take(told: Told, contract: Contract, folder: Path, root: Path) -> None:
    settings = Settings(Workspace(root / "workspace"), threads=1, memory="1GB", key=None)
    build = Build(root / "build")
    try:
        delivery = deliveries.read_delivery(folder)
        deliveries.check_digests(delivery)
        entry = land_table.land_table(contract, delivery, build, key=KEY, settings=settings)
        table_checks.judge_table(contract, entry, delivery, build, settings)
    except DeliveryError as error:
        told.outcome, told.text = "error", str(error)
        told.problems += _unclear(str(error), contract)
        if [path for path in build.root.rglob("*") if path.is_file()]:
            told.problems.append("an error leaves files behind")
    except BaseException as error:
        told.outcome, told.text = "crash", "".join(traceback.format_exception(error))[-3_000:]
        told.problems.append(f"{type(error).__name__}")
    else:
        told.outcome = "quarantine" if entry.quarantined else "staged"
        told.text = (
            f"{entry.delivered} delivered, {entry.staged} staged, "
            f"{entry.quarantined} held, {entry.duplicates_removed} removed"
        )
        told.problems += _lost(contract, build, delivery, entry)


def _unclear(text: str, contract: Contract) -> list[str]:
    """What is wrong with a message."""
    names = (contract.facts.name, f"{contract.facts.name}.")
    wrong = {
        "names neither file nor table": not any(name in text for name in names),
        "does not say what to do": ": " not in text,
        "cannot be printed": not text.isprintable(),
        "is too long": len(text) > MAX_TEXT,
        "quotes a row": any(value in text for value in VALUES),
    }
    return [f"message {what}" for what, is_so in wrong.items() if is_so]


def _lost(contract: Contract, build: Build, delivery: Delivery, entry: TableLedger) -> list[str]:
    """What does not fit together in what was written."""
    source, table = contract.facts.source, contract.facts.name
    side = build.identity if contract.is_lookup else build.staged
    held = build.quarantine / source / f"{table}.parquet"
    rows = (
        pl.read_parquet(held)
        if held.is_file()
        else pl.DataFrame(
            {"row_in_file": [], "reasons": []}, schema_overrides={"reasons": pl.String}
        )
    )
    places = rows["row_in_file"].cast(pl.Int64)
    wrong = {
        "the ledger does not balance": not entry.balances,
        "not all that the manifest states was delivered": entry.delivered != delivery.files[0].rows,
        "staged rows are not as many as counted": pl.read_parquet(
            side / source / f"{table}.parquet"
        ).height
        != entry.staged,
        "rows in quarantine are not as many as counted": rows.height != entry.quarantined,
        "a row is in quarantine twice": places.n_unique() != rows.height,
        "a row in quarantine is none of the file": not places.is_between(1, entry.delivered).all(),
        "a row in quarantine has no reason": bool((rows["reasons"].fill_null("") == "").any()),
        "a reason quotes a row": any(
            value in reason for reason in rows["reasons"].unique() for value in VALUES
        ),
        "a rule quotes a row": any(
            value in f"{rule.column_name} {rule.rule}" for rule in entry.rules for value in VALUES
        ),
        "scratch is left behind": any(path.is_file() for path in build.spill.rglob("*")),
    }
    return [what for what, is_so in wrong.items() if is_so]
