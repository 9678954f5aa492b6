"""Where landing puts what it made of a table."""

from __future__ import annotations

from pathlib import Path

from pipeline.contracts.registry import Contract
from pipeline.workspace import Build


def find_staged_file(build: Build, contract: Contract) -> Path:
    """Where landing puts the payload of one table."""
    return build.staged / contract.facts.source / f"{contract.facts.name}.parquet"
