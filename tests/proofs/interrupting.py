"""Runs that are killed at random moments or meet a full disk, and what is left: part of `make
prove`.

- Killed, `PROVE_KILLS` times: the run alone (as an out-of-memory killer does), its dbt alone, or
  all its processes. No process outlives the run, `journeys run --resume` ends well, and every
  released table has the bytes of an undisturbed run.
- A full disk at landing, linkage, dbt and publish: one line that says so, the former release stays,
  and with room again the run is resumed to the same bytes. It needs the right to mount a small
  disk.

Belongs here: disturbing whole runs. Does not belong here: the rules of resuming
(tests/unit/release).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.release.release_manifest import read_manifest
from pipeline.synthetic import world
from pipeline.workspace import Workspace

JOURNEYS = Path(sys.executable).with_name("journeys")
KINDS = ("run", "dbt", "all")
PATIENCE = 20.0
"""Seconds after which a process that should have ended counts as alive."""
DISK_MB = 1_500
FULL = ("No space left on device", "disk is full")


def interrupted(root: Path, kills: int, people: int = 2_000) -> list[str]:
    """What is wrong after kills and on full disks."""
    delivery = root / "interrupted"
    world.synthesise_world(delivery, root / "interrupted-truth", people=people, seed=11)
    began = time.monotonic()
    expected = _tables(_run(Workspace(root / "undisturbed"), "--delivery", str(delivery)))
    lasts = time.monotonic() - began
    wrong = _killed(root, delivery, expected, lasts, kills)
    return wrong + _filled(root, delivery, expected)


def _run(workspace: Workspace, *arguments: str) -> Workspace:
    """The workspace after a run that must end well."""
    subprocess.run([JOURNEYS, "run", *arguments, "--workspace", workspace.root], check=True)
    return workspace


def _tables(workspace: Workspace) -> dict[str, str]:
    """Content digest of each table of the current release."""
    stated = read_manifest((workspace.releases / "current").resolve())["tables"]
    return {name: facts["sha256"] for name, facts in stated.items()}


def _killed(
    root: Path, delivery: Path, expected: dict[str, str], lasts: float, kills: int
) -> list[str]:
    wrong, outcomes = [], Counter[str]()
    for number in range(kills):
        chance = random.Random(number)
        kind, moment = KINDS[number % len(KINDS)], chance.uniform(0.0, lasts)
        workspace = Workspace(root / f"killed-{number}")
        process = _start(workspace, delivery)
        hit = _kill(process, kind, moment)
        problems = [f"{left} processes live on"] if (left := _survivors(workspace)) else []
        outcomes[hit] += 1
        problems += _again(workspace, delivery, expected)
        print(f"kill {number}, {hit} after {moment:.0f} s: {problems or 'resumed'}", flush=True)
        wrong += [f"kill {number} ({hit}, {moment:.0f} s): {problem}" for problem in problems]
        shutil.rmtree(workspace.root)
    print(f"{kills} kills: {dict(outcomes)}, {len(wrong)} problems", flush=True)
    return wrong


def _start(workspace: Workspace, delivery: Path) -> subprocess.Popen[str]:
    command = [JOURNEYS, "run", "--delivery", delivery, "--workspace", workspace.root]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, start_new_session=True, **quiet)  # type: ignore[call-overload, no-any-return]


def _kill(process: subprocess.Popen[str], kind: str, moment: float) -> str:
    """What was killed: for `dbt`, the run itself where no dbt was there yet or any more."""
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        children = _dbt_of(process.pid)
        if kind == "all":
            os.killpg(process.pid, signal.SIGKILL)
        elif kind == "dbt" and children:
            os.kill(children[0], signal.SIGKILL)
        else:
            process.kill()
            kind = "run"
        _, said = process.communicate(timeout=120)
        if kind == "dbt" and "ended by SIGKILL from outside" not in said:
            return f"dbt, told as [{said.strip().splitlines()[-1]}]"
        return kind
    return "nothing: it had ended"


def _dbt_of(parent: int) -> list[int]:
    """The child processes of a run that build with dbt.

    A run has other children too, such as the tracker of shared memory.
    """
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in listed if b"\0build\0" in _arguments(child)]


def _arguments(process: str) -> bytes:
    """The command line of a process; nothing when it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _survivors(workspace: Workspace) -> int:
    """Processes that still name the workspace, after some patience."""
    deadline = time.monotonic() + PATIENCE
    while left := sum(_names(process, workspace) for process in Path("/proc").glob("[0-9]*")):
        if time.monotonic() > deadline:
            return left
        time.sleep(0.1)
    return 0


