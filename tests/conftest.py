"""Folders of tests run side by side, each in one process: worlds that a folder's tests share are
built once.
"""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test the group of its folder."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.parent.name))
