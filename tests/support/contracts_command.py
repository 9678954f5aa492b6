"""How tests call `journeys contracts generate`."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import Result

Generate = Callable[..., Result]