def _names(process: Path, workspace: Workspace) -> bool:
    """Whether a living process has the workspace among its arguments or its environment."""
    try:
        said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    except OSError:
        return False
    return str(workspace.root).encode() in said


def _again(workspace: Workspace, delivery: Path, expected: dict[str, str]) -> Iterator[str]:
    """What is wrong once the run was taken up, or begun anew where it had not made its folders."""
    command: list[str | Path] = [JOURNEYS, "run", "--resume", "--workspace", workspace.root]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode and "nothing to resume" in done.stderr:
        if not (workspace.releases / "current").exists():
            _run(workspace, "--delivery", str(delivery))
    elif done.returncode:
        yield f"resuming ended with [{done.stderr.strip()}]"
        return
    tables = _tables(workspace)
    yield from (f"{name} differs" for name in expected if tables.get(name) != expected[name])
    if len(list(workspace.builds.iterdir())) != 1:
        yield "a build of an earlier attempt is left"


STAGES: dict[str, Callable[[Workspace], bool]] = {
    "landing": lambda at: any(at.builds.glob("*/finished/landing.*")),
    "linkage": lambda at: any(at.builds.glob("*/.linkage.partial")),
    "dbt": lambda at: any(at.builds.glob("*/finished/dbt_nodes.jsonl")),
    "publish": lambda at: any(at.releases.glob(".*.partial")),
}
"""Where the disk fills up, and how it is seen that the run is there."""


def _filled(root: Path, delivery: Path, expected: dict[str, str]) -> list[str]:
    wrong: list[str] = []
    for stage, is_there in STAGES.items():
        with _small_disk(root / f"disk-{stage}") as disk:
            if disk is None:
                print("full disk: not tried, for this user may not mount a small one", flush=True)
                return wrong
            problems = _fill(Workspace(disk / "workspace"), delivery, is_there, expected)
            print(f"full disk at {stage}: {problems or 'one line, and resumed'}", flush=True)
            wrong += [f"full disk at {stage}: {problem}" for problem in problems]
    return wrong


def _fill(
    workspace: Workspace,
    delivery: Path,
    is_there: Callable[[Workspace], bool],
    expected: dict[str, str],
) -> list[str]:
    process, filler = _start(workspace, delivery), workspace.root.parent / "filler"
    while process.poll() is None and not is_there(workspace):
        time.sleep(0.01)
    with filler.open("wb") as file:
        while process.poll() is None:
            _take_room(file)
            time.sleep(0.01)
    said = process.stderr.read() if process.stderr else ""
    lines = [line for line in said.splitlines() if line.startswith("error:") or "disk" in line]
    filler.unlink()
    if process.returncode == 0:
        return ["the run ended well"]
    problems = [] if any(sign in said for sign in FULL) else [f"it said [{said[-300:].strip()}]"]
    problems += ["a traceback was shown"] if "Traceback" in said else []
    problems += [f"{len(lines)} lines: {lines}"] if len(lines) > 3 else []
    return problems + list(_again(workspace, delivery, expected))


def _take_room(file: BinaryIO) -> None:
    """Take what is free, also what temporary files have given back; another may be writing at the
    same time.
    """
    free = shutil.disk_usage(file.name).free
    with suppress(OSError):
        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, max(free, 1))


@contextmanager
def _small_disk(place: Path) -> Iterator[Path | None]:
    """A disk of its own in memory; None where it cannot be mounted."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
