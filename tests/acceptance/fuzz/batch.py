"""Damaged files in processes of their own, so that a crash, a hang or a greedy file is seen,
counted and survived.

Belongs here: processes and their limits. Does not belong here: what is judged (judging).
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tests.acceptance.fuzz.judging import MAX_BYTES, MAX_SECONDS, Told, judged
from tests.acceptance.fuzz.tables import VALUES

ROOT = Path(__file__).resolve().parents[3]
ADDRESSES = 4 * MAX_BYTES
"""Addresses that a process may have: a guard for the machine; what is judged is the memory that was
used.
"""
MAX_A_PROCESS = 250


def run(seeds: range) -> Iterator[Told]:
    """What became of the file of each seed; the seed at which a process dies is told as a crash,
    and the rest goes on.
    """
    while len(seeds):
        told, died = _process(seeds[:MAX_A_PROCESS])
        yield from told
        seeds = seeds[len(told) :]
        if died:
            yield Told(seeds[0], "", [], "crash", died[-3_000:], ["the process died"])
            seeds = seeds[1:]


def _process(seeds: range) -> tuple[list[Told], str]:
    """What a process told before it ended, and its last words if it did not end well."""
    command = [
        sys.executable,
        "-m",
        "tests.acceptance.fuzz.batch",
        str(seeds.start),
        str(seeds.stop),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=False, text=True, errors="replace"
    )
    told = [Told(**json.loads(line)) for line in done.stdout.splitlines()]
    if told and any(value in done.stderr for value in VALUES):
        told[-1].problems.append(f"something of rows {seeds.start} to {seeds.stop} was printed")
    if told and "Traceback" in done.stderr:
        told[-1].problems.append(f"a traceback was printed between {seeds.start} and {seeds.stop}")
    if len(told) == len(seeds) and done.returncode == 0:
        return told, ""
    return told, f"exit {done.returncode}: {done.stderr}"


def main() -> None:
    """Judge the files of the seeds from one number up to another, a line of JSON each."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    first, last = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="journeys-fuzz-") as scratch:
        for seed in range(first, last):
            faulthandler.dump_traceback_later(4 * MAX_SECONDS, exit=True)
            told = judged(seed, Path(scratch) / str(seed))
            print(json.dumps(asdict(told)), flush=True)
            faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
