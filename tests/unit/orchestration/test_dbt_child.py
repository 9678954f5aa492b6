"""dbt does not outlive the run that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.orchestration import dbt_child

SLEEPER = "import time; {ask} print('ready', flush=True); time.sleep(60)"
ASK = "from pipeline.orchestration.dbt_child import die_with_parent; die_with_parent();"
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def is_alive(process: int) -> bool:
    state = Path(f"/proc/{process}/stat")
    return state.is_file() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def orphan(sleeper: str) -> int:
    """A child whose parent alone was killed."""
    command = [sys.executable, "-c", PARENT, sleeper]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    return child


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_ends_when_its_parent_alone_is_killed() -> None:
    child = orphan(SLEEPER.format(ask=ASK))
    deadline = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(child)


def test_a_child_that_did_not_ask_lives_on() -> None:
    child = orphan(SLEEPER.format(ask=""))
    time.sleep(0.5)
    assert is_alive(child), "the test above would hold without the rule"
    os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_child_whose_parent_died_before_it_asked_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(dbt_child.PARENT, "1")
    done = subprocess.run(
        [sys.executable, "-c", ASK + "print('started')"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "has ended" in done.stderr
