"""Writes what follows from the contracts: dbt sources and seeds, Open Data Contract Standard files, the data dictionary.

Belongs here: which file is written where, and whether it is stale. Does not belong here: what stands in a file (`pipeline.exports`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandera.polars as pa

import data_contracts
from data_contracts.fields import CODES
from pipeline.exports import dbt_macros, dbt_seeds, dbt_sources, dictionary, odcs
from pipeline.exports.described import described, source_names

ROOT = Path(__file__).resolve().parents[1]


def rendered(models: Sequence[type[pa.DataFrameModel]]) -> dict[str, str]:
    """Every generated file: path within the repository -> text. Depends on contracts and code lists alone."""
    tables = described(models)
    files = {
        f"dbt_project/models/staging/{source}/_{source}__sources.yml": dbt_sources.sources_yml(source, tables)
        for source in source_names(tables)
    }
    files["dbt_project/macros/generated_sources.sql"] = dbt_macros.sources_macro(tables)
    files["dbt_project/seeds/_codes__seeds.yml"] = dbt_seeds.seeds_yml(CODES, tables)
    for source in dict.fromkeys(table.facts.source for table in tables):
        files[f"data_contracts/exports/{source}.odcs.yaml"] = odcs.odcs_yaml(source, tables)
    files["data_contracts/exports/dictionary.csv"] = dictionary.dictionary_csv(tables)
    files["data_contracts/exports/dictionary.md"] = dictionary.dictionary_md(tables)
    return files


def stale(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Paths whose file is missing or differs from what the contracts say."""
    return [path for path, text in files.items() if not _holds(root / path, text)]


def write(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Writes the files that are stale and says which."""
    changed = stale(files, root)
    for path in changed:
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(files[path], encoding="utf-8", newline="\n")
    return changed


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Command line: writes, or with `--check` names stale files and fails."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 naming the files that are stale")
    checking = parser.parse_args(arguments).check
    files = rendered(data_contracts.tables())
    changed = stale(files, root) if checking else write(files, root)
    for path in changed:
        print(f"{'stale' if checking else 'written'}: {path}")
    if checking and changed:
        print("run: python -m pipeline.generate", file=sys.stderr)
        return 1
    return 0


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode("utf-8")


if __name__ == "__main__":
    sys.exit(main())
