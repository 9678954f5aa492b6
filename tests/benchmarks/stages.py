"""What a stage of a benchmark takes, in a process of its own, so that the peak of memory is its
own.

Belongs here: running and measuring. Does not belong here: any stage (bench, bench_linkage). A
module with stages is run as `python -m MODULE STAGE FOLDER TARGET` and calls `run`.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Took = dict[str, float]
"""`wall` and `cpu` in seconds, `peak` in GB, and whatever the stage itself tells."""


def measure(module: str, stage: str, folder: Path, target: Path) -> Took:
    """Run one stage of a module in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", module, stage, str(folder), str(target)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    measured: Took = json.loads(done.stdout.splitlines()[-1])
    return measured


def run(step: Callable[[], object]) -> None:
    """In the fresh process: take the step and print what it took, without the time to import."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    told = step()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    status = dict(
        line.split(":", 1)
        for line in Path("/proc/self/status").read_text().splitlines()
        if ":" in line
    )
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    own = dict(told) if isinstance(told, Mapping) else {}
    print(
        json.dumps(own | {"wall": wall, "cpu": cpu, "peak": int(status["VmHWM"].split()[0]) / 1e6})
    )


def line(name: str, took: Took, against: Took | None = None) -> None:
    """One printed line."""
    ratio = (
        f"   ratio {took['wall'] / against['wall']:5.2f} (CPU {took['cpu'] / against['cpu']:5.2f})"
        if against
        else ""
    )
    print(
        f"{name:<34} {took['wall']:7.1f} s   CPU {took['cpu']:7.1f} s   "
        f"peak {took['peak']:5.2f} GB{ratio}",
        flush=True,
    )
