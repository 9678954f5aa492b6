"""Writes what follows from the contracts.

These are dbt sources and seeds, exports in the formats of others, the data dictionary and the
baseline.

Belongs here: which file is written where, whether it is stale, and that nothing is written over a
baseline from which the contracts moved without their versions saying so. Does not belong here: what
stands in a file, and what a change breaks (`pipeline.exports`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandera.polars as pa

from data_contracts.fields import CODES
from pipeline.errors import ContractError
from pipeline.exports import (
    dbt_macros,
    dbt_seeds,
    dbt_sources,
    dictionary,
    dictionary_page,
    mojap,
    odcs,
)
from pipeline.exports.baseline import baseline_json, read_baseline
from pipeline.exports.changes import find_undeclared_changes
from pipeline.exports.contract_model import describe_contracts, source_names
from pipeline.storage import replace_text

ROOT = Path(__file__).resolve().parents[2]

EXPORTS = "data_contracts/exports"
BASELINE = f"{EXPORTS}/baseline.json"
"""The contracts as they were when this last wrote: what readers and suppliers were told."""


def render_files(models: Sequence[type[pa.DataFrameModel]]) -> dict[str, str]:
    """Every generated file: path within the repository -> text.

    The files depend on contracts and code lists alone.
    """
    tables = describe_contracts(models)
    files = {
        f"dbt_project/models/staging/{source}/_{source}__sources.yml": dbt_sources.sources_yml(
            source, tables
        )
        for source in source_names(tables)
    }
    files["dbt_project/macros/generated_sources.sql"] = dbt_macros.sources_macro(tables)
    files["dbt_project/seeds/_codes__seeds.yml"] = dbt_seeds.seeds_yml(CODES, tables)
    for source in dict.fromkeys(table.facts.source for table in tables):
        files[f"{EXPORTS}/{source}.odcs.yaml"] = odcs.odcs_yaml(source, tables)
    files |= {f"{EXPORTS}/mojap/{path}": text for path, text in mojap.mojap_files(tables).items()}
    files[f"{EXPORTS}/dictionary.csv"] = dictionary.dictionary_csv(tables)
    files[f"{EXPORTS}/dictionary.md"] = dictionary.dictionary_md(tables)
    files[f"{EXPORTS}/dictionary.html"] = dictionary_page.dictionary_html(tables)
    files[BASELINE] = baseline_json(tables)
    return files


def find_stale(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Paths whose file is missing or differs from what the contracts say."""
    return [path for path, text in files.items() if not _holds(root / path, text)]


def find_undeclared(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Changes since the baseline that the versions do not declare, one line each.

    There are none where no baseline exists yet.
    """
    kept = root / BASELINE
    return (
        find_undeclared_changes(
            read_baseline(kept.read_text(encoding="utf-8")), read_baseline(files[BASELINE])
        )
        if kept.is_file()
        else []
    )


def write_files(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Writes the files that are stale and says which.

    Raises:
        ContractError: the contracts changed and their versions do not say so; nothing was written.
    """
    refused = find_undeclared(files, root)
    if refused:
        raise ContractError("\n".join([*refused, "nothing was written"]))
    changed = find_stale(files, root)
    for path in changed:
        replace_text(root / path, files[path])
    return changed


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode("utf-8")
