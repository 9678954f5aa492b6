"""Proofs that take too long for every change: `make prove`.

- Without errors, a made-up delivery comes out of the whole pipeline as it went in: every person,
  case, recall, sentence, report, release.
- At a tenth of the nation, worlds of several seeds keep to the published figures.
- Clean deliveries of twenty seeds raise no alarm, neither each alone nor against any other; of
  worlds with errors, what is quarantined is what was planted.
- Damaged files by the thousand end in an error that says what to do or in rows that are counted, in
  bounded time and memory.
- Whatever is in the cells of a delivery, each of its rows is in exactly one place.
- A first release and a second, of the delivery amended and with a clerk's decision, are the same
  when made again; tampering shows.
- A run that is killed at a random moment (alone, its dbt alone, or all of it) is resumed to the
  same bytes; a full disk at any stage ends in one line, and the run is resumed once there is room.
- Linked again with one new record in a hundred, people keep their ids, and what changed is told;
  bounds on errors of links hold.
- Intervals with drawn linkages cover the true recall rate in at least 93 of 100 harsh worlds, and
  those of one fixed linkage do not.

`PROVE_PEOPLE`, `PROVE_SEEDS`, `PROVE_FILES`, `PROVE_CELLS`, `PROVE_KILLS` and `PROVE_WORLDS` set
their size. A proof that fails ends with exit code 1 and says what is wrong.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings

from pipeline.contracts.registry import list_contracts
from pipeline.quality import drift
from pipeline.quality.delivery_profile import Accepted
from pipeline.synthetic import world
from pipeline.synthetic.calibration import published_figures
from pipeline.synthetic.world import Errors
from tests.acceptance.fuzz import batch
from tests.acceptance.fuzz.corruption import Corrupted, Form, corruptions, misplaced
from tests.proofs import febrl
from tests.proofs.interrupting import interrupted
from tests.proofs.rebuilding import second_release
from tests.proofs.relinking import relinked
from tests.proofs.uncertainty import intervals
from tests.support.judged_deliveries import Whole, at, judge

MIN_SHARE = 0.9
"""Of the published figures that can be judged."""
JOURNEYS = Path(sys.executable).with_name("journeys")
PLANTED = ("impossible_age", "impossible_date", "unknown_code")
"""Traps that break a contract: with errors each such row is quarantined, and no other."""


def without_errors(root: Path, people: int) -> list[str]:
    """What is not right although no system errs."""
    delivery, truth, workspace = root / "delivery", root / "truth", root / "workspace"
    world.synthesise_world(delivery, truth, people=people, seed=1, errors="none")
    place = ("--workspace", str(workspace))
    subprocess.run(
        [JOURNEYS, "run", "--delivery", str(delivery), *place], check=True, capture_output=True
    )
    told = subprocess.run(
        [JOURNEYS, "score", "--truth", str(truth), *place],
        check=True,
        capture_output=True,
        text=True,
    )
    scores: dict[str, dict[str, Any]] = json.loads(told.stdout)
    links = {
        name: share
        for name, share in scores["links"].items()
        if name.endswith(("precision", "recall"))
    }
    whole = {f"links {name}": share for name, share in links.items()}
    whole |= {f"case links {name}": scores["case_links"][name] for name in ("precision", "recall")}
    events = ("recalls", "sentences", "pre_sentence_reports", "releases")
    whole |= {f"{kind} found": scores[kind]["found"] for kind in events}
    none = {f"{kind} invented": scores[kind]["invented"] for kind in events}
    print(json.dumps(whole | none, indent=2))
    return [
        f"without errors: {name} is {share}" for name, share in whole.items() if share != 1.0
    ] + [f"without errors: {name} is {share}" for name, share in none.items() if share != 0.0]


def calibrated(root: Path, seed: int) -> list[str]:
    """What is wrong with a tenth of the nation."""
    judged = world.synthesise_world(
        root / f"{seed}", root / f"{seed}-truth", people=world.people_for_share(0.1), seed=seed
    )
    told = published_figures.summarise_judged(judged)
    print(
        f"seed {seed}: {told.passing} of {told.judged} figures pass; "
        f"not: {', '.join(told.failing) or 'none'}",
        flush=True,
    )
    wrong = [f"seed {seed}: essential figure {name}" for name in told.essential_failing]
    return wrong + (
        [f"seed {seed}: only {told.share:.2f} pass"] if (told.share or 0.0) < MIN_SHARE else []
    )


def clean_seeds(root: Path, seeds: int = 20, people: int = 4_000) -> list[str]:
    """Alarms where nothing is wrong.

    Clean means: without errors, no finding of any kind. With errors, the default, some rows have
    planted faults and some events come twice, so there: no table is blocked, as many rows are held
    back as faults were planted, no row that goes on is flagged, and nothing is said of rows,
    months, shares or references. No delivery raises an alarm against any other of its kind.
    """
    wrong = []
    kinds: tuple[Errors, ...] = ("none", "realistic")
    for errors in kinds:
        wholes = {
            seed: _landed(root / f"clean-{errors}-{seed}", errors, seed, people)
            for seed in range(1, seeds + 1)
        }
        alarms = [
            f"{seed}: {line}"
            for seed, whole in wholes.items()
            for line in _alarms(root / f"clean-{errors}-{seed}", whole, errors)
        ]
        alarms += [
            f"{one} against {other}: {line}"
            for one, other in itertools.combinations(wholes, 2)
            for line in _drifted(wholes[one], wholes[other])
        ]
        print(
            f"errors {errors}: {len(wholes)} deliveries, "
            f"{len(wholes) * (len(wholes) - 1) // 2} pairs, {len(alarms)} alarms",
            flush=True,
        )
        wrong += [f"errors {errors}, seed {alarm}" for alarm in alarms]
    return wrong


def _landed(root: Path, errors: Errors, seed: int, people: int) -> Whole:
    world.synthesise_world(
        root / "delivery", root / "truth", people=people, seed=seed, errors=errors, workers=1
    )
    return judge(root / "delivery", root / "build", at(root / "workspace"))


def _alarms(root: Path, whole: Whole, errors: Errors) -> Iterator[str]:
    yield from (finding.text for finding in whole.findings)
    for name, entry in whole.entries.items():
        yield from entry.blocking
        if errors == "none":
            yield from (
                f"{name}: {rule.column_name} {rule.rule}, {rule.rows_failed} rows"
                for rule in entry.rules
                if rule.rows_failed
            )
        staged = whole.build.staged / f"{name.replace('.', '/')}.parquet"
        flags = (
            pl.read_parquet(staged, columns=["contract_flags"]).drop_nulls().height
            if staged.is_file()
            else 0
        )
        if flags:
            yield f"{name}: {flags} rows that go on are flagged"
    held = sum(entry.quarantined for entry in whole.entries.values())
    planted = 0
    if errors == "realistic":
        planted = int(
            pl.read_parquet(root / "truth" / "traps.parquet")
            .filter(pl.col("trap").is_in(PLANTED))["rows"]
            .sum()
        )
    if held != planted:
        yield f"{held} rows are quarantined and {planted} faults were planted"


def _drifted(one: Whole, other: Whole) -> Iterator[str]:
    former = Accepted(other.delivery.delivery_id, date(2021, 3, 31), synthetic=True, folder=Path())
    for contract in list_contracts().values():
        then = other.judged[contract.name].facts
        compared = drift.compare_shares(contract, one.judged[contract.name].facts, then)
        found = drift.compare_rows(
            contract, one.entries[contract.name], then, former
        ) + drift.judge_drift(contract, compared, former)
        yield from (finding.text for finding in found)


def mangled_files(count: int) -> list[str]:
    """What becomes of damaged files other than an error that says what to do or a quarantine that
    is counted.
    """
    told = list(batch.run(range(count)))
    for one in sorted(told, key=lambda one: one.seed):
        if one.problems:
            print(f"seed {one.seed}, {one.table}, {one.done}: {one.text}", flush=True)
    outcomes = Counter(one.outcome for one in told)
    slowest, peak = max(one.seconds for one in told), max(one.peak for one in told)
    print(
        f"{len(told)} damaged files: {dict(outcomes)}, "
        f"the slowest {slowest:.1f} s, peak {peak >> 20} MB",
        flush=True,
    )
    wrong = [f"damaged file {one.seed}: {problem}" for one in told for problem in one.problems]
    return (
        wrong
        if len(told) == count
        else [*wrong, f"{len(told)} damaged files were judged in place of {count}"]
    )


def corrupt_cells(count: int) -> list[str]:
    """Deliveries with any text in any cells, of which a row ends nowhere; the smallest that was
    found.
    """
    tried: list[None] = []

    @settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(corruptions())
    def is_in_one_place(drawn: tuple[Corrupted, Form]) -> None:
        tried.append(None)
        wrong = misplaced(*drawn)
        if wrong:
            raise AssertionError(f"{drawn[0].contract.name} as {drawn[1]}: {', '.join(wrong)}")

    try:
        is_in_one_place()
    except AssertionError as error:
        return [f"corrupt cells: {error}"]
    print(f"{len(tried)} deliveries with corrupt cells: every row is in one place", flush=True)
    return []


def main() -> None:
    """Every proof."""
    people = int(os.environ.get("PROVE_PEOPLE", "20000"))
    seeds = [int(seed) for seed in os.environ.get("PROVE_SEEDS", "1 2 3 7").split()]
    wrong = []
    with tempfile.TemporaryDirectory(prefix="journeys-prove-") as scratch:
        wrong += without_errors(Path(scratch), people)
        wrong += clean_seeds(Path(scratch))
        wrong += mangled_files(int(os.environ.get("PROVE_FILES", "2000")))
        wrong += corrupt_cells(int(os.environ.get("PROVE_CELLS", "1000")))
        wrong += second_release(Path(scratch) / "second-release")
        wrong += interrupted(Path(scratch), int(os.environ.get("PROVE_KILLS", "25")))
        wrong += relinked(Path(scratch), people)
        wrong += febrl.proven(Path(scratch))
        wrong += intervals(Path(scratch), int(os.environ.get("PROVE_WORLDS", "100")))
        for seed in seeds:
            wrong += calibrated(Path(scratch), seed)
    print("\n".join(wrong) or "all is proven")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
