"""The whole nation, one command: from nothing to a scored release, and what each stage took.

`make nation` makes a delivery (kept), runs it, scores and verifies the release, and prints the
table of stages. It keeps that under `workspace/bench/` as `nation-<share>-<seed>-<format>.json` and
`.md`, with what the run wrote to the error stream beside it (`.log`). A run is a child with default
settings and a workspace of its own, new each time, and is watched from outside (observe). The
growth table is made from what lies there of other sizes too. Exit code 1: no release, a score
under its limit, or a release that is not what it says. Limits of time and memory are shown and not
judged: a machine under load proves nothing.

- `NATION_SEED` (20260101) and `NATION_FORMAT` (parquet or csv) of the world.
- `NATION_SHARES` (1.0): shares of the nation, run in turn.
- `NATION_DELIVERY`: a folder with a made-up delivery to run instead of a new one; `NATION_TRUTH`:
  its truth, if it is not in `<delivery>-truth`.
- `NATION_REBUILD=1`: build the release from its delivery once more and compare.
- `JOURNEYS_WORKSPACE`: where `nation/` and `bench/` go.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from pipeline.delivery import manifest
from pipeline.settings import PROJECT, Settings
from pipeline.synthetic import world
from pipeline.workspace import CURRENT, Workspace
from tests.benchmarks.nation import floor, page, report
from tests.benchmarks.nation.observe import Observed, observe
from tests.benchmarks.stages import measure

JOURNEYS = str(Path(sys.executable).with_name("journeys"))
WIDTH = 160
"""Of what goes to a file."""
MADE_UP = re.compile(r"synthetic-(?P<people>\d+)-(?P<seed>\d+)-")
"""How a made-up delivery is named."""

Place = Mapping[str, str]
"""Variables that say where a command works."""


@dataclass(frozen=True)
class Nation:
    """A made-up nation, or a share of it, and where it is."""

    share: float
    seed: int
    file_format: str
    delivery: Path
    truth: Path

    @property
    def name(self) -> str:
        """How its results are named."""
        return f"{self.share:.6g}-{self.seed}-{self.file_format}"


def ordered(root: Path, environment: Mapping[str, str]) -> list[Nation]:
    """The nations that the environment asks for, made or not."""
    given = environment.get("NATION_DELIVERY")
    if given:
        return [_given(Path(given), environment.get("NATION_TRUTH"))]
    seed = int(environment.get("NATION_SEED", "20260101"))
    file_format = environment.get("NATION_FORMAT", "parquet")
    shares = [float(share) for share in environment.get("NATION_SHARES", "1.0").split()]
    return [_new(root / "nation", share, seed, file_format) for share in shares]


def _new(root: Path, share: float, seed: int, file_format: str) -> Nation:
    nation = Nation(share, seed, file_format, Path(), Path())
    home = root / nation.name
    return replace(nation, delivery=home / "delivery", truth=home / "truth")


def _given(folder: Path, truth: str | None) -> Nation:
    stated = manifest.read_delivery(folder)
    named = MADE_UP.match(stated.delivery_id)
    if not named:
        raise ValueError(f"delivery [{stated.delivery_id}] is none that `journeys synthesise` made")
    share = float(f"{int(named['people']) / world.people_for_share(1.0):.6g}")
    beside = Path(truth) if truth else folder.with_name(f"{folder.name}-truth")
    return Nation(share, int(named["seed"]), stated.files[0].file_format, folder, beside)


def make(nation: Nation) -> None:
    """Write the delivery and its truth, unless they are there."""
    if (nation.delivery / "manifest.json").is_file():
        return
    people = str(world.people_for_share(nation.share))
    size = ["--headline"] if nation.share == 1.0 else ["--people", people]
    where = [str(nation.delivery), "--truth", str(nation.truth)]
    how = ["--seed", str(nation.seed), "--format", nation.file_format]
    subprocess.run([JOURNEYS, "synthesise", *where, *size, *how], check=True)


def fresh(workspace: Workspace) -> None:
    """An empty workspace.

    Raises:
        BlockingIOError: a run is using it.
    """
    workspace.root.mkdir(parents=True, exist_ok=True)
    with workspace.lock.open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(workspace.root)
    workspace.root.mkdir()


def go(nation: Nation, root: Path) -> tuple[dict[str, Any], Observed]:
    """Run a nation all the way; the facts of it, and the run."""
    home = root / "nation" / nation.name
    settings = Settings.from_environment(home / "workspace")
    fresh(settings.workspace)
    facts = known(nation) | {"machine": report.machine(settings, home)}
    facts["floor"] = measure(floor.MODULE, "floor", nation.delivery, scratch(home))
    place = {"JOURNEYS_WORKSPACE": str(settings.workspace.root), "TMPDIR": str(scratch(home))}
    command = [JOURNEYS, "run", "--delivery", str(nation.delivery)]
    ran = observe(command, settings.workspace.root, place)
    facts["machine"]["load"].append(os.getloadavg()[0])
    facts |= report.of_run(ran, settings, manifest.read_delivery(nation.delivery))
    facts |= {"after": [], "score": [], "verified": {}}
    if ran.status == 0:
        judge(nation, settings.workspace, place, facts)
    shutil.rmtree(scratch(home))
    return facts, ran


def known(nation: Nation) -> dict[str, Any]:
    """The facts of a nation that are known before it is run."""
    delivery = manifest.read_delivery(nation.delivery)
    size = {"share": nation.share, "records": report.records(delivery)}
    kind = {"name": nation.name, "seed": nation.seed, "format": nation.file_format}
    code = {"delivery_id": delivery.delivery_id, "commit": commit(), "began": time.time()}
    return size | kind | code | {"calibration": report.calibrated(nation.truth)}


def judge(nation: Nation, workspace: Workspace, place: Place, facts: dict[str, Any]) -> None:
    """Add to the facts what the truth says of the release, and whether it is what it says."""
    folder = str((workspace.releases / CURRENT).resolve())
    commands = {"score": ["score", "--truth", str(nation.truth)], "verify": ["verify", folder]}
    if os.environ.get("NATION_REBUILD") == "1":
        commands["verify --rebuild"] = ["verify", folder, "--rebuild", str(nation.delivery)]
    for name, command in commands.items():
        ran = observe([JOURNEYS, *command], workspace.root, place)
        facts["after"].append(report.after(name, ran))
        facts["verified"][name] = ran.status == 0
        if ran.status:
            print(f"{name}: {ran.errors}{ran.output}", file=sys.stderr)
        elif name == "score":
            facts["score"] = report.verdicts(json.loads(ran.output))


def scratch(home: Path) -> Path:
    """Where temporary files go, so that they lie on the disk that is meant for them."""
    folder = home / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def commit() -> str:
    """The commit of the code, with a plus where files differ from it; empty outside git."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"],
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
    )
    return told.stdout.strip()


