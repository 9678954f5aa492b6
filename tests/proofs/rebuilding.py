"""Making a workspace's releases again: the first, and the second, which began with what the first
left behind.

Belongs here: one small world, run, corrected and decided upon, run again, and both releases
verified by making them anew; a release that was tampered with so that its own digests are right.
Does not belong here: the parts (tests/unit/release/test_registry_snapshot.py).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipeline.delivery.manifest import hash_file
from pipeline.linkage.review import decisions
from pipeline.release import digest, release_manifest
from pipeline.synthetic import world
from pipeline.workspace import Workspace

JOURNEYS = Path(sys.executable).with_name("journeys")
TABLE = ("magistrates", "defendants")
FILE = "magistrates/defendants.parquet"
EVERY = 60
"""One row of so many comes wrong with the delivery and right with the supplement."""
CHANGED = "person_link"
"""Table that is tampered with."""


def second_release(root: Path, people: int = 800) -> list[str]:
    """What is wrong with making two releases of one workspace again."""
    base, supplement, amended = (root / name for name in ("base", "supplement", "amended"))
    workspace = Workspace(root / "workspace")
    world.synthesise_world(base, root / "truth", people=people, seed=5)
    rows = _deliver(base, supplement)
    _do("run", "--delivery", base, at=workspace)
    first = (workspace.releases / "current").resolve()
    _decide(workspace, first.name)
    _do("amend", base, supplement, amended, at=workspace)
    _do("run", "--delivery", amended, at=workspace)
    second = (workspace.releases / "current").resolve()
    crosswalk = pl.read_parquet(
        workspace.build(second.name).linkage / "person_crosswalk.parquet"
    ).filter(pl.col("threshold") == "medium")
    kinds = dict(crosswalk["kind"].value_counts(sort=True).iter_rows())
    print(f"second release: {rows} rows corrected, changes of persons: {kinds}", flush=True)
    wrong = (
        []
        if {"split", "moved"} & set(kinds)
        else ["second release: the clerk's decision was not honoured"]
    )
    wrong += _verified(first, base, expected="the rebuild is the same")
    wrong += _verified(second, amended, expected="the rebuild is the same")
    wrong += _verified(second, base, expected="give the delivery of the release", fails=True)
    _tamper(second)
    wrong += _verified(second, None, expected="every digest is right")
    wrong += _verified(second, amended, expected=f"{CHANGED}: ", fails=True)
    shutil.rmtree(workspace.before(second.name))
    return wrong + _verified(second, amended, expected="so it cannot be made again", fails=True)


def _deliver(base: Path, supplement: Path) -> int:
    """Spoil some rows of the delivery, each of another record of a person, and write the supplement
    that brings them as they were.
    """
    clean = pl.read_parquet(base / FILE)
    is_spoilt = pl.int_range(pl.len()) % EVERY == 0
    (supplement / FILE).parent.mkdir(parents=True)
    brought = clean.filter(is_spoilt)
    brought.write_parquet(supplement / FILE)
    clean.with_columns(
        gender=pl.when(is_spoilt).then(pl.lit("spoilt")).otherwise("gender")
    ).write_parquet(base / FILE)
    stated = json.loads((base / "manifest.json").read_text(encoding="utf-8"))
    (entry,) = [entry for entry in stated["files"] if entry["path"] == FILE]
    entry["sha256"] = hash_file(base / FILE)
    (base / "manifest.json").write_text(json.dumps(stated), encoding="utf-8")
    files = [entry | {"rows": brought.height, "sha256": hash_file(supplement / FILE)}]
    whole = {"delivery_id": "corrections", "supplements": stated["delivery_id"], "files": files}
    (supplement / "manifest.json").write_text(json.dumps(stated | whole), encoding="utf-8")
    return brought.height


def _decide(workspace: Workspace, release: str) -> None:
    """A clerk decides that the first two records which are one person are not."""
    links = pl.read_parquet(workspace.build(release).linkage / "person_links.parquet").sort(
        "source_dataset", "source_record_id"
    )
    pair = (
        links.filter(pl.len().over("person_id") > 1).sort("person_id", maintain_order=True).head(2)
    )
    left, right = pair.select("source_dataset", "source_record_id").rows()
    decided = decisions.Decision(
        is_link=False,
        left=left,
        right=right,
        who="a clerk",
        when=date(2021, 10, 1),
        why="a proof",
        file="",
        line=0,
    )
    decisions.append_decisions(workspace.overrides, [decided])


def _tamper(release: Path) -> None:
    """Change one cell of a table, in both its forms, and every digest with it."""
    stated = json.loads((release / release_manifest.MANIFEST).read_text(encoding="utf-8"))
    parquet, table = (
        release / release_manifest.TABLES / f"{CHANGED}.parquet",
        f"{release_manifest.SCHEMA}.{CHANGED}",
    )
    with duckdb.connect(str(release / release_manifest.DATABASE)) as database:
        database.execute(f"update {table} set person_id = 'P0' where rowid = 0")
        database.execute(f"copy {table} to '{parquet}' (format parquet)")
        stated["tables"][CHANGED]["sha256"] = digest.content_digest(
            database, table, stated["tables"][CHANGED]["key"]
        )
    stated["files"] = {path: hash_file(release / path) for path in stated["files"]}
    (release / release_manifest.MANIFEST).write_text(json.dumps(stated), encoding="utf-8")


def _do(*arguments: str | Path, at: Workspace) -> None:
    done = subprocess.run(
        [JOURNEYS, *arguments, "--workspace", at.root], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"journeys {arguments[0]}: {done.stdout}{done.stderr}")


def _verified(
    release: Path, delivery: Path | None, *, expected: str, fails: bool = False
) -> list[str]:
    """What is wrong with how a release is verified."""
    again = ("--rebuild", delivery) if delivery else ()
    done = subprocess.run(
        [JOURNEYS, "verify", release, *again], check=False, capture_output=True, text=True
    )
    told = " ".join((done.stdout + done.stderr).split())
    if (done.returncode != 0) == fails and expected in told:
        return []
    what = f"verify {release.name}" + (f" --rebuild {delivery.name}" if delivery else "")
    return [
        f"second release: {what} ends with {done.returncode} "
        f"in place of {'1' if fails else '0'}: {told[-500:]}"
    ]
