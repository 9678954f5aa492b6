"""Whatever goes wrong: one clear line, exit code 1, the former release untouched."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.delivery.manifest import hash_file
from pipeline.release.release_manifest import read_manifest
from tests.support.published_world import World, files, journeys


def restate(delivery: Path) -> None:
    """Write the manifest anew for what lies in the folder now; coverage stays as it was stated."""
    path = delivery / "manifest.json"
    stated = json.loads(path.read_text())
    known = {entry["path"]: entry for entry in stated["files"]}
    files = []
    for file in sorted(delivery.rglob("*.parquet")):
        source, table, part = file.relative_to(delivery).parts
        name = f"{source}/{table}/{part}"
        entry = known.get(name, {"source": source, "table": table, "path": name})
        rows = pl.scan_parquet(file).select(pl.len()).collect().item()
        files.append(entry | {"rows": rows, "sha256": hash_file(file)})
    path.write_text(json.dumps(stated | {"files": files}))


def repeat_keys(delivery: Path) -> None:
    """Keys of one partition come again in another."""
    first, *_, last = files(delivery, "probation", "recalls")
    pl.concat([pl.read_parquet(last), pl.read_parquet(first).head(5)]).write_parquet(last)
    restate(delivery)


def spoil_many_rows(delivery: Path) -> None:
    for path in files(delivery, "probation", "releases"):
        rows = pl.read_parquet(path)
        rows.with_columns(release_type_desc=pl.lit("SECRET KIND")).write_parquet(path)
    restate(delivery)


def drop_table(delivery: Path) -> None:
    shutil.rmtree(delivery / "crown_court" / "defendants")
    restate(delivery)


def add_table(delivery: Path) -> None:
    shutil.copytree(delivery / "probation" / "recalls", delivery / "probation" / "recollections")
    restate(delivery)


def change_file(delivery: Path) -> None:
    *_, path = files(delivery, "prison", "custodial_journeys")
    pl.read_parquet(path).reverse().write_parquet(path)


def not_synthetic(delivery: Path) -> None:
    path = delivery / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"synthetic": False}))


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), "no manifest.json"),
    "missing table": (drop_table, "[crown_court.defendants]"),
    "unknown table": (add_table, "[probation.recollections]"),
    "wrong digest": (change_file, "does not have the digest"),
    "no key": (not_synthetic, "JOURNEYS_PSEUDONYM_KEY_FILE"),
    "repeated keys": (repeat_keys, "the key [recall_id] repeats in 5 of"),
    "too many quarantined rows": (spoil_many_rows, "rows are in quarantine"),
}


@pytest.fixture
def delivery(world: World, tmp_path: Path) -> Path:
    return Path(shutil.copytree(world.delivery, tmp_path / "delivery"))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_a_clear_line(world: World, delivery: Path, fault: str) -> None:
    spoil, message = FAULTS[fault]
    spoil(delivery)
    before = world.release
    done = journeys("run", "--delivery", delivery, workspace=world.workspace)
    assert done.returncode == 1
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stdout + done.stderr
    assert "SECRET" not in done.stdout + done.stderr
    assert world.release == before
    assert read_manifest(before)["release_id"] == before.name


def test_check_tells_a_supplier_the_same(world: World, delivery: Path) -> None:
    spoil_many_rows(delivery)
    done = journeys("check", delivery, "--format", "json", workspace=world.workspace)
    assert done.returncode == 1
    found = [
        finding for finding in json.loads(done.stdout) if finding["table"] == "probation.releases"
    ]
    assert {finding["severity"] for finding in found} >= {"block", "quarantine"}
    assert "SECRET" not in done.stdout + done.stderr
    assert not list(world.workspace.glob(".check-*"))


def test_a_second_run_at_the_same_time_is_refused(world: World) -> None:
    with (world.workspace / ".run.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = journeys("run", "--delivery", world.delivery, workspace=world.workspace)
    assert done.returncode == 1
    assert "another run is using the workspace" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends dbt with its run")
def test_a_run_killed_alone_takes_its_dbt_along_and_is_resumed_to_the_same_tables(
    world: World, tmp_path: Path
) -> None:
    before = world.release
    workspace = Path(shutil.copytree(world.workspace, tmp_path / "workspace", symlinks=True))
    child = kill_alone_in_dbt(workspace, world.delivery)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}/cmdline").is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{child}").exists(), "dbt outlives its run"
    assert (workspace / "releases" / "current").resolve().name == before.name

    (left,) = [path for path in (workspace / "build").iterdir() if path.name != before.name]
    ended = len((left / "finished" / "dbt_nodes.jsonl").read_text().splitlines())
    landed = (left / "staged" / "prison" / "movements.parquet").stat().st_mtime_ns
    done = journeys("run", "--resume", workspace=workspace)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (left / "staged" / "prison" / "movements.parquet").stat().st_mtime_ns == landed
    ran = json.loads((left / "dbt" / "run_results.json").read_text())["results"]
    total = len((left / "finished" / "dbt_nodes.jsonl").read_text().splitlines())
    assert ended >= ENOUGH_NODES
    assert len(ran) < total, "dbt ran again what had ended well"
    assert differing(before, workspace) == []

    done = journeys("run", "--resume", workspace=workspace)
    assert done.returncode == 1
    assert "nothing to resume" in done.stderr


ENOUGH_NODES = 60
"""Nodes that dbt has ended well when its run is killed."""


def kill_alone_in_dbt(workspace: Path, delivery: Path) -> int:
    """The process id of the dbt whose run, and nothing else, was killed in the middle of it."""
    variables = os.environ | {"JOURNEYS_WORKSPACE": str(workspace)}
    command = [sys.executable, "-m", "pipeline.cli.main", "run", "--delivery", str(delivery)]
    quiet = subprocess.DEVNULL
    run = subprocess.Popen(command, env=variables, stdout=quiet, stderr=quiet)
    while run.poll() is None:
        nodes = list(workspace.glob("build/*-2/finished/dbt_nodes.jsonl"))
        if nodes and len(nodes[0].read_text().splitlines()) >= ENOUGH_NODES:
            break
        time.sleep(0.1)
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    run.kill()
    run.wait()
    return int(children[0])


def differing(before: Path, workspace: Path) -> list[str]:
    """Tables of the current release whose content is not that of another release."""
    after = read_manifest((workspace / "releases" / "current").resolve())["tables"]
    stated = read_manifest(before)["tables"]
    return [name for name in stated if stated[name]["sha256"] != after[name]["sha256"]]


def test_another_run_is_the_same_for_shuffled_rows_and_one_thread(
    world: World, delivery: Path, tmp_path: Path
) -> None:
    workspace = Path(shutil.copytree(world.workspace, tmp_path / "workspace", symlinks=True))
    for path in delivery.rglob("*.parquet"):
        pl.read_parquet(path).sample(fraction=1, shuffle=True, seed=7).write_parquet(path)
    restate(delivery)
    done = journeys("run", "--delivery", delivery, workspace=workspace, JOURNEYS_THREADS="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert differing(world.release, workspace) == []
