"""dbt as a child that never outlives the run that started it: the command `journeys-dbt`.

A run that is killed alone (as an out-of-memory killer does) would leave its dbt behind, which goes
on writing the build file though the workspace's lock is free. Linux ends a process when its parent
dies if the process asks for it; what it asks for stays in force when it becomes another program.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

PARENT = "JOURNEYS_RUN_PROCESS"
"""Environment variable with the process id of the run.

The run may have ended before the child asks to be killed with it.
"""
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask to be killed when the parent ends; where the system cannot (not Linux) nothing changes.

    Raises:
        SystemExit: the parent has ended already.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    parent = os.environ.get(PARENT)
    if parent and int(parent) != os.getppid():
        sys.exit(f"the run [{parent}] has ended: dbt is not started")


def main() -> None:
    """Become dbt, with the arguments as they are."""
    die_with_parent()
    dbt = str(Path(sys.executable).with_name("dbt"))
    os.execv(dbt, [dbt, *sys.argv[1:]])
