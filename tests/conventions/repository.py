"""What is in the repository, for tests that judge all of it.

Belongs here: which files there are and how to take one apart. Does not belong here: any rule.
"""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MODELS = "dbt_project/models"
STRING = re.compile(r"'(?:[^']|'')*'")
COMMENTS = re.compile(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", re.DOTALL)


@cache
def paths() -> tuple[str, ...]:
    """Every file that is, or would be, committed."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(sorted({path for path in said.split("\0") if path and (ROOT / path).is_file()}))


def files(folder: str, *endings: str) -> list[str]:
    """Paths under a folder with one of the endings."""
    return [path for path in paths() if path.startswith(f"{folder}/") and path.endswith(endings)]


def text(path: str) -> str:
    """A file's text."""
    return (ROOT / path).read_text(encoding="utf-8")


def lines(path: str) -> int:
    """Number of lines of a file."""
    return len(text(path).splitlines())


def imports(path: str) -> set[str]:
    """Every module that a Python file imports, wherever in the file; `from a import b` counts as
    `a.b` too, since b may be a module.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = (
                ".".join(Path(path).with_suffix("").parts[: -node.level]) if node.level else ""
            )
            module = ".".join(part for part in (package, node.module) if part)
            found |= {module} | {f"{module}.{name.name}" for name in node.names}
    return found


def code_of(path: str) -> str:
    """A model's SQL without comments and string literals, in lower case."""
    return STRING.sub("''", COMMENTS.sub(" ", text(path))).lower()


@cache
def described_models() -> dict[str, dict[str, Any]]:
    """What YAML says of each dbt model, by name."""
    found: dict[str, dict[str, Any]] = {}
    for path in files(MODELS, ".yml"):
        for model in (yaml.safe_load(text(path)) or {}).get("models", []):
            found[model["name"]] = {**model, "path": path}
    return found


def models(layer: str = "") -> list[str]:
    """Paths of the dbt models of a layer."""
    return files(f"{MODELS}/{layer}".rstrip("/"), ".sql")
