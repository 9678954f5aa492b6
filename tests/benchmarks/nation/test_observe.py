"""A command is watched with all its processes, and with what it leaves in the workspace."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.benchmarks.nation.observe import observe, room

CHILD = """
import subprocess, sys, time
held = bytearray(b'x') * 60_000_000
if len(sys.argv) > 1:
    subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)
else:
    until = time.process_time() + 0.3
    while time.process_time() < until: pass
    time.sleep(0.5)
    print('done', file=sys.stderr)
"""


def test_processes_are_watched_with_their_children_and_spilled_files_with_their_folders(
    tmp_path: Path,
) -> None:
    spill = tmp_path / "build" / "2021-1" / ".linkage.spill"
    spill.mkdir(parents=True)
    (spill / "x.tmp").write_bytes(b"x" * 40_960)
    (tmp_path / "build" / "2021-1" / "warehouse.duckdb").write_bytes(b"x" * 8_192)
    ran = observe([sys.executable, "-c", CHILD, CHILD], tmp_path, {})
    assert ran.status == 0
    assert ran.errors == "done"
    assert ran.cpu > 0.3
    assert max(sample.memory for sample in ran.samples) > 120_000_000, "both processes hold 60 MB"
    last = ran.samples[-1]
    assert (last.spilled, last.build) == (40_960, 8_192)
    assert last.disk >= 49_152
    assert ran.started < last.at < ran.ended


WRITER = """
import subprocess, sys, time
subprocess.run([sys.executable, '-c', sys.argv[1], sys.argv[2]], check=True)
time.sleep(0.6)
"""
WRITTEN = """
import os, sys, time
with open(sys.argv[1], 'wb') as held:
    held.write(b'x' * 8_192_000)
    held.flush()
    os.fsync(held.fileno())
time.sleep(0.6)
"""


def test_what_a_child_wrote_counts_once_when_it_has_ended(tmp_path: Path) -> None:
    ran = observe([sys.executable, "-c", WRITER, WRITTEN, str(tmp_path / "x")], tmp_path, {})
    written = [sample.written for sample in ran.samples]
    assert written == sorted(written)
    assert written[-1] < 12_000_000, "or nothing, where files are kept in memory"


def test_a_command_that_fails_is_told_by_its_status(tmp_path: Path) -> None:
    ran = observe([sys.executable, "-c", "print('said'); raise SystemExit(3)"], tmp_path, {})
    assert (ran.status, ran.output) == (3, "said")


def test_a_folder_that_is_not_there_takes_no_room(tmp_path: Path) -> None:
    assert room(tmp_path / "none") == 0
