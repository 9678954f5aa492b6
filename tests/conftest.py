"""Rooms of tests run side by side, each in one process: worlds that a room's tests share are built
once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test the group of its room: the first two folders of its path.

    It comes first, for pytest-xdist reads the groups in the same hook.
    """
    for item in items:
        room = item.path.parent.relative_to(HERE).parts[:2]
        item.add_marker(pytest.mark.xdist_group("/".join(room)))
