"""JSON that reads well and compares well line by line.

Belongs here: where lines break. Does not belong here: what is said.
"""

from __future__ import annotations

import json
from typing import Any

STEP = "  "


def as_json(content: Any, depth: int) -> str:
    """JSON in which everything deeper than some levels stands on one line.

    Args:
        content: what is said, in the order in which it is said.
        depth: levels that break into lines.
    """
    return _text(content, depth, "") + "\n"


def _text(content: Any, depth: int, margin: str) -> str:
    if depth == 0 or not content or not isinstance(content, dict | list):
        return json.dumps(content, ensure_ascii=False)
    inner = margin + STEP
    if isinstance(content, dict):
        lines = [
            f"{inner}{json.dumps(name, ensure_ascii=False)}: {_text(value, depth - 1, inner)}"
            for name, value in content.items()
        ]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}"
    return (
        "[\n"
        + ",\n".join(f"{inner}{_text(value, depth - 1, inner)}" for value in content)
        + f"\n{margin}]"
    )