def keep(facts: dict[str, Any], ran: Observed, bench: Path, console: Console) -> None:
    """Write and print what a run took; a failed run by a name that growth does not read."""
    bench.mkdir(parents=True, exist_ok=True)
    stem = f"{'nation' if facts['release'] else 'failed'}-{facts['name']}"
    lines = "".join(f"{at - ran.started:8.1f} {text}\n" for at, text in ran.told)
    (bench / f"{stem}.log").write_text(lines, encoding="utf-8")
    (bench / f"{stem}.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    tables = [page.stages(facts), page.models(facts), page.right(facts)]
    for table in tables:
        console.print(table.shown())
    runs = report.kept(bench, facts["format"])
    tables += [page.grown(runs)] if runs else []
    text = page.page(facts, [*tables, page.calibration(facts)])
    (bench / f"{stem}.md").write_text(text, encoding="utf-8")


def main() -> int:
    """Every nation that was asked for; the exit code."""
    root, wrong = Settings.from_environment().workspace.root, []
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    bench = root / "bench"
    nations = ordered(root, os.environ)
    for nation in nations:
        make(nation)
        facts, ran = go(nation, root)
        keep(facts, ran, bench, console)
        if ran.status:
            console.print(ran.errors, markup=False)
            wrong.append(f"{nation.name}: no release")
        wrong += [f"{nation.name}: {what}" for what in report.failing(facts)]
    runs = report.kept(bench, nations[-1].file_format)
    if runs:
        console.print(page.grown(runs).shown())
    console.print("\n".join(wrong) or "all is right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
