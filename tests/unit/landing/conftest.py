from __future__ import annotations

from tests.support.landing import land, read, settings

__all__ = ["land", "read", "settings"]
